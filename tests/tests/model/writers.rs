//! What a writer does next, as `engine/invalidate.rs` and `engine/guards.rs` have it.

use crate::moves::Moves;
use crate::rules::{Delete, Rules};
use crate::world::{Guarding, Slot, Version, World, Writer};

pub(crate) fn moves(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    match moves.from.writers[at] {
        Writer::Idle => match rules.delete {
            Delete::AfterCommit => commit(moves, at),
            Delete::BeforeCommit | Delete::Twice => moves.add("deletes the key", |world| {
                world.delete();
                world.writers[at] = Writer::Deleted;
            }),
            Delete::Guarded | Delete::GuardedAlone => moves.add("enters the guard", |world| {
                world.enter(at, None);
            }),
        },
        Writer::Deleted if rules.delete == Delete::Twice => commit(moves, at),
        Writer::Deleted => moves.add("commits and returns", |world| {
            world.source += 1;
            world.returns(at, world.source);
        }),
        Writer::Committed(version) => {
            moves.add("deletes the key and returns", |world| {
                world.delete();
                world.returns(at, version);
            });
            moves.lost_reply("deletes the key, the reply is lost", World::delete);
        }
        Writer::Guarding(guarding) => inside(moves, at, guarding, rules),
        Writer::Dead | Writer::Over => {}
    }
}

fn commit(moves: &mut Moves<'_>, at: usize) {
    moves.add("commits", |world| {
        world.source += 1;
        world.writers[at] = Writer::Committed(world.source);
    });
}

fn inside(moves: &mut Moves<'_>, at: usize, guarding: Guarding, rules: Rules) {
    if !guarding.listed {
        moves.add("renews its guard", |world| {
            world.enter(at, guarding.committed);
        });
    }
    let Some(version) = guarding.committed else {
        moves.add("commits", |world| {
            world.source += 1;
            if guarding.sheltered {
                // Whatever becomes of it from here on, what it has replaced must not come back.
                world.deleted = world.source;
            }
            world.writers[at] = Writer::Guarding(Guarding {
                committed: Some(world.source),
                ..guarding
            });
        });
        return;
    };
    moves.add("leaves the guard and returns", |world| {
        world.leave_guard(at, rules);
        world.returns(at, version);
    });
    moves.lost_reply("leaves the guard, the reply is lost", |world| {
        world.leave_guard(at, rules);
    });
}

impl World {
    fn delete(&mut self) {
        self.empty(false);
        self.deleted = self.source;
    }

    fn returns(&mut self, at: usize, version: Version) {
        self.returned = self.returned.max(version);
        self.writers[at] = Writer::Over;
    }

    /// In place of whatever the key holds.
    fn enter(&mut self, at: usize, committed: Option<Version>) {
        self.slot = Slot::Guard;
        self.deleted = self.source;
        self.writers[at] = Writer::Guarding(Guarding {
            listed: true,
            sheltered: true,
            committed,
        });
    }

    fn leave_guard(&mut self, at: usize, rules: Rules) {
        if let Writer::Guarding(guarding) = &mut self.writers[at] {
            guarding.listed = false;
        }
        let others = rules.delete == Delete::Guarded && self.is_guarded();
        if others {
            self.deleted = self.source;
        } else {
            self.delete();
        }
    }

    fn is_guarded(&self) -> bool {
        self.writers.iter().any(|writer| match writer {
            Writer::Guarding(guarding) => guarding.listed,
            Writer::Dead => true,
            _ => false,
        })
    }

    /// The key is gone, and with it the guard if it held one.
    pub(crate) fn empty(&mut self, by_accident: bool) {
        self.slot = Slot::Missing;
        for writer in &mut self.writers {
            match writer {
                Writer::Guarding(guarding) => {
                    guarding.listed = false;
                    guarding.sheltered &= !by_accident;
                }
                Writer::Dead => *writer = Writer::Over,
                _ => {}
            }
        }
    }

    /// The time of a writer that nobody renews is over.
    pub(crate) fn outlive(&mut self, at: usize) {
        self.writers[at] = Writer::Over;
        if !self.is_guarded() {
            self.empty(false);
        }
    }
}
