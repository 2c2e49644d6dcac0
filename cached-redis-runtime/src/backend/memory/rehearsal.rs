//! What a test may do to the store: let it grow older, and take it away.

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicU8, Ordering};
use core::time::Duration;

use super::{MemoryStore, State};
use crate::clock::{self, Instant};
use crate::codec::{Entry, HEADER, State as Kind, read};
use crate::error::{Error, ErrorKind};

/// How long a server that hangs is waited for.
const DEADLINE: Duration = Duration::from_millis(100);

const NONE: u8 = 0;
const AWAY: u8 = 1;
const HANGING: u8 = 2;

/// What is wrong with the server that this store stands for.
#[derive(Debug, Default)]
pub(super) struct Trouble(AtomicU8);

/// A store that fails, as one does that is on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no connection.
    Away,
    /// There is one, and nothing comes back.
    Hanging,
}

type Failing<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

impl Trouble {
    /// The end of a command that has no chance.
    pub(super) fn failing<T: Send + 'static>(&self) -> Option<Failing<T>> {
        match self.0.load(Ordering::SeqCst) {
            NONE => None,
            AWAY => Some(Box::pin(async {
                let message = "the test has taken the server away";
                Err(Error::new(ErrorKind::Unavailable, message))
            })),
            _ => Some(Box::pin(async {
                clock::sleep(DEADLINE).await;
                let message = "the test keeps the server from answering";
                Err(Error::new(ErrorKind::Timeout, message))
            })),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.load(Ordering::SeqCst) != NONE
    }

    pub(super) fn is_away(&self) -> bool {
        self.0.load(Ordering::SeqCst) == AWAY
    }
}

impl MemoryStore {
    /// From now on every command fails, or none does.
    pub(crate) fn set_failure(&self, failure: Option<Failure>) {
        let trouble = match failure {
            None => NONE,
            Some(Failure::Away) => AWAY,
            Some(Failure::Hanging) => HANGING,
        };
        self.trouble.0.store(trouble, Ordering::SeqCst);
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.trouble.is_there()
    }

    /// Whatever is here becomes older by this long, as if nothing had happened meanwhile.
    pub(crate) fn age(&self, by: Duration) {
        self.state.lock().age(by);
    }
}

impl State {
    fn age(&mut self, by: Duration) {
        // Where time itself begins after that, guards keep their age.
        self.start = self.start.checked_sub(by).unwrap_or(self.start);
        let now = clock::now();
        let earlier = |end: Instant| end.checked_sub(by).unwrap_or(now);
        for slot in self.entries.values_mut() {
            slot.expires = slot.expires.map(earlier);
            age(&mut slot.bytes, by);
        }
    }
}

/// An entry says itself when it was written.
fn age(entry: &mut [u8], by: Duration) {
    let (mut head, kind) = match read(entry) {
        Entry::Value { head, .. } => (head, Kind::Value),
        Entry::Absent { head } => (head, Kind::Absent),
        _ => return,
    };
    let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    head.written_at_ms = head.written_at_ms.saturating_sub(by);
    if let Some(start) = entry.get_mut(..HEADER) {
        start.copy_from_slice(&head.write(kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Head, Nonce, lease};

    #[test]
    fn an_entry_says_that_it_was_written_earlier() {
        let head = Head {
            nonce: Nonce([7; 16]),
            format: 1,
            flags: 0,
            fingerprint: 2,
            written_at_ms: 5_000,
            life_ms: 60_000,
            cost_ms: 3,
        };
        let mut entry = [head.write(Kind::Value).as_slice(), b"payload"].concat();
        age(&mut entry, Duration::from_secs(4));
        let earlier = Head {
            written_at_ms: 1_000,
            ..head
        };
        let expected = [earlier.write(Kind::Value).as_slice(), b"payload"].concat();
        assert_eq!(entry, expected);
        // What has no header stays.
        let lease = lease(Nonce([7; 16]));
        let mut aged = lease;
        age(&mut aged, Duration::from_secs(4));
        assert_eq!(aged, lease);
    }
}
