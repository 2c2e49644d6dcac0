//! Entries with a tag: when a key becomes a member, and what an invalidation of the tag does to the list of members.
//!
//! One key and one tag, in different places: every command touches only one of them.

use core::fmt;

use crate::properties::Property;
use crate::search::{Model, Move, search};

const READERS: usize = 3;
const WRITERS: usize = 2;

/// When a reader puts its key on the tag's list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Register {
    BeforeTheClaim,
    AfterTheClaim,
    BeforeTheFill,
}

/// What an invalidation does to the members it has read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Members {
    /// They stay until they expire, which is after their entries.
    Stay,
    /// They are taken off as they are read.
    AreTaken,
    /// They are taken off after their entries are deleted.
    AreTakenAfterwards,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Slot {
    Missing,
    Lease(u8),
    Value(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Reader {
    Idle,
    Seen(Slot),
    /// On the list, and not claimed yet.
    Registered,
    /// Has the lease.
    Claimed,
    Body,
    /// The body of one that stores nothing.
    Alone,
    Loaded(u8),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Writer {
    Idle,
    Committed(u8),
    /// Has read the list, with or without the key on it.
    Read {
        version: u8,
        found: bool,
    },
    Deleted(u8),
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    source: u8,
    slot: Slot,
    is_member: bool,
    readers: [Reader; READERS],
    floors: [u8; READERS],
    writers: [Writer; WRITERS],
    returned: u8,
    stale_answer: bool,
    /// How often the lease may expire while its owner lives, or the value expire.
    expiries: u8,
}

struct Tags {
    /// At most [`READERS`].
    readers: usize,
    register: Register,
    members: Members,
    expiries: u8,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            slot,
            is_member,
            ..
        } = self;
        let tag = if *is_member { "on the list" } else { "" };
        write!(f, "source v{source}, key: {slot:?} {tag}")
    }
}

type Next = Move<World, String>;

fn step(from: &World, label: String, change: impl FnOnce(&mut World)) -> Next {
    let mut to = from.clone();
    change(&mut to);
    Move {
        label,
        to,
        fault: false,
    }
}

impl World {
    fn answer(&mut self, at: usize, version: u8) {
        self.stale_answer |= version < self.floors[at];
        self.floors[at] = 0;
        self.readers[at] = Reader::Over;
    }

    /// What the reader does next.
    fn read(&mut self, at: usize, register: Register) -> Option<&'static str> {
        let number = u8::try_from(at).expect("few readers");
        let reader = self.readers[at];
        Some(match reader {
            Reader::Idle => {
                self.floors[at] = self.returned;
                self.readers[at] = Reader::Seen(self.slot);
                "begins and reads the key"
            }
            Reader::Seen(Slot::Value(version)) => {
                self.answer(at, version);
                "returns what it found"
            }
            Reader::Seen(Slot::Lease(_)) => {
                self.readers[at] = Reader::Alone;
                "is to load for itself"
            }
            Reader::Seen(Slot::Missing) if register == Register::BeforeTheClaim => {
                self.is_member = true;
                self.readers[at] = Reader::Registered;
                "puts its key on the list"
            }
            Reader::Seen(Slot::Missing) | Reader::Registered => {
                self.readers[at] = match self.slot {
                    Slot::Missing => {
                        self.slot = Slot::Lease(number);
                        Reader::Claimed
                    }
                    seen => Reader::Seen(seen),
                };
                "claims the key"
            }
            Reader::Claimed => {
                self.is_member |= register == Register::AfterTheClaim;
                self.readers[at] = Reader::Body;
                "has the lease"
            }
            Reader::Body => {
                self.readers[at] = Reader::Loaded(self.source);
                "reads the source"
            }
            Reader::Alone => {
                self.answer(at, self.source);
                "reads the source and returns"
            }
            Reader::Loaded(version) => {
                self.is_member |= register == Register::BeforeTheFill;
                if self.slot == Slot::Lease(number) {
                    self.slot = Slot::Value(version);
                }
                self.answer(at, version);
                "stores and returns"
            }
            Reader::Over => return None,
        })
    }
}

impl Tags {
    fn reader(&self, world: &World, at: usize) -> Option<Next> {
        let mut to = world.clone();
        let does = to.read(at, self.register)?;
        Some(Move {
            label: format!("R{at} {does}"),
            to,
            fault: false,
        })
    }

    fn writer(&self, world: &World, at: usize) -> Option<Next> {
        let next = match world.writers[at] {
            Writer::Idle => step(world, format!("W{at} commits"), |world| {
                world.source += 1;
                world.writers[at] = Writer::Committed(world.source);
            }),
            Writer::Committed(version) => {
                step(world, format!("W{at} reads the tag's list"), |world| {
                    let found = world.is_member;
                    world.is_member &= self.members != Members::AreTaken;
                    world.writers[at] = Writer::Read { version, found };
                })
            }
            Writer::Read { version, found } => {
                step(world, format!("W{at} deletes what was on it"), |world| {
                    if found {
                        world.slot = Slot::Missing;
                    }
                    world.writers[at] = Writer::Deleted(version);
                })
            }
            Writer::Deleted(version) => step(world, format!("W{at} returns"), |world| {
                world.is_member &= self.members != Members::AreTakenAfterwards;
                world.returned = world.returned.max(version);
                world.writers[at] = Writer::Over;
            }),
            Writer::Over => return None,
        };
        Some(next)
    }
}

impl Model for Tags {
    type State = World;
    type Label = String;

    fn start(&self) -> World {
        let mut readers = [Reader::Over; READERS];
        readers[..self.readers].fill(Reader::Idle);
        World {
            source: 0,
            slot: Slot::Missing,
            is_member: false,
            readers,
            floors: [0; READERS],
            writers: [Writer::Idle; WRITERS],
            returned: 0,
            stale_answer: false,
            expiries: self.expiries,
        }
    }

    fn moves(&self, world: &World) -> Vec<Next> {
        let readers = (0..READERS).filter_map(|at| self.reader(world, at));
        let writers = (0..WRITERS).filter_map(|at| self.writer(world, at));
        let mut moves: Vec<_> = readers.chain(writers).collect();
        if world.slot != Slot::Missing && world.expiries > 0 {
            let mut gone = step(world, "-- what the key holds expires".to_owned(), |world| {
                world.slot = Slot::Missing;
                world.expiries -= 1;
            });
            gone.fault = true;
            moves.push(gone);
        }
        // A member outlives its entry and its lease: whoever is between the two is covered.
        let is_covered = |reader: &Reader| {
            matches!(
                reader,
                Reader::Registered | Reader::Claimed | Reader::Body | Reader::Loaded(_)
            )
        };
        if world.is_member && world.slot == Slot::Missing && !world.readers.iter().any(is_covered) {
            moves.push(step(world, "-- the member expires".to_owned(), |world| {
                world.is_member = false;
            }));
        }
        moves
    }

    fn canonical(&self, world: World) -> World {
        world
    }

    fn breaks(&self, world: &World, property: Property) -> bool {
        match property {
            Property::NothingStaleAtRest => {
                matches!(world.slot, Slot::Value(version) if version < world.returned)
            }
            Property::NoStaleAnswer => world.stale_answer,
            _ => false,
        }
    }

    fn is_over(&self, world: &World) -> bool {
        world.readers.iter().all(|one| *one == Reader::Over)
            && world.writers.iter().all(|one| *one == Writer::Over)
    }
}

const OURS: Tags = Tags {
    readers: 2,
    register: Register::BeforeTheClaim,
    members: Members::Stay,
    expiries: 2,
};

fn holds(model: &Tags) {
    let properties = [
        Property::NothingStaleAtRest,
        Property::NoStaleAnswer,
        Property::Progress,
    ];
    let found = search(model, &properties);
    println!("{} states", found.states);
    if let Some(broken) = found.broken {
        panic!("{broken}");
    }
}

fn breaks(wrong: &Tags) {
    let found = search(wrong, &[Property::NothingStaleAtRest]);
    println!("{}", found.broken.expect("something wrong"));
}

#[test]
fn a_key_is_a_member_before_it_is_claimed_and_stays_one() {
    holds(&OURS);
}

#[test]
#[ignore = "half a million states: half a minute"]
fn three_readers() {
    holds(&Tags { readers: 3, ..OURS });
}

/// The invalidation in between finds no member, and the load that began before it is stored.
#[test]
fn registering_with_the_fill() {
    breaks(&Tags {
        register: Register::BeforeTheFill,
        ..OURS
    });
}

/// Both orders are right, as long as the source is read after both: the two commands may travel together.
#[test]
fn registering_after_the_claim_and_before_the_body() {
    holds(&Tags {
        register: Register::AfterTheClaim,
        ..OURS
    });
}

/// One that has registered and not claimed yet is taken off, and the next invalidation misses its entry.
#[test]
fn taking_members_off_as_they_are_read() {
    breaks(&Tags {
        members: Members::AreTaken,
        ..OURS
    });
}

#[test]
fn taking_members_off_when_their_entries_are_deleted() {
    breaks(&Tags {
        members: Members::AreTakenAfterwards,
        ..OURS
    });
}
