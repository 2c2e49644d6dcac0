//! From facts to findings. Nothing here asks, waits or reads a clock.

mod connection;
mod data;
mod memory;
mod server;

use core::time::Duration;

use super::families::Families;
use super::finding::{Finding, Severity};
use super::node::{Node, Visit};
use crate::observe::Place;

/// Everything that a rule may look at besides the node.
pub(super) struct Case<'a> {
    pub(super) place: Place,
    /// How long a call waits for the server.
    pub(super) deadline: Duration,
    /// `None` without the feature `catalogue`.
    pub(super) families: Option<&'a Families>,
    /// Every hash slot has an owner.
    pub(super) is_covered: bool,
}

/// One thing that may be wrong with a node.
type Rule = fn(&Node, &Case<'_>) -> Option<Wrong>;

/// A finding without the node's name.
pub(super) struct Wrong {
    code: &'static str,
    severity: Severity,
    sentence: String,
    fix: String,
}

const RULES: [Rule; 16] = [
    server::replica,
    server::one_node_of_a_cluster,
    server::saving_fails,
    server::no_replica,
    memory::full,
    memory::no_memory_limit,
    memory::no_eviction,
    memory::too_small,
    data::evicts_durable_data,
    data::forever_never_evicted,
    data::tags_may_be_evicted,
    connection::clients_near_limit,
    connection::idle_timeout,
    connection::no_keepalive,
    connection::protocol_2,
    connection::no_tracking,
];

/// The worst first, then by node.
pub(super) fn judge(visits: &[Visit], case: &Case<'_>) -> Vec<Finding> {
    let mut findings: Vec<_> = visits.iter().flat_map(|visit| of(visit, case)).collect();
    let slots = server::slots_without_owner(visits.iter().map(|visit| &visit.node), case);
    findings.extend(slots.map(|wrong| wrong.at(None)));
    findings.sort_by(|a, b| (b.severity, &a.node).cmp(&(a.severity, &b.node)));
    findings
}

fn of(visit: &Visit, case: &Case<'_>) -> Vec<Finding> {
    let node = &visit.node;
    let found = if let Some(error) = &visit.unreachable {
        vec![server::unreachable(error, case)]
    } else {
        let slow = connection::slow(node, visit.is_silent, case);
        let rules = RULES.iter().filter_map(|rule| rule(node, case));
        rules.chain(slow).collect()
    };
    let at = || Some(node.address.clone());
    found.into_iter().map(|wrong| wrong.at(at())).collect()
}

impl Wrong {
    fn at(self, node: Option<String>) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            node,
            sentence: self.sentence,
            fix: self.fix,
        }
    }
}

fn wrong(
    code: &'static str,
    severity: Severity,
    sentence: impl Into<String>,
    fix: impl Into<String>,
) -> Wrong {
    Wrong {
        code,
        severity,
        sentence: sentence.into(),
        fix: fix.into(),
    }
}

/// Which keys a full server removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evicts {
    Nothing,
    /// Those with a TTL.
    Volatile,
    Any,
}

impl Evicts {
    /// `None`: not known, or a policy that nobody has heard of.
    fn of(node: &Node) -> Option<Self> {
        match node.policy.as_deref()? {
            "noeviction" => Some(Self::Nothing),
            policy if policy.starts_with("volatile-") => Some(Self::Volatile),
            policy if policy.starts_with("allkeys-") => Some(Self::Any),
            _ => None,
        }
    }
}

impl Case<'_> {
    fn has_forever(&self) -> bool {
        self.families
            .is_some_and(|families| !families.forever.is_empty())
    }

    fn has_tags(&self) -> bool {
        self.families
            .is_some_and(|families| !families.tagged.is_empty())
    }

    /// The policy under which this program's entries, and nothing else, make room.
    fn policy_for(&self, node: &Node) -> &'static str {
        let must_stay = data::foreign_keys(node, self) > 0 || node.aof == Some(true);
        match (self.has_tags(), must_stay) {
            // The set of a tag lives as long as the last of its entries, so it is among the last to go.
            (true, true) => "volatile-ttl",
            (true, false) if !self.has_forever() => "volatile-ttl",
            (false, true) => "volatile-lru",
            _ => "allkeys-lru",
        }
    }
}
