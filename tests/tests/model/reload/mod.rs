//! Entries that are due: `engine/election.rs` and the fill of `engine/fill.rs`, with whatever else may happen to the key.
//!
//! A caller who finds an entry returns it, or loads it anew: in the background, after it has returned, or in its own call. An
//! entry is due whenever a caller thinks so, as its clock may say anything.

mod steps;
mod world;

use self::steps::{Label, Moves, caller, fate, writer};
use self::world::{
    CALLERS, Caller, Faults, Fill, OURS, Rules, Slot, Stage, WRITERS, World, Writer,
};
use crate::properties::Property;
use crate::search::{Model, Move, search};

#[derive(Clone, Copy, Debug)]
struct Setup {
    rules: Rules,
    callers: usize,
    writers: usize,
    through: bool,
    faults: Faults,
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
