//! Finds out what a shard forgets.
//!
//! Every few milliseconds a counter is written to the shard, which answers with the one before. What a shard executes goes
//! to its replica in this order, so a replica that took over and has the mark `n` has everything that was executed before
//! `n` was sent. What was executed after that and before the first mark here may be lost. No clocks of others are
//! compared, and nothing is assumed about how far behind a replica may be.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::{Connection, RedisResult};

use super::{Shards, partner};
use crate::deletions::Span;

const PERIOD: Duration = Duration::from_millis(15);
/// A node that hangs is asked anew, or its partner is.
const ANSWERS_WITHIN: Duration = Duration::from_millis(200);
/// Marks whose times are remembered: more than two minutes.
const KEPT: usize = 10_000;

struct Watch {
    shard: usize,
    /// The node that is asked.
    node: usize,
    connection: Option<Connection>,
    /// When each mark was sent, and its number.
    sent: VecDeque<(u64, u64)>,
    /// The node that took the last mark.
    marked: usize,
}

/// Watches a shard until it is gone.
pub(super) fn watch(shards: &Arc<Shards>, shard: usize) {
    let shards = Arc::downgrade(shards);
    let watch = Watch {
        shard,
        node: shard,
        connection: None,
        sent: VecDeque::new(),
        marked: shard,
    };
    std::thread::spawn(move || watch.run(&shards));
}

impl Watch {
    fn run(mut self, shards: &Weak<Shards>) {
        let mut number = 0;
        while let Some(shards) = shards.upgrade() {
            number += 1;
            self.mark(&shards, number);
            drop(shards);
            std::thread::sleep(PERIOD);
        }
    }

    fn mark(&mut self, shards: &Shards, number: u64) {
        let now = shards.referee.now();
        if self.sent.len() == KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back((number, now));
        if let Ok(before) = self.send(shards, number) {
            self.marked(shards, before, now);
        } else {
            // It is gone, hangs, is full or is a replica now.
            self.connection = None;
            self.node = partner(self.node);
        }
    }

    fn send(&mut self, shards: &Shards, number: u64) -> RedisResult<Option<u64>> {
        if self.connection.is_none() {
            let connection = shards.node(self.node).connection()?;
            connection.set_read_timeout(Some(ANSWERS_WITHIN))?;
            self.connection = Some(connection);
        }
        let connection = self.connection.as_mut().expect("just made");
        let mark = &shards.each[self.shard].mark;
        redis::cmd("GETSET").arg(mark).arg(number).query(connection)
    }

    fn marked(&mut self, shards: &Shards, before: Option<u64>, now: u64) {
        let shard = &shards.each[self.shard];
        let replaced = std::mem::replace(&mut self.marked, self.node) != self.node;
        if replaced && !shard.orderly.load(Ordering::Relaxed) {
            let from = self.sent_at(before.unwrap_or_default());
            let to = shard.silent.load(Ordering::Relaxed);
            let to = to.min(shards.referee.now());
            shards.referee.put_at_risk(self.shard, Span { from, to });
        }
        shard.marked.store(self.node, Ordering::Relaxed);
        shards.referee.known(self.shard, now);
    }

    /// When a mark was sent; one that is forgotten, before all that are not.
    fn sent_at(&self, number: u64) -> u64 {
        let sent = self.sent.iter().find(|(sent, _)| *sent == number);
        sent.or(self.sent.front()).map_or(0, |(_, at)| *at)
    }
}
