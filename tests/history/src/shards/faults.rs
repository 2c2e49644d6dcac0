//! What is done to a cluster, and undone.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cached_redis_tests::{Server, eventually_blocking};

use super::{SHARDS, Shards, key_text, partner};
use crate::deletions::Span;
use crate::faults::{Fault, Kind};

/// Within this a node that was stopped hears who has taken its place.
const HEARS_WITHIN: Duration = Duration::from_secs(5);

/// How far a replica is behind when its primary dies.
const LAG: Duration = Duration::from_millis(150);

/// What has to be undone.
#[derive(Debug)]
pub(super) enum Struck {
    Killed(usize),
    /// Keys whose slots move from one shard to the other.
    Moving {
        keys: Vec<u32>,
        from: usize,
        to: usize,
    },
    Stopped(usize),
    Full(usize),
}

impl Shards {
    /// Does it, and returns when all that it brings about by itself has happened.
    pub(crate) fn strike(&self, fault: Fault) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let choice = usize::try_from(fault.degree).unwrap_or_default();
        let (shard, choice) = (choice % SHARDS, choice / SHARDS);
        let struck = match fault.kind {
            Kind::Cut => return self.cut(choice),
            Kind::ScriptFlush => return self.forget_scripts(shard),
            Kind::KillPrimary => self.kill(self.primary(shard), choice),
            Kind::Failover => return self.fail_over(shard),
            Kind::Reshard => self.begin_moves(shard, choice),
            Kind::StopServer => self.stop(shard, choice),
            Kind::Full => {
                let node = self.primary(shard);
                self.node(node).run(&["CONFIG", "SET", "maxmemory", "1"]);
                Struck::Full(node)
            }
            _ => return,
        };
        *self.struck.lock().unwrap_or_else(PoisonError::into_inner) = Some(struck);
    }

    /// Undoes what was struck last.
    pub(crate) fn heal(&self) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let struck = self
            .struck
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match struck {
            Some(Struck::Killed(node)) => self.node(node).restart(),
            Some(Struck::Moving { keys, from, to }) => self.end_moves(&keys, from, to),
            Some(Struck::Stopped(node)) => self.cont(node),
            Some(Struck::Full(node)) => self.node(node).run(&["CONFIG", "SET", "maxmemory", "0"]),
            None => {}
        }
        self.cluster.await_steady();
    }

    /// All clients of one node, or of all.
    fn cut(&self, choice: usize) {
        for (number, node) in self.cluster.nodes().iter().enumerate() {
            let is_meant = choice.is_multiple_of(4) || choice % (2 * SHARDS) == number;
            if is_meant && node.is_running() {
                // What is not cut is no fault.
                let _ = try_run(node, &["CLIENT", "KILL", "TYPE", "normal"]);
            }
        }
    }

    fn forget_scripts(&self, shard: usize) {
        for node in [shard, partner(shard)] {
            let _ = try_run(self.node(node), &["SCRIPT", "FLUSH"]);
        }
    }

    /// Two times out of three its replica has not heard of what was done last.
    fn kill(&self, primary: usize, choice: usize) -> Struck {
        let (shard, replica) = (primary % SHARDS, self.node(partner(primary)));
        let lag = LAG * u32::try_from(choice % 3).unwrap_or_default();
        if lag.is_zero() {
            self.node(primary).kill();
            self.fall_silent(shard);
        } else {
            replica.stop();
            // What has been sent by now arrives when the replica goes on.
            self.node(primary)
                .run(&["CLIENT", "KILL", "TYPE", "replica"]);
            std::thread::sleep(lag);
            self.node(primary).kill();
            self.fall_silent(shard);
            replica.cont();
        }
        self.cluster.await_primary(replica);
        self.await_mark(shard, partner(primary));
        self.speak_again(shard);
        Struck::Killed(primary)
    }

    fn fail_over(&self, shard: usize) {
        let next = partner(self.primary(shard));
        let orderly = &self.each[shard].orderly;
        orderly.store(true, Ordering::Relaxed);
        self.cluster.fail_over(self.node(next));
        self.await_mark(shard, next);
        orderly.store(false, Ordering::Relaxed);
    }

    /// Some of the keys have moved already when this returns, and their slots have not.
    fn begin_moves(&self, from: usize, choice: usize) -> Struck {
        let to = (from + 1 + choice % (SHARDS - 1)) % SHARDS;
        let mut keys = self.referee.keys_of(from);
        let first = choice % keys.len().max(1);
        keys.rotate_left(first);
        keys.truncate(1 + choice % 6);
        let (source, target) = (self.node(self.primary(from)), self.node(self.primary(to)));
        for (place, &key) in keys.iter().enumerate() {
            self.cluster
                .begin_move(self.slots[key as usize], source, target);
            if place % 2 == 0 {
                self.cluster.move_keys(&[&key_text(key)], source, target);
            }
        }
        Struck::Moving { keys, from, to }
    }

    fn end_moves(&self, keys: &[u32], from: usize, to: usize) {
        let (source, target) = (self.node(self.primary(from)), self.node(self.primary(to)));
        for &key in keys {
            let slot = self.slots[key as usize];
            self.cluster.end_move(slot, source, target);
            self.referee.moved(key, to);
        }
    }

    /// Mostly the primary.
    fn stop(&self, shard: usize, choice: usize) -> Struck {
        let primary = self.primary(shard);
        let node = if choice.is_multiple_of(4) {
            partner(primary)
        } else {
            primary
        };
        self.referee.hold(shard);
        self.node(node).stop();
        if node == primary {
            self.fall_silent(shard);
        }
        Struck::Stopped(node)
    }

    /// If another has taken its place meanwhile, it does not know yet, and answers what it was asked.
    fn cont(&self, node: usize) {
        let shard = node % SHARDS;
        let back = self.referee.now();
        self.node(node).cont();
        self.speak_again(shard);
        self.cluster.await_steady();
        let next = self.primary(shard);
        if next != node {
            let heard = eventually_blocking(HEARS_WITHIN, || is_replica(self.node(node)));
            assert!(heard, "node {node} is no replica");
            let (from, to) = (back, self.referee.now());
            self.referee.deposed(shard, Span { from, to });
            self.await_mark(shard, next);
        }
        self.referee.release(shard);
    }
}

fn is_replica(node: &Server) -> bool {
    let role = node.info("replication");
    role.get("role").is_some_and(|role| role == "slave")
}

fn try_run(node: &Server, command: &[&str]) -> redis::RedisResult<()> {
    node.try_cli(command).map(drop)
}
