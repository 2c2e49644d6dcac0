//! Guards, as `backend/redis/scripts.rs` has them.

use core::time::Duration;

use super::State;
use crate::clock;
use crate::codec::{Nonce, Writer, guard, read_guard};

impl State {
    pub(super) fn guard(
        &mut self,
        key: &str,
        nonce: Nonce,
        token: Nonce,
        stay: Duration,
        capacity: usize,
    ) {
        let now = self.now_ms();
        let (_, mut writers) = self.others(key, token, now).unwrap_or((nonce, Vec::new()));
        let until_ms = now.saturating_add(millis(stay));
        writers.push(Writer { token, until_ms });
        self.put_guard(key, nonce, &writers, now, capacity);
    }

    pub(super) fn unguard(&mut self, key: &str, token: Nonce, capacity: usize) {
        let now = self.now_ms();
        match self.others(key, token, now) {
            Some((nonce, others)) if !others.is_empty() => {
                self.put_guard(key, nonce, &others, now, capacity);
            }
            _ => {
                self.remove(key);
            }
        }
    }

    /// The guard's nonce, and its writers but for this one and those whose time is over.
    fn others(&mut self, key: &str, token: Nonce, now: u64) -> Option<(Nonce, Vec<Writer>)> {
        let (nonce, mut writers) = read_guard(self.bytes_of(key)?)?;
        writers.retain(|writer| writer.token != token && writer.until_ms > now);
        Some((nonce, writers))
    }

    fn put_guard(
        &mut self,
        key: &str,
        nonce: Nonce,
        writers: &[Writer],
        now: u64,
        capacity: usize,
    ) {
        let last = writers.iter().map(|writer| writer.until_ms).max();
        let life = Duration::from_millis(last.unwrap_or(now) - now);
        self.put(key, guard(nonce, writers), Some(life), capacity);
    }

    fn now_ms(&self) -> u64 {
        millis(clock::now() - self.start)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
