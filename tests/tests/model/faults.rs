//! What nobody does on purpose.

use crate::moves::{Actor, Moves};
use crate::rules::Rules;
use crate::world::{Answer, Flight, PROCESSES, Slot, Stage, Verdict, Wire, World, Writer};

/// What happens to the server and to processes.
pub(crate) fn of_the_world(moves: &mut Moves<'_>) {
    moves.actor = Actor::Fate;
    let world = moves.from;
    if let Slot::Lease(nonce) = world.slot {
        if !world.is_owned(nonce) {
            // Nobody renews it, so this is only a matter of time.
            moves.add("the lease of nobody expires", |world| {
                world.slot = Slot::Missing;
            });
        } else if world.faults.expiries > 0 {
            moves.fault("the lease expires", |world| {
                world.slot = Slot::Missing;
                world.faults.expiries -= 1;
            });
        }
    }
    if world.slot == Slot::Guard && world.faults.expiries > 0 {
        moves.fault("the guard expires", |world| {
            world.empty(true);
            world.faults.expiries -= 1;
        });
    }
    for (at, writer) in world.writers.iter().enumerate() {
        if *writer == Writer::Dead {
            moves.add("the time of a dead writer is over", |world| {
                world.outlive(at);
            });
        }
    }
    if world.slot != Slot::Missing && world.faults.flushes > 0 {
        moves.fault("the server is flushed", |world| {
            world.empty(true);
            world.faults.flushes -= 1;
        });
    }
    if world.faults.crashes > 0 {
        moves.fault("process 0 crashes", |world| world.crash(0));
        moves.fault("process 1 crashes", |world| world.crash(PROCESSES - 1));
    }
}

/// What happens to one caller.
pub(crate) fn of_a_caller(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    let stage = moves.from.readers[at].stage;
    let is_here = !matches!(stage, Stage::Idle | Stage::Over | Stage::Parting { .. });
    if !is_here || moves.from.faults.mishaps == 0 {
        return;
    }
    moves.fault("is dropped", |world| {
        world.faults.mishaps -= 1;
        world.drop_caller(at, rules);
    });
    let Stage::Body(nonce) = stage else {
        return;
    };
    moves.fault("has a result that is shared and not stored", |world| {
        world.faults.mishaps -= 1;
        world.end(at, nonce, Verdict::Entry(world.source));
        world.readers[at].stage = Stage::Releasing(nonce);
    });
    moves.fault("has a result that cannot be shared", |world| {
        world.faults.mishaps -= 1;
        world.end(at, nonce, Verdict::Alone);
        world.readers[at].stage = Stage::Releasing(nonce);
    });
    moves.fault("fails", |world| {
        world.faults.mishaps -= 1;
        if world.is_alone_aboard(at, nonce) {
            world.end(at, nonce, Verdict::Over);
            world.readers[at].stage = Stage::Releasing(nonce);
        } else {
            world.leave(at, Stage::Over, rules);
        }
    });
}

impl World {
    /// Whether somebody renews the lease, or has yet to fill or to give it back.
    pub(crate) fn is_owned(&self, nonce: u8) -> bool {
        let is_armed = |flight: &Flight| flight.nonce == nonce && flight.armed;
        self.flights.iter().flatten().any(is_armed)
            || self.readers.iter().any(|reader| match reader.stage {
                Stage::Claiming { nonce: own, .. }
                | Stage::Filling { nonce: own, .. }
                | Stage::Releasing(own)
                | Stage::Parting { nonce: own, .. } => own == nonce,
                _ => false,
            })
            || self
                .writers
                .iter()
                .any(|writer| matches!(writer, Writer::Leased { nonce: own, .. } if *own == nonce))
    }

    fn drop_caller(&mut self, at: usize, rules: Rules) {
        let left = self.readers[at];
        self.leave(at, Stage::Over, rules);
        let wire = match left.stage {
            Stage::Claiming { answer: None, .. } => Wire::Claim,
            Stage::Filling { version, .. } => Wire::Fill(version),
            Stage::Claiming {
                answer: Some(Answer::Mine),
                ..
            }
            | Stage::Releasing(_) => Wire::Release,
            _ => return,
        };
        if let Stage::Claiming { nonce, .. }
        | Stage::Filling { nonce, .. }
        | Stage::Releasing(nonce) = left.stage
        {
            self.readers[at].stage = Stage::Parting { nonce, wire };
        }
        if matches!(left.stage, Stage::Claiming { .. }) {
            for other in &mut self.readers {
                if other.home == left.home && other.stage == (Stage::Queued { behind: true }) {
                    other.stage = Stage::Queued { behind: false };
                }
            }
        }
    }

    fn crash(&mut self, home: u8) {
        self.faults.crashes -= 1;
        for reader in &mut self.readers {
            if reader.home == home && reader.stage != Stage::Idle {
                reader.stage = Stage::Over;
            }
        }
        for flight in &mut self.flights {
            if flight.is_some_and(|flight| flight.home == home) {
                *flight = None;
            }
        }
        // Writers have no home; one that has committed and not yet deleted dies in some crash.
        for writer in &mut self.writers {
            *writer = match writer {
                Writer::Guarding(guarding) if guarding.committed.is_none() => continue,
                Writer::Guarding(guarding) if guarding.listed => Writer::Dead,
                Writer::Committed(_) | Writer::Guarding(_) | Writer::Leased { .. } => Writer::Over,
                _ => continue,
            };
            break;
        }
    }
}
