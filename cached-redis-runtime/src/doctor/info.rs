//! What `INFO` and `CONFIG GET` say. Servers differ, and proxies say what they like: what is not understood is left out.

use super::node::Node;
use super::text::plain;

/// `INFO` has a few kilobytes. Of more than this the rest is not looked at.
const MOST_BYTES: usize = 256 << 10;

/// Takes what it knows from a reply to `INFO`: `name:value` in lines. Of a name that comes twice the first counts.
pub(super) fn read(node: &mut Node, text: &str) {
    let mut seen = Seen::default();
    for line in bounded(text).lines() {
        if let Some((name, value)) = line.trim_end().split_once(':') {
            seen.take(name, value);
        }
    }
    seen.settle(node);
}

/// As many whole characters as there may be.
fn bounded(text: &str) -> &str {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// One setting, as `CONFIG GET` says it.
pub(super) fn setting(node: &mut Node, name: &str, value: &str) {
    match name {
        "maxmemory" => node.max_memory = number(value),
        "maxmemory-policy" => node.policy = Some(plain(value)),
        "maxclients" => node.max_clients = number(value),
        "timeout" => node.idle_timeout = number(value),
        "tcp-keepalive" => node.keepalive = number(value),
        "save" => node.rdb = Some(!value.trim().is_empty()),
        "appendonly" => node.aof = yes(value),
        _ => {}
    }
}

fn number(value: &str) -> Option<u64> {
    value.trim().parse().ok()
}

fn yes(value: &str) -> Option<bool> {
    match value.trim() {
        "yes" | "1" => Some(true),
        "no" | "0" => Some(false),
        _ => None,
    }
}

/// The lines that matter.
#[derive(Default)]
struct Seen {
    node: Node,
    keys: u64,
    expiring: u64,
    /// A section that is there even if it is empty.
    has_keyspace: bool,
    ok: Option<bool>,
}

impl Seen {
    fn take(&mut self, name: &str, value: &str) {
        let node = &mut self.node;
        match name {
            "used_memory" => first(&mut node.used_memory, number(value)),
            "maxmemory" => first(&mut node.max_memory, number(value)),
            "total_system_memory" => first(&mut node.system_memory, number(value)),
            "maxmemory_policy" => first(&mut node.policy, Some(plain(value))),
            "evicted_keys" => first(&mut node.evicted_keys, number(value)),
            "expired_keys" => first(&mut node.expired_keys, number(value)),
            "keyspace_hits" => {
                self.has_keyspace = true;
                first(&mut node.hits, number(value));
            }
            "keyspace_misses" => first(&mut node.misses, number(value)),
            "connected_clients" => first(&mut node.clients, number(value)),
            "maxclients" => first(&mut node.max_clients, number(value)),
            "aof_enabled" => first(&mut node.aof, yes(value)),
            "rdb_last_bgsave_status" | "aof_last_write_status" | "aof_last_bgrewrite_status" => {
                self.ok = Some(self.ok.unwrap_or(true) && value.trim() == "ok");
            }
            "role" => first(&mut node.is_replica, Some(value.trim() != "master")),
            "connected_slaves" => first(&mut node.replicas, number(value)),
            "master_link_status" => first(&mut node.has_primary, Some(value.trim() == "up")),
            _ => self.database(name, value),
        }
    }

    /// `db0:keys=12,expires=10,avg_ttl=…`.
    fn database(&mut self, name: &str, value: &str) {
        let number_of = |wanted: &str| {
            let mut parts = value.split(',').filter_map(|part| part.split_once('='));
            parts.find_map(|(name, value)| (name == wanted).then(|| number(value))?)
        };
        let is_database = name.strip_prefix("db").is_some_and(|index| {
            !index.is_empty() && index.bytes().all(|digit| digit.is_ascii_digit())
        });
        if let (true, Some(keys), Some(expiring)) =
            (is_database, number_of("keys"), number_of("expires"))
        {
            self.keys = self.keys.saturating_add(keys);
            self.expiring = self.expiring.saturating_add(expiring);
        }
    }

    /// What `INFO` says wins over what is there already.
    fn settle(self, node: &mut Node) {
        let Self {
            node: seen,
            keys,
            expiring,
            ..
        } = self;
        // An empty database has no line, so without any other line nothing is known of keys either.
        let keys = (self.has_keyspace || keys > 0).then_some(keys);
        let without_ttl = keys.map(|keys| keys.saturating_sub(expiring));
        node.used_memory = seen.used_memory;
        node.max_memory = seen.max_memory.or(node.max_memory);
        node.system_memory = seen.system_memory;
        node.policy = seen.policy.or_else(|| node.policy.take());
        (node.keys, node.keys_without_ttl) = (keys, without_ttl);
        (node.evicted_keys, node.expired_keys) = (seen.evicted_keys, seen.expired_keys);
        (node.hits, node.misses) = (seen.hits, seen.misses);
        node.aof = seen.aof.or(node.aof);
        node.saving_fails = self.ok.map(|ok| !ok);
        (node.is_replica, node.has_primary) = (seen.is_replica, seen.has_primary);
        (node.replicas, node.clients) = (seen.replicas, seen.clients);
        node.max_clients = seen.max_clients.or(node.max_clients);
    }
}

fn first<T>(place: &mut Option<T>, value: Option<T>) {
    if place.is_none() {
        *place = value;
    }
}
