//! Memory, and what happens when there is no more.

use super::{Case, Evicts, Wrong, wrong};
use crate::doctor::finding::Severity;
use crate::doctor::node::Node;
use crate::doctor::text::{Size, percent};

/// In percent of `maxmemory`.
const NEARLY_FULL: u64 = 90;
/// Of fewer lookups nothing is made.
const ENOUGH_LOOKUPS: u64 = 1000;
/// In percent. Below it, the cache costs more round trips than it saves.
const FEW_HITS: u64 = 50;

fn limit(node: &Node) -> Option<u64> {
    node.max_memory.filter(|max| *max > 0)
}

pub(super) fn full(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    let (used, max) = (node.used_memory?, limit(node)?);
    let share = percent(used, max)?;
    let nothing_to_evict = match Evicts::of(node)? {
        Evicts::Nothing => true,
        Evicts::Volatile => node.keys? > 0 && node.keys == node.keys_without_ttl,
        Evicts::Any => false,
    };
    if share < NEARLY_FULL || !nothing_to_evict {
        return None;
    }
    let (used, max, policy) = (Size(used), Size(max), node.policy.as_deref()?);
    let (severity, then) = if share >= 100 {
        (Severity::Critical, "it stores nothing")
    } else {
        (Severity::Warning, "it will soon store nothing")
    };
    let fix = format!("CONFIG SET maxmemory-policy {}", case.policy_for(node));
    Some(wrong(
        "full",
        severity,
        format!(
            "{used} of {max} are in use, and `{policy}` finds nothing to remove: {then} more, and functions run uncached"
        ),
        fix,
    ))
}

pub(super) fn no_memory_limit(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    if node.max_memory? > 0 {
        return None;
    }
    // A snapshot or a rewrite may take as much again as there is.
    let half = node.system_memory.map_or(1 << 30, |all| all / 2);
    let limit = (half >> 20).max(1);
    let policy = case.policy_for(node);
    let mut fix = format!("CONFIG SET maxmemory {limit}mb");
    if node.policy.as_deref() != Some(policy) {
        fix = format!("{fix}\nCONFIG SET maxmemory-policy {policy}");
    }
    Some(wrong(
        "no_memory_limit",
        Severity::Warning,
        "`maxmemory` is 0, no limit: entries pile up until the operating system kills the server, and a policy has no effect; half \
         of the machine is a start, less where others need it or a container has a limit of its own",
        fix,
    ))
}

/// A limit and no way to keep it but to refuse.
pub(super) fn no_eviction(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    let max = limit(node)?;
    let is_full = percent(node.used_memory.unwrap_or(0), max)? >= NEARLY_FULL;
    if is_full || Evicts::of(node)? != Evicts::Nothing {
        return None;
    }
    Some(wrong(
        "no_eviction",
        Severity::Note,
        format!(
            "with `noeviction` nothing is stored any more once {} are in use; old entries do not make room for new ones",
            Size(max)
        ),
        format!("CONFIG SET maxmemory-policy {}", case.policy_for(node)),
    ))
}

pub(super) fn too_small(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    let (hits, misses) = (node.hits?, node.misses?);
    let (max, evicted) = (limit(node)?, node.evicted_keys?);
    let lookups = hits.saturating_add(misses);
    let share = percent(hits, lookups)?;
    if evicted == 0 || lookups < ENOUGH_LOOKUPS || share >= FEW_HITS {
        return None;
    }
    Some(wrong(
        "too_small",
        Severity::Warning,
        format!(
            "{evicted} keys were removed for want of memory, and {share} % of {lookups} lookups found something: entries go \
             before they are read again; more memory helps, or shorter TTLs for what is read rarely"
        ),
        format!(
            "CONFIG SET maxmemory {}mb\nCONFIG RESETSTAT",
            (max.saturating_mul(2) >> 20).max(1)
        ),
    ))
}
