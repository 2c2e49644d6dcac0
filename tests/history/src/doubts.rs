//! Reads on a cluster that were too old, until it is known whether a replica had taken over before they ended.

use crate::checker::Violation;
use crate::deletions::{Missed, Span};

/// Which shard each key is at home in, and what is to be judged.
#[derive(Debug)]
pub(crate) struct Doubts {
    homes: Vec<usize>,
    /// Shards with a primary that hangs: it may come back, and answer.
    held: Vec<usize>,
    /// When a shard had a second primary.
    deposed: Vec<(usize, Span)>,
    open: Vec<(Violation, Missed)>,
}

impl Doubts {
    pub(crate) fn new(homes: Vec<usize>) -> Self {
        Self {
            homes,
            held: Vec::new(),
            deposed: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, violation: Violation, missed: Missed) {
        self.open.push((violation, missed));
    }

    pub(crate) fn move_key(&mut self, key: u32, shard: usize) {
        self.homes[key as usize] = shard;
    }

    /// The keys of a shard.
    pub(crate) fn keys(&self, shard: usize) -> Vec<u32> {
        let homes = self.homes.iter().zip(0..);
        let here = homes.filter(|(home, _)| **home == shard);
        here.map(|(_, key)| key).collect()
    }

    /// Until its release nothing of this shard is judged.
    pub(crate) fn hold(&mut self, shard: usize) {
        self.held.push(shard);
    }

    pub(crate) fn release(&mut self, shard: usize) {
        self.held.retain(|held| *held != shard);
    }

    pub(crate) fn depose(&mut self, shard: usize, span: Span) {
        self.deposed.push((shard, span));
    }

    /// What can be judged once everything is known that befell a shard before `at`.
    pub(crate) fn take(&mut self, shard: usize, at: u64) -> Vec<(Violation, Missed)> {
        if self.held.contains(&shard) {
            return Vec::new();
        }
        let homes = &self.homes;
        let is_due = |(_, missed): &mut (Violation, Missed)| {
            homes[missed.key as usize] == shard && missed.read.to < at
        };
        self.open.extract_if(.., is_due).collect()
    }

    pub(crate) fn take_all(&mut self) -> Vec<(Violation, Missed)> {
        std::mem::take(&mut self.open)
    }

    pub(crate) fn was_deposed(&self, missed: &Missed) -> bool {
        let home = self.homes[missed.key as usize];
        let mut deposed = self.deposed.iter();
        deposed.any(|(shard, span)| *shard == home && span.overlaps(missed.read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stale(key: u32, from: u64, to: u64) -> (Violation, Missed) {
        let violation = Violation {
            what: String::new(),
            past: String::new(),
            since: 0,
            missed: None,
        };
        let read = Span { from, to };
        let missed = Missed {
            key,
            seen: 0,
            floor: 1,
            read,
        };
        (violation, missed)
    }

    #[test]
    fn a_read_is_judged_once_its_shard_is_known_to_be_well_after_it() {
        let mut doubts = Doubts::new(vec![0, 1]);
        for (violation, missed) in [stale(0, 1, 5), stale(0, 1, 9), stale(1, 1, 5)] {
            doubts.add(violation, missed);
        }
        doubts.hold(0);
        assert!(doubts.take(0, 6).is_empty());
        doubts.release(0);
        assert_eq!(doubts.take(0, 6), [stale(0, 1, 5)]);
        doubts.move_key(1, 0);
        assert_eq!(doubts.keys(0), [0, 1]);
        assert_eq!(doubts.take(0, 9), [stale(1, 1, 5)]);
        assert_eq!(doubts.take_all(), [stale(0, 1, 9)]);
    }

    #[test]
    fn a_deposed_primary_accounts_for_reads_of_its_time() {
        let mut doubts = Doubts::new(vec![0, 1]);
        doubts.depose(0, Span { from: 10, to: 20 });
        assert!(doubts.was_deposed(&stale(0, 5, 10).1));
        assert!(!doubts.was_deposed(&stale(0, 21, 22).1));
        assert!(!doubts.was_deposed(&stale(1, 5, 10).1));
    }
}
