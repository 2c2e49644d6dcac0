//! What a server may remove and should not, and the other way round.

use super::{Case, Evicts, Wrong, wrong};
use crate::doctor::families::some;
use crate::doctor::finding::Severity;
use crate::doctor::node::Node;
use crate::doctor::text::count;

fn has_limit(node: &Node) -> bool {
    node.max_memory != Some(0)
}

/// Keys without a TTL that no function of this program stores, as far as one can tell.
pub(super) fn foreign_keys(node: &Node, case: &Case<'_>) -> u64 {
    let keys = node.keys_without_ttl.unwrap_or(0);
    if case.has_forever() { 0 } else { keys }
}

pub(super) fn evicts_durable_data(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    if Evicts::of(node)? != Evicts::Any || !has_limit(node) {
        return None;
    }
    let (policy, keys) = (node.policy.as_deref()?, foreign_keys(node, case));
    let (aof, rdb) = (node.aof == Some(true), node.rdb == Some(true));
    if keys > 0 {
        let those = count(keys, "key has", "keys have");
        let unless = if case.families.is_none() {
            ", unless they are entries with `ttl = forever`"
        } else {
            ""
        };
        let policy_for = case.policy_for(node);
        return Some(wrong(
            "evicts_durable_data",
            Severity::Warning,
            format!(
                "`{policy}` may remove any key, and {those} no TTL: somebody's data, which is lost when memory runs out{unless}"
            ),
            format!(
                "CONFIG SET maxmemory-policy {policy_for}\nor give the cache a server of its own"
            ),
        ));
    }
    let (severity, how, fix) = match (aof, rdb) {
        (false, false) => return None,
        (true, false) => (Severity::Warning, "each write", "CONFIG SET appendonly no"),
        (false, true) => (Severity::Note, "snapshots", "CONFIG SET save \"\""),
        (true, true) => (
            Severity::Warning,
            "each write and snapshots",
            "CONFIG SET appendonly no\nCONFIG SET save \"\"",
        ),
    };
    let stay = case.policy_for(node);
    let stay = if stay == policy { "volatile-lru" } else { stay };
    Some(wrong(
        "evicts_durable_data",
        severity,
        format!(
            "it writes {how} to disk, as for data that must not be lost, and `{policy}` may remove any of it"
        ),
        format!("{fix}\nor, if it has more than entries: CONFIG SET maxmemory-policy {stay}"),
    ))
}

pub(super) fn forever_never_evicted(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    let forever = &case.families?.forever;
    if forever.is_empty() || Evicts::of(node)? != Evicts::Volatile || !has_limit(node) {
        return None;
    }
    let (policy, those) = (node.policy.as_deref()?, some(forever));
    Some(wrong(
        "forever_never_evicted",
        Severity::Warning,
        format!(
            "`{policy}` removes only keys with a TTL, and entries of {those} have none: they fill the memory, and all others make \
             room for them"
        ),
        "CONFIG SET maxmemory-policy allkeys-lru\nor give them a `ttl` in place of `forever`",
    ))
}

pub(super) fn tags_may_be_evicted(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    let tagged = &case.families?.tagged;
    let evicts = Evicts::of(node)? != Evicts::Nothing && has_limit(node);
    let policy = node.policy.as_deref()?;
    if tagged.is_empty() || !evicts || policy == "volatile-ttl" {
        return None;
    }
    let (severity, how) = match node.evicted_keys.unwrap_or(0) {
        0 => (Severity::Note, "may remove".to_owned()),
        keys => {
            let keys = count(keys, "key", "keys");
            let how = format!("has removed {keys} already, and may remove");
            (Severity::Warning, how)
        }
    };
    Some(wrong(
        "tags_may_be_evicted",
        severity,
        format!(
            "`{policy}` {how} the set of a tag before the entries that are in it: invalidating the tag then misses entries of {}, \
             until their TTL ends; `volatile-ttl` removes first what lives shortest, and a set lives as long as its last entry",
            some(tagged)
        ),
        "CONFIG SET maxmemory-policy volatile-ttl",
    ))
}
