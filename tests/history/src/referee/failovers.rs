//! What the referee is told about the shards of a cluster, and what it makes of reads that were too old.

use super::{Referee, SHOWN, State};
use crate::checker::Violation;
use crate::deletions::{Missed, Span};
use crate::doubts::Doubts;

impl Referee {
    /// Which shard each key is in.
    pub(crate) fn on_shards(&self, homes: Vec<usize>) {
        self.lock().doubts = Some(Doubts::new(homes));
    }

    /// A slot has moved.
    pub(crate) fn moved(&self, key: u32, shard: usize) {
        self.with_doubts(|doubts| doubts.move_key(key, shard));
    }

    /// The keys of a shard.
    pub(crate) fn keys_of(&self, shard: usize) -> Vec<u32> {
        let mut keys = Vec::new();
        self.with_doubts(|doubts| keys = doubts.keys(shard));
        keys
    }

    /// A primary hangs and may come back when another has taken its place: nothing is judged before the release.
    pub(crate) fn hold(&self, shard: usize) {
        self.with_doubts(|doubts| doubts.hold(shard));
    }

    pub(crate) fn release(&self, shard: usize) {
        self.with_doubts(|doubts| doubts.release(shard));
    }

    /// Meanwhile a primary answered that had been replaced, and did not know it.
    pub(crate) fn deposed(&self, shard: usize, span: Span) {
        self.with_doubts(|doubts| doubts.depose(shard, span));
        self.put_at_risk(shard, span);
    }

    /// What a shard confirmed meanwhile may be lost.
    pub(crate) fn put_at_risk(&self, shard: usize, span: Span) {
        let mut state = self.lock();
        let Some(doubts) = &state.doubts else { return };
        for key in doubts.keys(shard) {
            state.checker.put_at_risk(key, span);
        }
    }

    /// All replacements in this shard until `at` have been told.
    pub(crate) fn known(&self, shard: usize, at: u64) {
        let mut state = self.lock();
        let due = state.doubts.as_mut().map(|doubts| doubts.take(shard, at));
        state.settle(due.unwrap_or_default());
    }

    /// No more replacements are to come.
    pub(crate) fn all_known(&self) {
        let mut state = self.lock();
        let due = state.doubts.as_mut().map(Doubts::take_all);
        state.settle(due.unwrap_or_default());
    }

    fn with_doubts(&self, change: impl FnOnce(&mut Doubts)) {
        if let Some(doubts) = &mut self.lock().doubts {
            change(doubts);
        }
    }
}

impl State {
    /// On one server a stale read is a violation; on a cluster that shows later.
    pub(super) fn doubt(&mut self, violation: Violation, key: u32) {
        match (&mut self.doubts, violation.missed) {
            (Some(doubts), Some(missed)) => doubts.add(violation, missed),
            _ => self.find(violation, key),
        }
    }

    fn settle(&mut self, due: Vec<(Violation, Missed)>) {
        for (violation, missed) in due {
            let deposed = |doubts: &Doubts| doubts.was_deposed(&missed);
            if self.strict {
                self.find(violation, missed.key);
            } else if self.checker.is_lost(&missed) {
                self.tally.lost_in_failover += 1;
            } else if self.doubts.as_ref().is_some_and(deposed) {
                self.tally.from_deposed += 1;
            } else {
                self.find(violation, missed.key);
            }
        }
    }

    fn find(&mut self, violation: Violation, key: u32) {
        self.found += 1;
        if self.shown.len() < SHOWN && !self.shown.contains(&key) {
            self.shown.push(key);
            self.violations.push(violation);
        }
    }
}
