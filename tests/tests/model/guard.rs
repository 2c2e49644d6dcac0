//! Writers that put a guard before their write, as `before` has it: who opens the door, and what a death leaves behind.
//!
//! Flights and lanes play no part: a guard is about what may be stored, and for that each reader is alone with its
//! nonce, which here is its number.

use core::fmt;

use crate::properties::Property;
use crate::search::{Model, Move, search};

const READERS: usize = 3;
const WRITERS: usize = 2;

/// The writers whose guard stands, one bit for each.
type Holders = u8;

/// How a writer takes its guard away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    /// It takes itself off the list; the last one deletes the key. What is no guard is deleted.
    LastOneOpens,
    /// It deletes the key.
    EachOpens,
    /// As the first, but what is no guard of its own is left alone.
    OwnGuardOnly,
}

/// What a second guard does to the first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enter {
    Joins,
    Replaces,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Missing,
    Lease(usize),
    Value(u8),
    Guard(Holders),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reader {
    Idle,
    Seen(Slot),
    /// The body has not read the source yet.
    Body {
        stores: bool,
    },
    Loaded {
        version: u8,
        stores: bool,
    },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Writer {
    Outside,
    Inside,
    Committed(u8),
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    source: u8,
    slot: Slot,
    readers: [Reader; READERS],
    /// The newest write that had returned when each reader began.
    floors: [u8; READERS],
    writers: [Writer; WRITERS],
    dead: Holders,
    /// The newest write that has returned.
    returned: u8,
    /// The newest write whose writer died after it.
    orphaned: u8,
    stale_answer: bool,
    faults: Faults,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Faults {
    /// A writer dies, inside or after its commit.
    deaths: u8,
    /// A guard is gone while its writer lives: it stalled, the server was flushed, somebody sent a `DEL`.
    lost_guards: u8,
    /// A guard cannot be written: the server is full, and deletes instead.
    refused_guards: u8,
    /// A command is carried out and its sender does not learn of it, so it is sent again.
    lost_replies: u8,
}

struct Guards {
    /// At most [`READERS`].
    readers: usize,
    enter: Enter,
    leave: Leave,
    faults: Faults,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source v{}, key: {:?}", self.source, self.slot)
    }
}

struct Moves<'a> {
    from: &'a World,
    found: Vec<Move<World, String>>,
}

impl Moves<'_> {
    fn add(&mut self, label: String, fault: bool, change: impl FnOnce(&mut World)) {
        let mut to = self.from.clone();
        change(&mut to);
        self.found.push(Move { label, to, fault });
    }

    fn reader(&mut self, at: usize) {
        let slot = self.from.slot;
        match self.from.readers[at] {
            Reader::Idle => self.add(format!("R{at} begins and reads the key"), false, |world| {
                world.floors[at] = world.returned;
                world.readers[at] = Reader::Seen(slot);
            }),
            Reader::Seen(Slot::Value(version)) => {
                self.add(format!("R{at} returns what it found"), false, |world| {
                    world.answer(at, version);
                });
            }
            Reader::Seen(Slot::Missing) => {
                self.add(format!("R{at} claims the key"), false, |world| {
                    world.readers[at] = if slot == Slot::Missing {
                        world.slot = Slot::Lease(at);
                        Reader::Body { stores: true }
                    } else {
                        Reader::Seen(slot)
                    };
                });
            }
            // Who waits for a lease is waited for elsewhere; here it loads for itself, as after a wait that was too long.
            Reader::Seen(Slot::Lease(_) | Slot::Guard(_)) => {
                self.add(format!("R{at} is to load for itself"), false, |world| {
                    world.readers[at] = Reader::Body { stores: false };
                });
            }
            Reader::Body { stores } => {
                self.add(format!("R{at} reads the source"), false, |world| {
                    let version = world.source;
                    world.readers[at] = Reader::Loaded { version, stores };
                });
            }
            Reader::Loaded { version, stores } => {
                self.add(format!("R{at} stores and returns"), false, |world| {
                    if stores && world.slot == Slot::Lease(at) {
                        world.slot = Slot::Value(version);
                    }
                    world.answer(at, version);
                });
            }
            Reader::Over => {}
        }
    }

    fn writer(&mut self, at: usize, rules: &Guards) {
        if self.from.dead & (1 << at) != 0 {
            return;
        }
        let faults = self.from.faults;
        match self.from.writers[at] {
            Writer::Outside => {
                self.add(format!("W{at} places its guard"), false, |world| {
                    world.enter(at, rules.enter);
                    world.writers[at] = Writer::Inside;
                });
                if faults.refused_guards > 0 {
                    self.add(format!("W{at} is refused a guard"), true, |world| {
                        world.faults.refused_guards -= 1;
                        world.slot = Slot::Missing;
                        world.writers[at] = Writer::Inside;
                    });
                }
            }
            Writer::Inside => self.add(format!("W{at} commits"), false, |world| {
                world.source += 1;
                world.writers[at] = Writer::Committed(world.source);
            }),
            Writer::Committed(version) => {
                self.add(format!("W{at} leaves and returns"), false, |world| {
                    world.leave(at, rules.leave);
                    world.returned = world.returned.max(version);
                    world.writers[at] = Writer::Over;
                });
                if faults.lost_replies > 0 {
                    self.add(format!("W{at} leaves, the reply is lost"), true, |world| {
                        world.faults.lost_replies -= 1;
                        world.leave(at, rules.leave);
                    });
                }
            }
            Writer::Over => return,
        }
        let inside = !matches!(self.from.writers[at], Writer::Outside);
        if inside && !self.from.is_guarded_by(at) {
            // Set anew by the renewal, whatever stands there.
            self.add(format!("W{at} renews its guard"), true, |world| {
                world.enter(at, rules.enter);
            });
        }
        if inside && faults.deaths > 0 {
            self.add(format!("W{at} dies"), true, |world| {
                world.faults.deaths -= 1;
                world.dead |= 1 << at;
                if let Writer::Committed(version) = world.writers[at] {
                    world.orphaned = world.orphaned.max(version);
                }
            });
        }
    }

    fn fate(&mut self) {
        let Slot::Guard(holders) = self.from.slot else {
            return;
        };
        for at in (0..WRITERS).filter(|at| holders & (1 << at) != 0) {
            if self.from.dead & (1 << at) != 0 || self.from.writers[at] == Writer::Over {
                self.add(format!("-- the guard of W{at} expires"), false, |world| {
                    world.strike_off(at);
                });
            } else if self.from.faults.lost_guards > 0 {
                self.add(format!("-- the guard of W{at} is lost"), true, |world| {
                    world.faults.lost_guards -= 1;
                    world.strike_off(at);
                });
            }
        }
    }
}

impl World {
    fn is_guarded_by(&self, at: usize) -> bool {
        matches!(self.slot, Slot::Guard(holders) if holders & (1 << at) != 0)
    }

    fn answer(&mut self, at: usize, version: u8) {
        self.stale_answer |= version < self.floors[at];
        self.floors[at] = 0;
        self.readers[at] = Reader::Over;
    }

    fn enter(&mut self, at: usize, how: Enter) {
        let others = match self.slot {
            Slot::Guard(holders) if how == Enter::Joins => holders,
            _ => 0,
        };
        self.slot = Slot::Guard(others | 1 << at);
    }

    fn leave(&mut self, at: usize, how: Leave) {
        match self.slot {
            Slot::Guard(_) if how != Leave::EachOpens => self.strike_off(at),
            _ if how == Leave::OwnGuardOnly => {}
            _ => self.slot = Slot::Missing,
        }
    }

    fn strike_off(&mut self, at: usize) {
        if let Slot::Guard(holders) = self.slot {
            let rest = holders & !(1 << at);
            self.slot = if rest == 0 {
                Slot::Missing
            } else {
                Slot::Guard(rest)
            };
        }
    }
}

impl Model for Guards {
    type State = World;
    type Label = String;

    fn start(&self) -> World {
        let mut readers = [Reader::Over; READERS];
        readers[..self.readers].fill(Reader::Idle);
        World {
            source: 0,
            slot: Slot::Value(0),
            readers,
            floors: [0; READERS],
            writers: [Writer::Outside; WRITERS],
            dead: 0,
            returned: 0,
            orphaned: 0,
            stale_answer: false,
            faults: self.faults,
        }
    }

    fn moves(&self, world: &World) -> Vec<Move<World, String>> {
        let mut moves = Moves {
            from: world,
            found: Vec::new(),
        };
        (0..READERS).for_each(|at| moves.reader(at));
        (0..WRITERS).for_each(|at| moves.writer(at, self));
        moves.fate();
        moves.found
    }

    fn canonical(&self, world: World) -> World {
        world
    }

    fn breaks(&self, world: &World, property: Property) -> bool {
        let Slot::Value(version) = world.slot else {
            return property == Property::NoStaleAnswer && world.stale_answer;
        };
        match property {
            Property::NothingStaleAtRest => version < world.returned,
            Property::NothingStaleAfterADeath => version < world.orphaned,
            Property::NoStaleAnswer => world.stale_answer,
            _ => false,
        }
    }

    fn is_over(&self, world: &World) -> bool {
        let dead = |at: usize| world.dead & (1 << at) != 0;
        world.readers.iter().all(|one| *one == Reader::Over)
            && (0..WRITERS).all(|at| world.writers[at] == Writer::Over || dead(at))
    }
}

const OURS: Guards = Guards {
    readers: 2,
    enter: Enter::Joins,
    leave: Leave::LastOneOpens,
    faults: Faults {
        deaths: 0,
        lost_guards: 0,
        refused_guards: 0,
        lost_replies: 0,
    },
};

const ALWAYS: [Property; 3] = [
    Property::NothingStaleAtRest,
    Property::NoStaleAnswer,
    Property::Progress,
];

fn holds(readers: usize, faults: Faults, properties: &[Property]) {
    let ours = Guards {
        readers,
        faults,
        ..OURS
    };
    let found = search(&ours, properties);
    println!("{} states", found.states);
    if let Some(broken) = found.broken {
        panic!("{broken}");
    }
}

/// Finds the shortest way to break `property`, and nothing to break without the change of rules.
fn breaks(wrong: &Guards, property: Property) {
    let found = search(wrong, &[property]);
    println!("{}", found.broken.expect("something wrong"));
    holds(wrong.readers, wrong.faults, &[property]);
}

#[test]
fn a_writer_that_dies_leaves_nothing_stale() {
    let faults = Faults {
        deaths: 1,
        lost_replies: 1,
        ..OURS.faults
    };
    holds(2, faults, &ALWAYS);
    holds(2, faults, &[Property::NothingStaleAfterADeath]);
}

const LOST_AND_REFUSED: Faults = Faults {
    lost_guards: 2,
    refused_guards: 1,
    lost_replies: 1,
    ..OURS.faults
};

#[test]
fn guards_that_are_lost_or_refused_leave_nothing_stale_behind_a_writer_that_lives() {
    holds(2, LOST_AND_REFUSED, &ALWAYS);
}

#[test]
#[ignore = "a million states and more: two minutes"]
fn three_readers_and_guards_that_are_lost_or_refused() {
    holds(3, LOST_AND_REFUSED, &ALWAYS);
}

#[test]
fn the_first_writer_to_leave_opens_the_door() {
    let faults = Faults {
        deaths: 1,
        ..OURS.faults
    };
    let wrong = Guards {
        leave: Leave::EachOpens,
        faults,
        ..OURS
    };
    breaks(&wrong, Property::NothingStaleAfterADeath);
}

#[test]
fn a_guard_that_replaces_another_ones() {
    let faults = Faults {
        deaths: 1,
        ..OURS.faults
    };
    let wrong = Guards {
        enter: Enter::Replaces,
        faults,
        ..OURS
    };
    breaks(&wrong, Property::NothingStaleAfterADeath);
}

#[test]
fn leaving_alone_what_came_after_a_lost_guard() {
    let faults = Faults {
        lost_guards: 1,
        ..OURS.faults
    };
    let wrong = Guards {
        leave: Leave::OwnGuardOnly,
        faults,
        ..OURS
    };
    breaks(&wrong, Property::NothingStaleAtRest);
}
