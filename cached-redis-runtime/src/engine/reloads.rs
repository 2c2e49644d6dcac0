//! Which entries this process is loading anew, and which it leaves alone for a while.
//!
//! Two hundred readers of one due key ask here, and one of them asks the store. Only those whose entry is due come here at
//! all: a fresh hit takes no lock.

use core::time::Duration;
use std::collections::HashMap;

use tokio::sync::watch;

use crate::clock::Instant;
use crate::codec::Nonce;
use crate::observe::Gauge;
use crate::sync::{Arc, Mutex};

/// More keys than this are not remembered: what is due beyond them waits until there is room.
const CAPACITY: usize = 10_000;

/// How often the table is looked through for what need not be remembered any more.
const SWEEP: Duration = Duration::from_millis(100);

/// The due keys that somebody here has asked about.
#[derive(Debug, Default)]
pub(super) struct Reloads {
    table: Mutex<Table>,
    waiting: Gauge,
}

#[derive(Debug, Default)]
struct Table {
    marks: HashMap<Arc<str>, Mark>,
    swept: Option<Instant>,
}

#[derive(Debug)]
enum Mark {
    /// Until its sender is gone.
    UnderWay(Nonce, watch::Receiver<()>),
    /// The entry with this nonce is left alone until then. Another in its place is none of its business.
    Until(Nonce, Instant),
}

impl Mark {
    /// Whether nobody else is to begin with this entry.
    fn refuses(&self, nonce: Nonce, now: Instant) -> bool {
        match self {
            // Whatever stands there by now: the body under way may be of use to it.
            Self::UnderWay(..) => true,
            Self::Until(of, end) => *of == nonce && now < *end,
        }
    }
}

/// Why an entry is not loaded anew by this caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Another call or process is at it, or it failed shortly before.
    Taken,
    /// Too many are.
    Busy,
}

impl Reloads {
    /// Begins to load an entry anew, unless that is under way or not to be tried again yet.
    pub(super) fn begin(
        self: &Arc<Self>,
        key: &str,
        nonce: Nonce,
        now: Instant,
    ) -> Result<UnderWay, Refusal> {
        let mut table = self.table.lock();
        let refused = table.marks.get(key).map(|mark| mark.refuses(nonce, now));
        match refused {
            Some(true) => return Err(Refusal::Taken),
            Some(false) => {}
            None if table.has_room(now) => {}
            None => return Err(Refusal::Busy),
        }
        let key: Arc<str> = Arc::from(key);
        let (sender, ended) = watch::channel(());
        let mark = Mark::UnderWay(nonce, ended);
        table.marks.insert(Arc::clone(&key), mark);
        Ok(UnderWay {
            reloads: Arc::clone(self),
            key,
            nonce,
            until: None,
            _sender: sender,
        })
    }

    /// How many entries are being loaded anew.
    pub(super) fn len(&self) -> usize {
        let table = self.table.lock();
        let marks = table.marks.values();
        marks
            .filter(|mark| matches!(mark, Mark::UnderWay(..)))
            .count()
    }

    /// Waits until the load of this entry that is under way here has ended. `false`: there is none.
    pub(super) async fn end_of(&self, key: &str, nonce: Nonce) -> bool {
        let ended = match self.table.lock().marks.get(key) {
            Some(Mark::UnderWay(of, ended)) if *of == nonce => Some(ended.clone()),
            _ => None,
        };
        let Some(mut ended) = ended else {
            return false;
        };
        let _waiting = self.waiting.enter();
        // Nothing is ever sent: the sender goes.
        ended.changed().await.is_err()
    }

    /// How many callers wait for such an end.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.read()
    }
}

impl Table {
    fn has_room(&mut self, now: Instant) -> bool {
        if self.marks.len() < CAPACITY {
            return true;
        }
        if self.swept.is_some_and(|swept| now < swept + SWEEP) {
            return false;
        }
        self.swept = Some(now);
        self.marks
            .retain(|_, mark| !matches!(mark, Mark::Until(_, end) if *end <= now));
        self.marks.len() < CAPACITY
    }
}

/// An entry that this process is loading anew, until this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    reloads: Arc<Reloads>,
    key: Arc<str>,
    nonce: Nonce,
    until: Option<Instant>,
    /// Those who wait for the end see it go, after the mark.
    _sender: watch::Sender<()>,
}

impl UnderWay {
    /// The entry that is to be replaced.
    pub(super) fn nonce(&self) -> Nonce {
        self.nonce
    }

    /// Once this is dropped, nobody here tries again before `end`.
    pub(super) fn leave_until(&mut self, end: Instant) {
        self.until = Some(end);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut table = self.reloads.table.lock();
        match self.until {
            Some(end) => {
                let mark = Mark::Until(self.nonce, end);
                table.marks.insert(Arc::clone(&self.key), mark);
            }
            None => {
                table.marks.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn one_at_a_time_and_then_the_next() {
        let reloads = Arc::new(Reloads::default());
        let (nonce, now) = (Nonce::fresh(), clock::now());
        let first = reloads.begin("a", nonce, now).unwrap();
        assert_eq!(reloads.begin("a", nonce, now).err(), Some(Refusal::Taken));
        let newer = reloads.begin("a", Nonce::fresh(), now);
        assert_eq!(newer.err(), Some(Refusal::Taken));
        assert_eq!(reloads.len(), 1);
        let other = reloads.begin("b", nonce, now);
        assert!(other.is_ok());
        drop(first);
        assert!(reloads.begin("a", nonce, now).is_ok());
        drop(other);
        assert_eq!(reloads.table.lock().marks.len(), 0);
    }

    #[test]
    fn an_entry_is_left_alone_and_its_successor_is_not() {
        let reloads = Arc::new(Reloads::default());
        let (nonce, now) = (Nonce::fresh(), clock::now());
        let mut first = reloads.begin("a", nonce, now).unwrap();
        first.leave_until(now + SECOND);
        drop(first);
        assert_eq!(reloads.len(), 0);
        let almost = now + SECOND - Duration::from_nanos(1);
        assert_eq!(
            reloads.begin("a", nonce, almost).err(),
            Some(Refusal::Taken)
        );
        assert!(reloads.begin("a", Nonce::fresh(), now).is_ok());
        let mut again = reloads.begin("a", nonce, now).unwrap();
        again.leave_until(now + SECOND);
        drop(again);
        assert!(reloads.begin("a", nonce, now + SECOND).is_ok());
    }

    #[test]
    fn the_table_is_bounded_and_makes_room() {
        let reloads = Arc::new(Reloads::default());
        let (nonce, now) = (Nonce::fresh(), clock::now());
        for n in 0..CAPACITY {
            let mut one = reloads.begin(&n.to_string(), nonce, now).unwrap();
            one.leave_until(now + SECOND);
        }
        let full = reloads.begin("one more", nonce, now);
        assert_eq!(full.err(), Some(Refusal::Busy));
        assert_eq!(reloads.begin("7", nonce, now).err(), Some(Refusal::Taken));
        // It does not look through the table for every caller.
        let soon = now + SWEEP / 2;
        assert_eq!(reloads.begin("x", nonce, soon).err(), Some(Refusal::Busy));
        let under_way = reloads.begin("one more", nonce, now + SECOND).unwrap();
        assert_eq!(reloads.table.lock().marks.len(), 1);
        drop(under_way);
    }
}
