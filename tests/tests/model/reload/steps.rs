//! What each of them may do next.

use core::fmt;

use super::world::{
    CALLERS, Caller, Fill, Nonce, Rules, Slot, Stage, Version, WRITERS, World, Writer,
};
use crate::search::Move;

pub(super) struct Label(u8, &'static str);

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

/// What may happen next, one after the other.
pub(super) struct Moves<'a> {
    pub(super) from: &'a World,
    pub(super) found: Vec<Move<World, Label>>,
}

impl Moves<'_> {
    pub(super) fn add(&mut self, who: usize, does: &'static str, change: impl FnOnce(&mut World)) {
        self.push(who, does, false, change);
    }

    pub(super) fn fault(
        &mut self,
        who: usize,
        does: &'static str,
        change: impl FnOnce(&mut World),
    ) {
        self.push(who, does, true, change);
    }

    pub(super) fn push(
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

pub(super) fn caller(moves: &mut Moves<'_>, at: usize, rules: Rules) {
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
        Stage::Claiming | Stage::Body(_) | Stage::Filling(..) => load(moves, at),
        Stage::Over => {}
    }
    if moves.from.faults.mishaps > 0 {
        mishap(moves, at, rules);
    }
}

/// Of who found nothing.
fn load(moves: &mut Moves<'_>, at: usize) {
    match moves.from.callers[at].stage {
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
            });
        }
        _ => {}
    }
}

pub(super) fn found(moves: &mut Moves<'_>, at: usize, over: Nonce, version: Version) {
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

pub(super) fn due(moves: &mut Moves<'_>, at: usize, (over, owes): (Nonce, Option<Version>)) {
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

pub(super) fn elected(
    moves: &mut Moves<'_>,
    at: usize,
    (over, owes): (Nonce, Option<Version>),
    rules: Rules,
) {
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

pub(super) fn store(world: &mut World, at: usize, (over, version): (Nonce, Version), rules: Rules) {
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

pub(super) fn mishap(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    match moves.from.callers[at].stage {
        Stage::Reloading { owes, .. } => {
            moves.fault(at, "fails, and returns what it had found", |world| {
                world.faults.mishaps -= 1;
                world.end(at, owes);
            });
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

pub(super) fn writer(moves: &mut Moves<'_>, at: usize, through: bool) {
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

pub(super) fn fate(moves: &mut Moves<'_>) {
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
