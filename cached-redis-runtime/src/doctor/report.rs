//! What the doctor says in the end.

use core::fmt;
use core::time::Duration;

use super::families::Families;
use super::finding::{Finding, Severity};
use super::judge::{Case, judge};
use super::node::{Node, Visit};
use super::text::{Size, Time, count, percent};
use super::unread::Unread;
use crate::error::Error;
use crate::observe::{Examination, Examined, Place};

/// What [`Cache::doctor`](crate::Cache::doctor) found out. `Display` prints it for people, `Serialize` writes it for programs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Where the entries are.
    pub place: Place,
    /// The servers that hold them, and what each said. Empty for `memory://`.
    pub nodes: Vec<Node>,
    /// How many functions of the program store entries, with the loaders and the structures that were made. `None` without the feature `catalogue`: then nothing was found that depends
    /// on them.
    pub functions: Option<usize>,
    /// What is not as it should be, the worst first.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

impl Report {
    /// How bad it is. `None` if nothing was found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    pub(crate) fn of(
        examined: Result<Examination, Error>,
        deadline: Duration,
        families: Option<&Families>,
    ) -> Self {
        // A store that is all of it away, as a test may have it.
        let examined = examined.unwrap_or_else(|error| Examination {
            nodes: vec![Examined {
                address: "memory://".to_owned(),
                answers: Err(error),
            }],
            ..Examination::in_memory()
        });
        let case = Case {
            place: examined.place,
            deadline,
            families,
            is_covered: examined.is_covered,
        };
        let mut visits: Vec<_> = examined.nodes.into_iter().map(Visit::read).collect();
        visits.sort_by(|a, b| a.node.address.cmp(&b.node.address));
        let findings = judge(&visits, &case);
        let unread = visits.iter_mut().flat_map(|visit| visit.unread.drain(..));
        Self {
            place: examined.place,
            functions: families.map(|families| families.count),
            findings,
            unread: unread.collect(),
            nodes: visits.into_iter().map(|visit| visit.node).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Memory => writeln!(
                f,
                "memory://, a store in this process: there is no server that could be set up wrong\n"
            )?,
            _ => self.nodes.iter().try_for_each(|node| write_node(f, node))?,
        }
        match self.findings.len() {
            0 => f.write_str("nothing found")?,
            number => write!(f, "{}", count(number as u64, "finding", "findings"))?,
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        for unread in &self.unread {
            write!(f, "\nnot read: {unread}")?;
        }
        match self.functions {
            Some(number) => {
                let functions = count(number as u64, "function was", "functions were");
                write!(f, "\n{functions} looked at, as the catalogue lists them")
            }
            None => f.write_str("\nno function was looked at: that takes the feature `catalogue`"),
        }
    }
}

fn write_node(f: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
    let Some(server) = &node.server else {
        return writeln!(f, "{}: not reached\n", node.address);
    };
    let role = match node.is_replica {
        Some(true) => ", a replica",
        Some(false) => ", a primary",
        None => "",
    };
    let (kind, version, protocol) = (&server.kind, &server.version, server.protocol);
    writeln!(
        f,
        "{}: {kind} {version}{role}, RESP{protocol}",
        node.address
    )?;
    for (name, text) in lines(node) {
        if let Some(text) = text {
            writeln!(f, "    {name:12}{text}")?;
        }
    }
    writeln!(f)
}

/// What is not known has no line.
fn lines(node: &Node) -> [(&'static str, Option<String>); 9] {
    let tracking = node
        .server
        .as_ref()
        .map(|one| one.capabilities.tracking_bcast);
    [
        ("memory", memory(node)),
        ("keys", keys(node)),
        ("removed", removed(node)),
        ("lookups", lookups(node)),
        ("disk", disk(node)),
        ("clients", clients(node)),
        ("replicas", node.replicas.map(|number| number.to_string())),
        ("GET", latency(node)),
        (
            "tracking",
            tracking.map(|yes| if yes { "yes" } else { "no" }.to_owned()),
        ),
    ]
}

fn memory(node: &Node) -> Option<String> {
    let used = Size(node.used_memory?);
    let policy = node.policy.as_deref().unwrap_or("unknown policy");
    Some(match node.max_memory {
        None => format!("{used}, {policy}"),
        Some(0) => format!("{used}, no limit, {policy}"),
        Some(max) => {
            let share = percent(used.0, max).unwrap_or(0);
            format!("{used} of {} ({share} %), {policy}", Size(max))
        }
    })
}

fn keys(node: &Node) -> Option<String> {
    let (keys, without) = (node.keys?, node.keys_without_ttl?);
    Some(format!("{keys}, {without} of them without a TTL"))
}

fn removed(node: &Node) -> Option<String> {
    let (evicted, expired) = (node.evicted_keys?, node.expired_keys?);
    Some(format!(
        "{evicted} for want of memory, {expired} at the end of their TTL"
    ))
}

fn lookups(node: &Node) -> Option<String> {
    let (hits, misses) = (node.hits?, node.misses?);
    let all = hits.saturating_add(misses);
    Some(match percent(hits, all) {
        Some(share) => format!("{all}, {share} % found"),
        None => "none".to_owned(),
    })
}

fn disk(node: &Node) -> Option<String> {
    let known = [("each write", node.aof), ("snapshots", node.rdb)];
    let on: Vec<_> = known.iter().filter(|(_, on)| *on == Some(true)).collect();
    match *on {
        [] => known
            .iter()
            .all(|(_, on)| on.is_some())
            .then(|| "nothing".to_owned()),
        _ => Some(
            on.iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", "),
        ),
    }
}

fn clients(node: &Node) -> Option<String> {
    let clients = node.clients?;
    Some(match node.max_clients {
        Some(most) => format!("{clients} of {most}"),
        None => clients.to_string(),
    })
}

fn latency(node: &Node) -> Option<String> {
    let latency = node.latency?;
    let (median, worst) = (Time(latency.median), Time(latency.worst));
    Some(format!(
        "{median} in the middle, {worst} at worst, of {}",
        latency.count
    ))
}
