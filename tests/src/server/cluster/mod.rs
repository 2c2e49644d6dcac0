//! A real cluster that belongs to one test.

mod launch;
mod nodes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use redis::Value;

pub use self::launch::ClusterBuilder;
use self::launch::{PRIMARIES, slots_of};
pub use self::nodes::Nodes;
use super::Server;
use super::tls::Certificates;
use crate::clock::eventually_blocking;

/// A node does not answer for its slots in the first two seconds of its life.
const STEADY_WITHIN: Duration = Duration::from_secs(30);

/// Three primaries and a replica for each, on loopback ports.
///
/// The nodes start as members: what they would agree on by gossip is written into the file that they remember it in. So
/// the cluster is there within two seconds.
#[derive(Debug)]
pub struct Cluster {
    /// First the primaries, then in the same order their replicas, then the spare one.
    nodes: Vec<Server>,
    /// By which they name one another.
    ports: Vec<u16>,
    // After `nodes`, which read its files when they start.
    _certificates: Option<Arc<Certificates>>,
}

impl Cluster {
    /// Starts a cluster with nothing special about it.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// For clusters that are to fail, or to be small.
    #[must_use]
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// Where clients connect: the three that started as primaries.
    #[must_use]
    pub fn url(&self) -> String {
        let places = self.primaries().iter().map(address);
        Nodes(places.collect()).url()
    }

    /// Where clients connect by TLS, if it was started with that.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let places = self.ports[..PRIMARIES].iter();
        let places: Vec<_> = places.map(|port| format!("localhost:{port}")).collect();
        format!("rediss-cluster://{}", places.join(","))
    }

    /// Those that started as primaries.
    #[must_use]
    pub fn primaries(&self) -> &[Server] {
        &self.nodes[..PRIMARIES]
    }

    /// All nodes: the primaries, then in the same order their replicas.
    #[must_use]
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// The primary that started without a slot.
    ///
    /// # Panics
    /// When the cluster has none.
    #[must_use]
    pub fn spare(&self) -> &Server {
        assert!(
            self.nodes.len() % PRIMARIES == 1,
            "a cluster with a spare node"
        );
        &self.nodes[self.nodes.len() - 1]
    }

    /// The primary that started as the owner of this key's slot.
    #[must_use]
    pub fn home(&self, key: &str) -> &Server {
        let slot = self.slot(key);
        let shard = (0..PRIMARIES).find(|shard| slots_of(*shard).contains(&slot));
        &self.nodes[shard.expect("every slot has an owner")]
    }

    /// The replica of a node that started as a primary.
    #[must_use]
    pub fn replica_of(&self, primary: &Server) -> &Server {
        &self.nodes[PRIMARIES + self.place(primary)]
    }

    /// The node that the majority of the nodes that answer take for the owner of this key's slot.
    ///
    /// # Panics
    /// When none does.
    #[must_use]
    pub fn owner(&self, key: &str) -> &Server {
        let slot = self.slot(key);
        let mut votes = BTreeMap::new();
        for port in self.nodes.iter().filter_map(|node| owner_port(node, slot)) {
            *votes.entry(port).or_insert(0) += 1;
        }
        let port = votes.into_iter().max_by_key(|(_, votes)| *votes);
        let port = port.expect("a node that knows the owner").0;
        let mut nodes = self.nodes.iter();
        let owner = nodes.find(|node| node.port() == Some(port));
        owner.expect("a node of this cluster")
    }

    /// The slot of a key, as the cluster computes it.
    ///
    /// # Panics
    /// When no node answers.
    #[must_use]
    pub fn slot(&self, key: &str) -> u16 {
        let asked = self.nodes.iter();
        let slot = asked.filter_map(|node| node.try_cli(&["CLUSTER", "KEYSLOT", key]).ok());
        let slot = slot.map(redis::from_redis_value).next();
        slot.expect("a node that answers").expect("a slot")
    }

    /// Runs one command on the owner of the key that follows its name, as `redis-cli -c` would.
    pub fn run(&self, command: &[&str]) {
        self.owner(command[1]).run(command);
    }

    /// [`Server::data_commands`] of all nodes that answer, added up.
    #[must_use]
    pub fn data_commands(&self) -> BTreeMap<String, u64> {
        let mut sum = BTreeMap::new();
        for node in self.nodes.iter().filter(|node| node.is_running()) {
            for (name, calls) in node.data_commands() {
                // Between the nodes, and about them.
                if !["cluster", "replconf", "psync", "asking"].contains(&base(&name)) {
                    *sum.entry(name).or_insert(0) += calls;
                }
            }
        }
        sum
    }

    /// How many commands were answered by `MOVED`, `ASK` and the like, on nodes that count them (from 6.2 on).
    #[must_use]
    pub fn errors(&self, code: &str) -> u64 {
        let name = format!("errorstat_{code}");
        let nodes = self.nodes.iter().filter(|node| node.is_running());
        let counts = nodes.filter_map(|node| {
            let stats = node.info("errorstats");
            stats
                .get(&name)?
                .strip_prefix("count=")?
                .parse::<u64>()
                .ok()
        });
        counts.sum()
    }

    /// Sets all counters of all nodes to zero.
    pub fn reset_stats(&self) {
        for node in self.nodes.iter().filter(|node| node.is_running()) {
            node.reset_commandstats();
        }
    }

    /// Every key there is, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.primaries().iter().flat_map(Server::keys).collect();
        keys.sort();
        keys
    }

    /// Lets a replica take over while its primary is there, and waits until everybody knows.
    pub fn fail_over(&self, replica: &Server) {
        replica.run(&["CLUSTER", "FAILOVER"]);
        self.await_primary(replica);
    }

    /// Waits until all nodes that run take this one for a primary.
    ///
    /// # Panics
    /// When they do not.
    pub fn await_primary(&self, node: &Server) {
        let id = text(node.cli(&["CLUSTER", "MYID"]));
        let done = eventually_blocking(STEADY_WITHIN, || {
            self.nodes
                .iter()
                .filter(|node| node.is_running())
                .all(|node| {
                    let known = node.try_cli(&["CLUSTER", "NODES"]).map(text);
                    known.is_ok_and(|known| {
                        let mut lines = known.lines().filter(|line| line.starts_with(&id));
                        lines.any(|line| line.contains("master") && line.contains('-'))
                    })
                })
        });
        assert!(done, "{node:?} did not become a primary");
    }

    /// Begins to move a slot: from now on its keys may be on either node.
    pub fn begin_move(&self, slot: u16, from: &Server, to: &Server) {
        let slot = slot.to_string();
        let id = |node: &Server| text(node.cli(&["CLUSTER", "MYID"]));
        to.run(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
        from.run(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
    }

    /// Moves these keys of a slot that is being moved.
    pub fn move_keys(&self, keys: &[&str], from: &Server, to: &Server) {
        let port = to.port().expect("a port").to_string();
        let mut command = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
        command.extend(keys);
        from.run(&command);
    }

    /// Ends the move of a slot, with all keys that are still there, and waits until the primaries know.
    ///
    /// # Panics
    /// When they do not get to know.
    pub fn end_move(&self, slot: u16, from: &Server, to: &Server) {
        let number = slot.to_string();
        let keys: Vec<String> =
            redis::from_redis_value(from.cli(&["CLUSTER", "GETKEYSINSLOT", &number, "10000"]))
                .expect("keys that are text");
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(String::as_str).collect();
            self.move_keys(&keys, from, to);
        }
        let id = text(to.cli(&["CLUSTER", "MYID"]));
        for node in [to, from] {
            node.run(&["CLUSTER", "SETSLOT", &number, "NODE", &id]);
        }
        let port = to.port();
        let known = eventually_blocking(STEADY_WITHIN, || {
            self.nodes.iter().all(|node| owner_port(node, slot) == port)
        });
        assert!(known, "slot {slot} did not move");
    }

    /// Waits until every node that runs takes the cluster for complete, and every replica is up to date.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn await_steady(&self) {
        let is_steady = |node: &Server| {
            let whole = node.try_cli(&["CLUSTER", "INFO"]).map(text);
            let whole = whole.is_ok_and(|info| info.contains("cluster_state:ok"));
            let replication = node.info("replication");
            let link = replication.get("master_link_status");
            whole && link.is_none_or(|link| link == "up")
        };
        let steady = eventually_blocking(STEADY_WITHIN, || {
            let mut running = self.nodes.iter().filter(|node| node.is_running());
            running.all(is_steady)
        });
        assert!(steady, "the cluster did not come up");
    }

    fn place(&self, node: &Server) -> usize {
        let port = node.port();
        let place = self.nodes.iter().position(|other| other.port() == port);
        place.expect("a node of this cluster")
    }
}

fn address(node: &Server) -> String {
    format!("127.0.0.1:{}", node.port().expect("a node has a port"))
}

fn base(command: &str) -> &str {
    command.split('|').next().unwrap_or(command)
}

fn text(reply: Value) -> String {
    redis::from_redis_value(reply).expect("text")
}

/// Whom a node takes for the owner of a slot.
fn owner_port(node: &Server, slot: u16) -> Option<u16> {
    if !node.is_running() {
        return None;
    }
    let Value::Array(ranges) = node.try_cli(&["CLUSTER", "SLOTS"]).ok()? else {
        return None;
    };
    let range = ranges.into_iter().find_map(|range| match range {
        Value::Array(range) => match &range[..] {
            [Value::Int(first), Value::Int(last), Value::Array(owner), ..]
                if (*first..=*last).contains(&i64::from(slot)) =>
            {
                Some(owner[1].clone())
            }
            _ => None,
        },
        _ => None,
    });
    redis::from_redis_value(range?).ok()
}
