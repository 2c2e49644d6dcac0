//! What a writer does next, as `engine/invalidate.rs`, `engine/guards.rs` and `engine/write.rs` have it.

use crate::moves::Moves;
use crate::rules::{Delete, Rules};
use crate::world::{Guarding, Nonce, Slot, Stage, Verdict, Version, World, Writer};

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
            Delete::Through
            | Delete::ThroughAlone
            | Delete::ThroughAlways
            | Delete::ThroughSameNonce => take(moves, at),
        },
        Writer::Deleted if rules.delete != Delete::BeforeCommit => commit(moves, at),
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
        Writer::Leased { nonce, committed } => match committed {
            None => leased(moves, at, nonce),
            Some(version) => store(moves, at, (nonce, version), rules),
        },
        Writer::Dead | Writer::Over => {}
    }
}

fn commit(moves: &mut Moves<'_>, at: usize) {
    moves.add("commits", |world| {
        world.source += 1;
        world.writers[at] = Writer::Committed(world.source);
    });
}

fn take(moves: &mut Moves<'_>, at: usize) {
    moves.add("takes the key", |world| {
        let nonce = world.seize();
        world.writers[at] = Writer::Leased {
            nonce,
            committed: None,
        };
    });
    if moves.from.faults.lost_replies > 0 {
        moves.fault("takes the key and does not learn of it", |world| {
            world.faults.lost_replies -= 1;
            world.seize();
            world.writers[at] = Writer::Deleted;
        });
    }
}

fn leased(moves: &mut Moves<'_>, at: usize, nonce: Nonce) {
    moves.add("commits", |world| {
        world.source += 1;
        let committed = Some(world.source);
        world.writers[at] = Writer::Leased { nonce, committed };
    });
    if moves.from.faults.mishaps > 0 {
        moves.fault("fails", |world| {
            world.faults.mishaps -= 1;
            world.release(nonce);
            world.writers[at] = Writer::Over;
        });
    }
}

fn store(moves: &mut Moves<'_>, at: usize, (nonce, version): (Nonce, Version), rules: Rules) {
    for (reader, one) in moves.from.readers.iter().enumerate() {
        // In the writer's process it has a seat in the writer's flight.
        if matches!(one.stage, Stage::Polling { nonce: its, .. } if its == nonce) {
            moves.add("gives what it has written to one who waits", |world| {
                world.end(reader, nonce, Verdict::Entry(version));
                world.leave(reader, Stage::Over, rules);
                world.answer(reader, version);
            });
        }
    }
    let is_held = moves.from.slot.nonce() == Some(nonce) || rules.delete == Delete::ThroughAlways;
    if is_held {
        moves.add("stores and returns", |world| {
            world.write(nonce, version, rules);
            world.returns(at, version);
        });
    } else if rules.delete == Delete::ThroughAlone {
        moves.add("finds its lease gone and returns", |world| {
            world.returns(at, version);
        });
    } else {
        moves.add("finds its lease gone", |world| {
            world.writers[at] = Writer::Committed(version);
        });
    }
    if moves.from.faults.lost_replies > 0 {
        moves.fault("does not learn whether it has stored", |world| {
            world.faults.lost_replies -= 1;
            if is_held {
                world.write(nonce, version, rules);
            }
            world.writers[at] = Writer::Committed(version);
        });
    }
    if moves.from.faults.mishaps > 0 {
        moves.fault("is dropped, and the key is deleted", |world| {
            world.faults.mishaps -= 1;
            world.delete();
            world.writers[at] = Writer::Over;
        });
    }
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
    /// In place of whatever the key holds.
    fn seize(&mut self) -> Nonce {
        let nonce = self.fresh();
        self.slot = Slot::Lease(nonce);
        self.deleted = self.source;
        nonce
    }

    fn write(&mut self, lease: Nonce, version: Version, rules: Rules) {
        let nonce = match rules.delete {
            Delete::ThroughSameNonce => lease,
            _ => self.fresh(),
        };
        self.slot = Slot::Value { nonce, version };
    }

    pub(crate) fn delete(&mut self) {
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
