//! The source of truth and the rule that every read has to keep.
//!
//! The source is a version per key, counted up by each write. For every key there is a *floor*: the highest version whose
//! invalidating write has returned. A worker asks for the floor, then reads; what it sees must not be below. Everything
//! is ordered by messages: a floor was raised by a write that had returned before it was asked for, and the read began
//! after the answer. No clocks are compared, and what is kept is of fixed size.
//!
//! What the promise excludes is kept apart:
//!
//! - A deletion that failed, or whose writer was ended, is *owed*. Its own process must see the write at once, because
//!   it bypasses the key: that is the floor of the [`Session`]. The others must see it once the deletion has been made
//!   good; then the key's own floor is raised.
//! - A process that is killed before it has made its deletions good takes them with it: *lost with its process*. The
//!   keys' floors stay where they are.
//! - A write whose process was killed between the commit and the return *never returned*. It raises no floor, unless all
//!   writes have `before` and nothing but processes fails: then it does when the lease is over, which its guard lives.
//! - On a cluster, a deletion that a primary confirmed before it was replaced may be *lost in the failover*: [`Deletions`]
//!   says for each stale read whether that accounts for it. With `--wait` it accounts for none of those that the replica
//!   had confirmed as well.
//!
//! A source that executes a commit after its caller has given up is in no one's power; such a version is never a floor,
//! because the caller never learns it.

use crate::call::{ABSENT_EVERY, Seen, exists};
use crate::deletions::{Deletions, Missed, Span};
use crate::frame::{ReadEnd, WriteEnd};
use crate::past::{Event, Past, Who};
use crate::session::{Commit, Session};

#[derive(Debug, Default)]
struct Key {
    version: u64,
    floor: u64,
    deletions: Deletions,
    past: Past,
}

impl Key {
    /// From now on every read must see at least this version.
    fn invalidated(&mut self, version: u64, committed: u64, now: u64, replicated: bool) {
        self.floor = version.max(self.floor);
        let (from, to) = (committed, now);
        self.deletions
            .confirmed(version, Span { from, to }, replicated);
    }
}

/// A read that saw what it must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) what: String,
    pub(crate) past: String,
    /// Since when faults may have to do with it.
    pub(crate) since: u64,
    /// What a failover may account for. `None` where none can.
    pub(crate) missed: Option<Missed>,
}

/// Versions and floors of all keys.
#[derive(Debug)]
pub(crate) struct Checker(Vec<Key>);

impl Checker {
    pub(crate) fn new(keys: u32) -> Self {
        Self((0..keys).map(|_| Key::default()).collect())
    }

    fn key(&mut self, key: u32) -> &mut Key {
        &mut self.0[key as usize]
    }

    /// What a read that begins now must see at least.
    pub(crate) fn floor(&mut self, session: &Session, key: u32) -> u64 {
        self.key(key).floor.max(session.own(key))
    }

    pub(crate) fn load(&mut self, session: &Session, key: u32, now: u64) -> u64 {
        let key = self.key(key);
        key.past.add(now, session.who(), Event::Loaded(key.version));
        key.version
    }

    pub(crate) fn commit(&mut self, session: &mut Session, key: u32, now: u64) -> u64 {
        let number = key;
        let key = self.key(key);
        key.version += 1;
        session.committed(Commit {
            key: number,
            version: key.version,
            at: now,
        });
        key.past
            .add(now, session.who(), Event::Committed(key.version));
        key.version
    }

    pub(crate) fn wrote(&mut self, session: &mut Session, end: WriteEnd, now: u64) {
        let WriteEnd {
            version,
            writing,
            ended,
            executed,
            replicated,
            ..
        } = end;
        let commit = session.returned(end.key, version);
        let key = self.key(end.key);
        if executed {
            key.invalidated(version, commit.at, now, replicated);
        } else {
            session.owe(commit);
        }
        let event = Event::Wrote {
            version,
            writing,
            ended,
            executed,
        };
        key.past.add(now, session.who(), event);
    }

    pub(crate) fn made_good(&mut self, session: &mut Session, key: u32, version: u64, now: u64) {
        let committed = session.made_good(key, version);
        let key = self.key(key);
        // Whether a replica has it as well, nobody was told.
        key.invalidated(version, committed, now, false);
        key.past.add(now, session.who(), Event::MadeGood(version));
    }

    pub(crate) fn guard_expired(&mut self, who: Who, key: u32, version: u64, now: u64) {
        let key = self.key(key);
        key.floor = version.max(key.floor);
        key.past.add(now, who, Event::GuardExpired(version));
    }

    /// A primary that confirmed deletions of this key meanwhile has been replaced.
    pub(crate) fn put_at_risk(&mut self, key: u32, span: Span) {
        self.key(key).deletions.put_at_risk(span);
    }

    /// Whether what was missed may have been lost in a failover.
    pub(crate) fn is_lost(&mut self, missed: &Missed) -> bool {
        self.key(missed.key).deletions.are_lost_for(missed)
    }

    /// Judges a read that has ended.
    pub(crate) fn read(&mut self, session: &Session, end: ReadEnd, now: u64) -> Option<Violation> {
        let ReadEnd {
            floor,
            began,
            seen,
            reading,
            way,
            ..
        } = end;
        let key = self.key(end.key);
        let event = Event::Read {
            began,
            floor,
            seen,
            reading,
            way,
        };
        key.past.add(now, session.who(), event);
        let wrong = match seen {
            Seen::OtherKey => "a row of another key",
            Seen::Row(version) if version < floor => "a row that is older",
            Seen::Row(version) if version > key.version => "a version that nobody wrote",
            Seen::Row(version) if !exists(version) => "a row where there is none",
            // Some version that was there since the read began must have had no row.
            Seen::Absent if key.version / ABSENT_EVERY * ABSENT_EVERY < floor => {
                "no row, though there was one all the time"
            }
            Seen::Row(_) | Seen::Absent => return None,
        };
        let missed = Missed {
            key: end.key,
            seen: match seen {
                Seen::Row(version) => version,
                // The last one without a row before there was one.
                Seen::Absent | Seen::OtherKey => {
                    floor.saturating_sub(1) / ABSENT_EVERY * ABSENT_EVERY
                }
            },
            floor,
            read: Span {
                from: began,
                to: now,
            },
        };
        let is_old = match seen {
            Seen::Row(version) => version < floor && exists(version),
            Seen::Absent => true,
            Seen::OtherKey => false,
        };
        Some(Violation {
            missed: Some(missed).filter(|missed| is_old && !session.owes(missed)),
            what: format!(
                "key {}: {wrong}; {} saw {seen} where v{floor} had been invalidated before the read \
                 began ({reading}, {way}, from {began} to {now} ms; the source has v{})",
                end.key,
                session.who(),
                key.version
            ),
            past: key.past.to_string(),
            since: key.past.since(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Reading, Way, Writing};

    struct World {
        checker: Checker,
        here: Session,
        there: Session,
    }

    impl World {
        fn new() -> Self {
            let session = |process| {
                Session::new(
                    Who {
                        process,
                        incarnation: 0,
                    },
                    1,
                )
            };
            Self {
                checker: Checker::new(1),
                here: session(0),
                there: session(1),
            }
        }

        fn write(&mut self, executed: bool) -> u64 {
            let version = self.checker.commit(&mut self.here, 0, 0);
            let writing = Writing::Plain;
            let end = WriteEnd {
                key: 0,
                version,
                writing,
                ended: true,
                executed,
                replicated: false,
            };
            self.checker.wrote(&mut self.here, end, 0);
            version
        }

        fn floors(&mut self) -> (u64, u64) {
            (
                self.checker.floor(&self.here, 0),
                self.checker.floor(&self.there, 0),
            )
        }

        fn finds(&mut self, floor: u64, seen: Seen) -> bool {
            let (reading, way) = (Reading::Single, Way::Hit);
            let end = ReadEnd {
                key: 0,
                floor,
                began: 0,
                seen,
                reading,
                way,
            };
            self.checker.read(&self.there, end, 0).is_some()
        }
    }

    #[test]
    fn a_write_raises_the_floor_when_it_has_returned() {
        let mut world = World::new();
        world.write(true);
        let committed = world.checker.commit(&mut world.here, 0, 0);
        assert_eq!((committed, world.floors()), (2, (1, 1)));
        assert!(world.here.unreturned().eq([(0, 2)]));
    }

    #[test]
    fn a_failed_deletion_binds_its_own_process_until_it_is_made_good() {
        let mut world = World::new();
        let version = world.write(false);
        assert_eq!((world.floors(), world.here.owed()), ((1, 0), 1));
        world.checker.made_good(&mut world.here, 0, version, 0);
        assert_eq!((world.floors(), world.here.owed()), ((1, 1), 0));
    }

    #[test]
    fn reads_between_the_floor_and_the_source_are_right() {
        let mut world = World::new();
        for _ in 0..3 {
            world.write(true);
        }
        assert!(world.finds(3, Seen::Row(2)), "too old");
        assert!(!world.finds(3, Seen::Row(3)));
        assert!(!world.finds(1, Seen::Row(2)), "committed while it was read");
        assert!(world.finds(0, Seen::Row(4)), "never written");
        assert!(world.finds(0, Seen::OtherKey));
    }

    #[test]
    fn no_row_is_right_only_if_there_was_none() {
        let mut world = World::new();
        assert!(!world.finds(0, Seen::Absent));
        for _ in 0..6 {
            world.write(true);
        }
        assert!(world.finds(1, Seen::Absent));
        world.write(true);
        world.write(true);
        assert!(!world.finds(6, Seen::Absent), "v7 was there meanwhile");
        assert!(world.finds(8, Seen::Absent));
        assert!(world.finds(6, Seen::Row(7)), "v7 has no row");
    }
}
