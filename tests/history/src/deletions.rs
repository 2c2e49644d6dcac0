//! The confirmed deletions of one key, and which of them a failover may have lost.
//!
//! A primary confirms a deletion before its replica knows of it. If the replica then takes over, what was deleted is
//! there again: the one thing that a read may see and must not, as the README says. So that nothing else passes for it,
//! each deletion is looked at by itself.

use std::collections::VecDeque;

/// A stretch of the referee's clock, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Span {
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// The deletion after the write of this version was executed at some time between the two.
#[derive(Debug, Clone, Copy)]
struct Deletion {
    version: u64,
    executed: Span,
    /// The replica has confirmed it, so no failover undoes it.
    replicated: bool,
}

/// A read that saw an older version than `floor`, which had been invalidated when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missed {
    pub(crate) key: u32,
    pub(crate) seen: u64,
    pub(crate) floor: u64,
    pub(crate) read: Span,
}

/// More are looked at for no read: those before are older than any value that is read.
const KEPT: usize = 200;
const SPANS: usize = 50;

#[derive(Debug, Default)]
pub(crate) struct Deletions {
    latest: VecDeque<Deletion>,
    /// The newest version whose deletion is no longer among them and was not at risk.
    before: u64,
    at_risk: VecDeque<Span>,
}

impl Deletions {
    pub(crate) fn confirmed(&mut self, version: u64, executed: Span, replicated: bool) {
        if self.latest.len() == KEPT
            && let Some(first) = self.latest.pop_front()
            && !self.is_at_risk(first)
        {
            self.before = self.before.max(first.version);
        }
        self.latest.push_back(Deletion {
            version,
            executed,
            replicated,
        });
    }

    /// What was executed meanwhile may be undone.
    pub(crate) fn put_at_risk(&mut self, span: Span) {
        if self.at_risk.len() == SPANS {
            self.at_risk.pop_front();
        }
        self.at_risk.push_back(span);
    }

    /// Whether a failover accounts for what was seen: among the deletions that the read should have felt one may be
    /// lost, and each of the others may be lost as well or was not confirmed when the read began.
    pub(crate) fn are_lost_for(&self, missed: &Missed) -> bool {
        let should_feel = |version| missed.seen < version && version <= missed.floor;
        let felt = |deletion: &&Deletion| should_feel(deletion.version);
        let (lost, there): (Vec<_>, Vec<_>) = self
            .latest
            .iter()
            .filter(felt)
            .partition(|deletion| self.is_at_risk(**deletion));
        let in_time = |deletion: &&Deletion| deletion.executed.to < missed.read.from;
        !lost.is_empty() && !there.iter().any(in_time) && !should_feel(self.before)
    }

    fn is_at_risk(&self, deletion: Deletion) -> bool {
        let mut spans = self.at_risk.iter();
        !deletion.replicated && spans.any(|span| span.overlaps(deletion.executed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64, to: u64) -> Span {
        Span { from, to }
    }

    fn missed(seen: u64, floor: u64) -> Missed {
        let read = span(100, 110);
        Missed {
            key: 0,
            seen,
            floor,
            read,
        }
    }

    #[test]
    fn a_deletion_right_before_a_failover_may_be_lost_and_one_before_may_not() {
        let mut deletions = Deletions::default();
        deletions.confirmed(1, span(10, 12), false);
        deletions.confirmed(2, span(20, 30), false);
        assert!(!deletions.are_lost_for(&missed(1, 2)), "nobody took over");
        deletions.put_at_risk(span(25, 60));
        assert!(deletions.are_lost_for(&missed(1, 2)));
        assert!(
            !deletions.are_lost_for(&missed(0, 2)),
            "v1 was deleted for good"
        );
    }

    #[test]
    fn a_deletion_after_the_failover_counts_from_when_it_was_confirmed() {
        let mut deletions = Deletions::default();
        deletions.put_at_risk(span(25, 60));
        deletions.confirmed(1, span(20, 30), false);
        deletions.confirmed(2, span(90, 105), false);
        assert!(deletions.are_lost_for(&missed(0, 2)));
        deletions.confirmed(3, span(90, 95), false);
        assert!(!deletions.are_lost_for(&missed(0, 3)));
    }

    #[test]
    fn a_deletion_that_the_replica_has_confirmed_is_not_lost() {
        let mut deletions = Deletions::default();
        deletions.put_at_risk(span(25, 60));
        deletions.confirmed(1, span(20, 30), true);
        assert!(!deletions.are_lost_for(&missed(0, 1)));
        deletions.confirmed(2, span(20, 30), false);
        assert!(deletions.are_lost_for(&missed(1, 2)));
        assert!(!deletions.are_lost_for(&missed(0, 2)));
    }

    #[test]
    fn what_is_no_longer_kept_was_felt() {
        let mut deletions = Deletions::default();
        deletions.confirmed(1, span(1, 2), false);
        for version in 2..=200 {
            deletions.confirmed(version, span(50, 51), false);
        }
        deletions.put_at_risk(span(50, 60));
        assert!(!deletions.are_lost_for(&missed(0, 201)));
        deletions.confirmed(201, span(55, 56), false);
        assert!(!deletions.are_lost_for(&missed(0, 201)));
        assert!(deletions.are_lost_for(&missed(1, 201)));
    }
}
