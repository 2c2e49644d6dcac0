//! Tags, as `engine/tags.rs` and `cache/call/tagged.rs` have them: one key, one tag, and time, which is what a membership
//! is about. The rest of the protocol is as small here as it can be: a caller that finds a lease does without.

mod steps;
mod world;

use self::steps::Steps;
use self::world::{CALLERS, END, LEASE, Slot, Stage, WRITERS, World, Writer};
use crate::properties::Property;
use crate::search::{Model, Move, search};

/// When a load puts its key under the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Register {
    BeforeReading,
    AfterReading,
}

/// What a load does for its registration while it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// It renews it, and stores only if it always did so in time.
    Checked,
    /// It renews it, and stores in any case.
    Unchecked,
    Never,
}

/// How long a registration lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// As long as the entry and three leases, and if it replaces one, as long as that one too.
    Ours,
    OfTheEntry,
    /// The same for a load that replaces an entry, which no lease limits.
    WithoutTheReplaced,
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    register: Register,
    keep: Keep,
    life: Life,
    /// An invalidation takes the members that it has deleted out of the tag.
    removes: bool,
}

const OURS: Rules = Rules {
    register: Register::BeforeReading,
    keep: Keep::Checked,
    life: Life::Ours,
    removes: false,
};

#[derive(Clone, Copy, Debug)]
struct Setup {
    rules: Rules,
    callers: usize,
    /// The first of the callers replaces what it finds, and there is something to begin with.
    refreshes: bool,
    writers: usize,
    /// In leases.
    ttl: u8,
}

const ONE: Setup = Setup {
    rules: OURS,
    callers: 1,
    refreshes: false,
    writers: 1,
    ttl: 2,
};

const TWO: Setup = Setup { callers: 2, ..ONE };

/// What it replaces lives longer than the leases for which a fill may be late.
const REPLACES: Setup = Setup {
    refreshes: true,
    ttl: 4,
    ..ONE
};

impl Setup {
    fn life(&self, replaces: bool) -> u8 {
        match self.rules.life {
            Life::OfTheEntry => self.ttl,
            Life::Ours if replaces => 2 * self.ttl + 3 * LEASE,
            Life::Ours | Life::WithoutTheReplaced => self.ttl + 3 * LEASE,
        }
    }
}

impl Model for Setup {
    type State = World;
    type Label = String;

    fn start(&self) -> World {
        let (mut callers, mut writers) = ([Stage::Over; CALLERS], [Writer::Over; WRITERS]);
        callers[..self.callers].fill(Stage::Idle);
        writers[..self.writers].fill(Writer::Idle);
        let warm = Slot::Value {
            of: CALLERS,
            version: 0,
            until: self.ttl,
        };
        World {
            now: 0,
            source: 0,
            invalidated: 0,
            slot: if self.refreshes { warm } else { Slot::Missing },
            member: self.refreshes.then_some(self.ttl),
            callers,
            writers,
        }
    }

    fn moves(&self, world: &World) -> Vec<Move<World, String>> {
        let mut steps = Steps::from(world);
        for at in 0..CALLERS {
            self.caller(&mut steps, at);
        }
        for at in 0..WRITERS {
            self.writer(&mut steps, at);
        }
        if world.now < END {
            steps.add("-- time passes".to_owned(), World::tick);
        }
        steps.found
    }

    fn canonical(&self, world: World) -> World {
        world
    }

    fn breaks(&self, world: &World, property: Property) -> bool {
        property == Property::NothingStaleAtRest
            && matches!(world.slot, Slot::Value { version, .. } if version < world.invalidated)
    }

    fn is_over(&self, world: &World) -> bool {
        let callers = &mut world.callers.iter();
        callers.all(|stage| *stage == Stage::Over)
            && world.writers.iter().all(|writer| *writer == Writer::Over)
    }
}

fn holds(setup: Setup) {
    let found = search(&setup, &[Property::NothingStaleAtRest]);
    println!("{} states", found.states);
    if let Some(broken) = found.broken {
        panic!("{setup:?}\n{broken}");
    }
}

/// Finds something wrong, and nothing without the change of rules.
fn breaks(setup: Setup) {
    let found = search(&setup, &[Property::NothingStaleAtRest]);
    let broken = found.broken.unwrap_or_else(|| {
        panic!("nothing wrong in {} states", found.states);
    });
    println!("{broken}");
    holds(Setup {
        rules: OURS,
        ..setup
    });
}

#[test]
fn nothing_outlives_the_invalidation_of_its_tag() {
    holds(TWO);
    holds(REPLACES);
}

#[test]
#[ignore = "millions of states: a minute and a half"]
fn nothing_outlives_one_of_two_invalidations_of_its_tag() {
    holds(Setup { writers: 2, ..TWO });
    holds(Setup {
        callers: 2,
        ..REPLACES
    });
}

#[test]
fn registering_after_the_source_was_read() {
    let rules = Rules {
        register: Register::AfterReading,
        ..OURS
    };
    breaks(Setup { rules, ..ONE });
}

#[test]
fn a_registration_as_short_as_the_entry() {
    let rules = Rules {
        life: Life::OfTheEntry,
        ..OURS
    };
    breaks(Setup { rules, ..ONE });
}

#[test]
fn a_replacement_registered_like_a_load_under_a_lease() {
    let rules = Rules {
        life: Life::WithoutTheReplaced,
        ..OURS
    };
    breaks(Setup { rules, ..REPLACES });
}

#[test]
fn a_slow_load_that_registers_once() {
    let rules = Rules {
        keep: Keep::Never,
        ..OURS
    };
    breaks(Setup { rules, ..ONE });
}

#[test]
fn a_late_renewal_that_is_taken_for_one_in_time() {
    let rules = Rules {
        keep: Keep::Unchecked,
        ..OURS
    };
    breaks(Setup { rules, ..ONE });
}

#[test]
fn an_invalidation_that_takes_members_away() {
    let rules = Rules {
        removes: true,
        ..OURS
    };
    let setup = Setup {
        rules,
        writers: 2,
        ttl: 1,
        ..TWO
    };
    let found = search(&setup, &[Property::NothingStaleAtRest]);
    println!("{}", found.broken.expect("something wrong"));
}
