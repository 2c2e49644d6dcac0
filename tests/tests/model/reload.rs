//! Entries that are due: `engine/election.rs` and the fill of `engine/fill.rs`, with whatever else may happen to the key.
//!
//! A caller who finds an entry returns it, or loads it anew: in the background, after it has returned, or in its own call. An
//! entry is due whenever a caller thinks so, as its clock may say anything.

use core::fmt;

use crate::properties::Property;
use crate::search::{Model, Move, search};

type Nonce = u8;
type Version = u8;

const CALLERS: usize = 3;
const WRITERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Slot {
    Missing,
    Lease(Nonce),
    Value(Nonce, Version),
}

impl Slot {
    fn nonce(self) -> Option<Nonce> {
        match self {
            Self::Missing => None,
            Self::Lease(nonce) | Self::Value(nonce, _) => Some(nonce),
        }
    }
}

/// When the load of a due entry is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    /// In place of the very entry that was due.
    IfNonce,
    /// If its caller is the elected one still.
    IfElected,
    Always,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    fill: Fill,
    /// Who is elected looks at the entry once more.
    looks: bool,
    /// Who finds nothing, and whose source fails, returns what its process has read last.
    keeps_a_copy: bool,
}

const OURS: Rules = Rules {
    fill: Fill::IfNonce,
    looks: true,
    keeps_a_copy: false,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    Idle,
    Seen(Slot),
    /// Has found the entry due; who loads in its own call has the answer to give yet.
    Due {
        over: Nonce,
        owes: Option<Version>,
    },
    Elected {
        over: Nonce,
        owes: Option<Version>,
    },
    Reloading {
        over: Nonce,
        owes: Option<Version>,
    },
    Storing {
        over: Nonce,
        owes: Option<Version>,
        version: Version,
    },
    /// Gives up the election.
    Leaving,
    Claiming,
    Body(Nonce),
    Filling(Nonce, Version),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Caller {
    /// The newest write that had returned when the call began.
    floor: Version,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Writer {
    Idle,
    Committed(Version),
    /// Writes through, under this lease.
    Leased(Nonce, Option<Version>),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Faults {
    /// The election's key is lost while the elected one lives.
    elections: u8,
    /// The entry or the lease expires, or is evicted.
    expiries: u8,
    /// All keys are gone.
    flushes: u8,
    /// A source fails, or a caller is dropped.
    mishaps: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    source: Version,
    slot: Slot,
    /// Who stands in the election's key.
    elected: Option<u8>,
    /// What had been committed when the key was last deleted.
    deleted: Version,
    returned: Version,
    copy: Option<Version>,
    fresh: Nonce,
    /// The entries that a reload has replaced, as bits.
    replaced: u32,
    stale_answer: bool,
    reloaded_twice: bool,
    callers: [Caller; CALLERS],
    writers: [Writer; WRITERS],
    faults: Faults,
}

#[derive(Clone, Copy, Debug)]
struct Setup {
    rules: Rules,
    callers: usize,
    writers: usize,
    through: bool,
    faults: Faults,
}

struct Label(u8, &'static str);

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = usize::from(self.0);
        let text = match who.checked_sub(CALLERS) {
            None => format!("R{who} {}", self.1),
            Some(writer) if writer < WRITERS => format!("W{writer} {}", self.1),
            Some(_) => format!("-- {}", self.1),
        };
        f.pad(&text)
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "source v{}, key: {:?}, elected: {:?}",
            self.source, self.slot, self.elected
        )
    }
}

impl World {
    fn nonce(&mut self) -> Nonce {
        self.fresh += 1;
        self.fresh
    }

    fn answer(&mut self, at: usize, version: Version) {
        self.stale_answer |= version < self.callers[at].floor;
    }

    /// The end of a reload: who loads in its own call answers.
    fn end(&mut self, at: usize, answer: Option<Version>) {
        if let Some(version) = answer {
            self.answer(at, version);
        }
        self.callers[at].stage = Stage::Leaving;
    }
}

/// What may happen next, one after the other.
struct Moves<'a> {
    from: &'a World,
    found: Vec<Move<World, Label>>,
}

impl Moves<'_> {
    fn add(&mut self, who: usize, does: &'static str, change: impl FnOnce(&mut World)) {
        self.push(who, does, false, change);
    }

    fn fault(&mut self, who: usize, does: &'static str, change: impl FnOnce(&mut World)) {
        self.push(who, does, true, change);
    }

    fn push(
        &mut self,
        who: usize,
        does: &'static str,
        fault: bool,
        change: impl FnOnce(&mut World),
    ) {
        let mut to = self.from.clone();
        change(&mut to);
        let label = Label(u8::try_from(who).unwrap_or(u8::MAX), does);
        self.found.push(Move { label, to, fault });
    }
}

fn caller(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    let world = moves.from;
    match world.callers[at].stage {
        Stage::Idle => moves.add(at, "begins and reads the key", |world| {
            world.callers[at] = Caller {
                floor: world.returned,
                stage: Stage::Seen(world.slot),
            };
        }),
        Stage::Seen(Slot::Value(nonce, version)) => found(moves, at, nonce, version),
        Stage::Seen(Slot::Missing) => moves.add(at, "found nothing", |world| {
            world.callers[at].stage = Stage::Claiming;
        }),
        // It would wait for the lease; what it gets then is no older than what the source has now.
        Stage::Seen(Slot::Lease(_)) => moves.add(at, "loads for itself", |world| {
            world.answer(at, world.source);
            world.callers[at].stage = Stage::Over;
        }),
        Stage::Due { over, owes } => due(moves, at, (over, owes)),
        Stage::Elected { over, owes } => elected(moves, at, (over, owes), rules),
        Stage::Reloading { over, owes } => moves.add(at, "reads the source", |world| {
            let version = world.source;
            world.callers[at].stage = Stage::Storing {
                over,
                owes,
                version,
            };
        }),
        Stage::Storing {
            over,
            owes,
            version,
        } => moves.add(at, "its fill is carried out", |world| {
            store(world, at, (over, version), rules);
            world.end(at, owes.map(|_| version));
        }),
        Stage::Leaving => moves.add(at, "gives up the election", |world| {
            if world.elected == u8::try_from(at).ok() {
                world.elected = None;
            }
            world.callers[at].stage = Stage::Over;
        }),
        Stage::Claiming => moves.add(at, "claims", |world| {
            world.callers[at].stage = if world.slot == Slot::Missing {
                let nonce = world.nonce();
                world.slot = Slot::Lease(nonce);
                Stage::Body(nonce)
            } else {
                Stage::Seen(world.slot)
            };
        }),
        Stage::Body(nonce) => moves.add(at, "reads the source", |world| {
            world.callers[at].stage = Stage::Filling(nonce, world.source);
        }),
        Stage::Filling(nonce, version) => {
            moves.add(at, "its fill is carried out, and it returns", |world| {
                if world.slot.nonce() == Some(nonce) {
                    world.slot = Slot::Value(nonce, version);
                }
                world.answer(at, version);
                world.callers[at].stage = Stage::Over;
            })
        }
        Stage::Over => {}
    }
    if moves.from.faults.mishaps > 0 {
        mishap(moves, at, rules);
    }
}

fn found(moves: &mut Moves<'_>, at: usize, over: Nonce, version: Version) {
    moves.add(at, "returns what it found", |world| {
        world.copy = Some(version);
        world.answer(at, version);
        world.callers[at].stage = Stage::Over;
    });
    moves.add(at, "returns what it found, which is due", |world| {
        world.copy = Some(version);
        world.answer(at, version);
        world.callers[at].stage = Stage::Due { over, owes: None };
    });
    moves.add(at, "finds it due, and stands before it returns", |world| {
        world.copy = Some(version);
        let owes = Some(version);
        world.callers[at].stage = Stage::Due { over, owes };
    });
}

fn due(moves: &mut Moves<'_>, at: usize, (over, owes): (Nonce, Option<Version>)) {
    if moves.from.elected.is_some() {
        return moves.add(at, "is not elected", |world| {
            if let Some(version) = owes {
                world.answer(at, version);
            }
            world.callers[at].stage = Stage::Over;
        });
    }
    moves.add(at, "is elected", |world| {
        world.elected = u8::try_from(at).ok();
        world.callers[at].stage = Stage::Elected { over, owes };
    });
}

fn elected(moves: &mut Moves<'_>, at: usize, (over, owes): (Nonce, Option<Version>), rules: Rules) {
    if rules.looks && moves.from.slot.nonce() != Some(over) {
        return moves.add(at, "sees that it has been replaced", |world| {
            world.end(at, owes);
        });
    }
    moves.add(at, "begins its body", |world| {
        world.reloaded_twice |= world.replaced & (1 << over) != 0;
        world.callers[at].stage = Stage::Reloading { over, owes };
    });
}

fn store(world: &mut World, at: usize, (over, version): (Nonce, Version), rules: Rules) {
    let stores = match rules.fill {
        Fill::IfNonce => world.slot.nonce() == Some(over),
        Fill::IfElected => world.elected == u8::try_from(at).ok(),
        Fill::Always => true,
    };
    if stores {
        let nonce = world.nonce();
        world.slot = Slot::Value(nonce, version);
        world.replaced |= 1 << over;
    }
}

fn mishap(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    match moves.from.callers[at].stage {
        Stage::Reloading { owes, .. } => {
            moves.fault(at, "fails, and returns what it had found", |world| {
                world.faults.mishaps -= 1;
                world.end(at, owes);
            })
        }
        Stage::Storing { over, version, .. } => {
            moves.fault(at, "is gone, and its fill under way", |world| {
                world.faults.mishaps -= 1;
                let owes = None;
                world.callers[at].stage = Stage::Storing {
                    over,
                    owes,
                    version,
                };
                if world.elected == u8::try_from(at).ok() {
                    world.elected = None;
                }
            });
        }
        Stage::Body(nonce) => moves.fault(at, "fails", |world| {
            world.faults.mishaps -= 1;
            if world.slot == Slot::Lease(nonce) {
                world.slot = Slot::Missing;
            }
            if let (true, Some(copy)) = (rules.keeps_a_copy, world.copy) {
                world.answer(at, copy);
            }
            world.callers[at].stage = Stage::Over;
        }),
        _ => {}
    }
}

fn writer(moves: &mut Moves<'_>, at: usize, through: bool) {
    let who = CALLERS + at;
    match moves.from.writers[at] {
        Writer::Idle if through => moves.add(who, "takes the key", |world| {
            let nonce = world.nonce();
            world.slot = Slot::Lease(nonce);
            world.deleted = world.source;
            world.writers[at] = Writer::Leased(nonce, None);
        }),
        Writer::Idle => moves.add(who, "commits", |world| {
            world.source += 1;
            world.writers[at] = Writer::Committed(world.source);
        }),
        Writer::Committed(version) => moves.add(who, "deletes the key and returns", |world| {
            world.slot = Slot::Missing;
            world.deleted = world.source;
            world.returned = world.returned.max(version);
            world.writers[at] = Writer::Over;
        }),
        Writer::Leased(nonce, None) => moves.add(who, "commits", |world| {
            world.source += 1;
            world.writers[at] = Writer::Leased(nonce, Some(world.source));
        }),
        Writer::Leased(nonce, Some(version)) if moves.from.slot.nonce() == Some(nonce) => {
            moves.add(who, "stores and returns", |world| {
                let own = world.nonce();
                world.slot = Slot::Value(own, version);
                world.returned = world.returned.max(version);
                world.writers[at] = Writer::Over;
            });
        }
        Writer::Leased(_, Some(version)) => moves.add(who, "finds its lease gone", |world| {
            world.writers[at] = Writer::Committed(version);
        }),
        Writer::Over => {}
    }
}

fn fate(moves: &mut Moves<'_>) {
    let (who, world) = (CALLERS + WRITERS, moves.from);
    let faults = world.faults;
    if world.elected.is_some() && faults.elections > 0 {
        moves.fault(who, "the election's key is lost", |world| {
            world.faults.elections -= 1;
            world.elected = None;
        });
    }
    if world.slot != Slot::Missing && faults.expiries > 0 {
        moves.fault(who, "the key expires", |world| {
            world.faults.expiries -= 1;
            world.slot = Slot::Missing;
        });
    }
    if faults.flushes > 0 {
        moves.fault(who, "the server is flushed", |world| {
            world.faults.flushes -= 1;
            (world.slot, world.elected) = (Slot::Missing, None);
        });
    }
}

impl Model for Setup {
    type State = World;
    type Label = Label;

    fn start(&self) -> World {
        let nobody = Caller {
            floor: 0,
            stage: Stage::Over,
        };
        let mut callers = [nobody; CALLERS];
        for caller in &mut callers[..self.callers] {
            caller.stage = Stage::Idle;
        }
        let mut writers = [Writer::Over; WRITERS];
        writers[..self.writers].fill(Writer::Idle);
        World {
            source: 0,
            slot: Slot::Value(0, 0),
            elected: None,
            deleted: 0,
            returned: 0,
            copy: None,
            fresh: 0,
            replaced: 0,
            stale_answer: false,
            reloaded_twice: false,
            callers,
            writers,
            faults: self.faults,
        }
    }

    fn moves(&self, world: &World) -> Vec<Move<World, Label>> {
        let mut moves = Moves {
            from: world,
            found: Vec::new(),
        };
        for at in 0..CALLERS {
            caller(&mut moves, at, self.rules);
        }
        for at in 0..WRITERS {
            writer(&mut moves, at, self.through);
        }
        fate(&mut moves);
        moves.found
    }

    fn canonical(&self, world: World) -> World {
        world
    }

    fn breaks(&self, world: &World, property: Property) -> bool {
        match property {
            Property::NothingStaleAtRest => {
                matches!(world.slot, Slot::Value(_, version) if version < world.deleted)
            }
            Property::NoStaleAnswer => world.stale_answer,
            Property::OneReload => world.reloaded_twice,
            _ => false,
        }
    }

    fn is_over(&self, world: &World) -> bool {
        world.callers.iter().all(|one| one.stage == Stage::Over)
            && world.writers.iter().all(|one| *one == Writer::Over)
    }
}

const NO_FAULTS: Faults = Faults {
    elections: 0,
    expiries: 0,
    flushes: 0,
    mishaps: 0,
};

const SETUP: Setup = Setup {
    rules: OURS,
    callers: 3,
    writers: 1,
    through: false,
    faults: NO_FAULTS,
};

const RIGHT: [Property; 3] = [
    Property::NothingStaleAtRest,
    Property::NoStaleAnswer,
    Property::Progress,
];

fn holds(setup: &Setup, properties: &[Property]) {
    let found = search(setup, properties);
    println!("{} states", found.states);
    if let Some(broken) = found.broken {
        panic!("{broken}");
    }
}

#[test]
fn two_writers_and_whatever_may_be_lost() {
    let faults = Faults {
        elections: 1,
        expiries: 1,
        flushes: 1,
        mishaps: 1,
    };
    let setup = Setup {
        callers: 2,
        writers: 2,
        faults,
        ..SETUP
    };
    holds(&setup, &RIGHT);
}

#[test]
fn three_callers_and_a_failure() {
    let faults = Faults {
        elections: 1,
        mishaps: 1,
        ..NO_FAULTS
    };
    holds(&Setup { faults, ..SETUP }, &RIGHT);
}

#[test]
fn writers_through_at_the_same_time() {
    let faults = Faults {
        elections: 1,
        expiries: 1,
        ..NO_FAULTS
    };
    let setup = Setup {
        callers: 2,
        writers: 2,
        through: true,
        faults,
        ..SETUP
    };
    holds(&setup, &RIGHT);
}

/// As long as nothing is lost on the server; a caller that is gone while it stores may be followed by one more.
#[test]
fn no_entry_is_loaded_anew_twice() {
    holds(&SETUP, &[Property::OneReload, Property::Progress]);
}

/// Finds the shortest way to break `property`, and nothing to break without the change of rules.
fn breaks(setup: &Setup, property: Property) {
    let found = search(setup, &[property]);
    let broken = found.broken.expect("a way to break it");
    println!("{broken}");
    let ours = Setup {
        rules: OURS,
        ..*setup
    };
    holds(&ours, &[property]);
}

#[test]
fn storing_whatever_has_become_of_the_entry() {
    let rules = Rules {
        fill: Fill::Always,
        ..OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::NothingStaleAtRest);
}

/// The election says nothing of invalidations.
#[test]
fn storing_because_one_was_elected() {
    let rules = Rules {
        fill: Fill::IfElected,
        ..OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::NothingStaleAtRest);
}

#[test]
fn returning_a_copy_when_the_entry_is_gone() {
    let rules = Rules {
        keeps_a_copy: true,
        ..OURS
    };
    let faults = Faults {
        mishaps: 1,
        ..NO_FAULTS
    };
    breaks(
        &Setup {
            rules,
            faults,
            ..SETUP
        },
        Property::NoStaleAnswer,
    );
}

/// Who has read the entry before it was replaced, and stands for election after.
#[test]
fn loading_without_another_look() {
    let rules = Rules {
        looks: false,
        ..OURS
    };
    breaks(&Setup { rules, ..SETUP }, Property::OneReload);
}
