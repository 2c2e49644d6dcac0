//! What a caller of a cached function does next, as `engine/plan.rs` and `engine/fill.rs` have it.
//!
//! A command is carried out in one step and its reply acted on in another, so that anything may come between. Waiting
//! has no end here: a caller whose patience ends runs its body for itself alone, which is always right and would hide
//! those who wait in vain.

use crate::moves::Moves;
use crate::rules::{Fill, Join, Late, Retry, Rules, Share, Token, Unlocked, Zero};
use crate::world::{Answer, Nonce, Slot, Stage, Verdict, Version, Wire, World};

pub(crate) fn moves(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    let reader = moves.from.readers[at];
    let slot = moves.from.slot;
    match reader.stage {
        Stage::Idle => moves.add("begins and reads the key", |world| {
            world.readers[at].floor = world.returned;
            world.readers[at].stage = Stage::Seen(slot);
        }),
        Stage::Seen(seen) => act_on(moves, at, seen, rules),
        Stage::Queued { .. } => queued(moves, at, rules),
        Stage::Claiming { nonce, answer } => claiming(moves, at, nonce, answer, rules),
        Stage::Told(nonce) => told(moves, at, nonce, rules),
        Stage::Aboard(nonce) => aboard(moves, at, nonce, rules),
        Stage::Polling { nonce, saw } => polling(moves, at, nonce, saw, rules),
        // One step: who comes aboard in between gets the same, and a body dropped in between is one that never read.
        Stage::Body(nonce) => moves.add("reads the source and tells those aboard", |world| {
            let version = world.source;
            world.end(at, nonce, Verdict::Entry(version));
            let stage = match rules.zero {
                _ if reader.keeps => Stage::Filling { nonce, version },
                Zero::Stored => Stage::Filling { nonce, version },
                // It returns what it has read itself, which is always right.
                Zero::NotStored | Zero::DeletesAll => Stage::Releasing(nonce),
                Zero::LeaseLeft => return world.leave(at, Stage::Over, rules),
            };
            world.readers[at].stage = stage;
        }),
        Stage::Filling { nonce, version } => filling(moves, at, nonce, version, rules),
        Stage::Releasing(nonce) => moves.add("gives the lease back", |world| {
            world.release(nonce);
            world.leave(at, Stage::Over, rules);
        }),
        Stage::Uncached => moves.add("reads the source and returns", |world| {
            world.answer(at, world.source);
        }),
        Stage::Replacing(over) => moves.add("reads the source", |world| {
            let version = world.source;
            world.readers[at].stage = Stage::Storing { over, version };
        }),
        Stage::Storing { over, version } if reader.keeps || rules.zero == Zero::Stored => {
            moves.add("stores and returns", |world| {
                if world.is_replaced(over, rules) {
                    let nonce = world.fresh();
                    world.slot = Slot::Value { nonce, version };
                    world.kept_zero |= !reader.keeps;
                }
                world.answer(at, version);
            });
        }
        // The source has answered: what was there is out of date.
        Stage::Storing { over, version } => moves.add("deletes what it was to replace", |world| {
            if rules.zero == Zero::DeletesAll || world.slot.nonce() == over.nonce() {
                world.delete();
            }
            world.answer(at, version);
        }),
        Stage::Parting { nonce, wire } => parting(moves, at, nonce, wire, rules),
        Stage::Over => {}
    }
}

fn act_on(moves: &mut Moves<'_>, at: usize, seen: Slot, rules: Rules) {
    let reader = moves.from.readers[at];
    let under_way = match rules.join {
        Join::ByNonce => None,
        Join::ByKey => moves.from.any_load(reader.home),
    };
    match seen {
        Slot::Missing if rules.fill == Fill::Always => {
            moves.stage(at, "found nothing", Stage::Replacing(seen));
        }
        Slot::Guard => moves.stage(at, "sees a writer at work", Stage::Uncached),
        _ if reader.refreshes && seen != Slot::Missing => {
            moves.stage(at, "is to replace it", Stage::Replacing(seen));
        }
        Slot::Value { version, .. } => moves.add("returns what it found", |world| {
            world.answer(at, version);
        }),
        Slot::Missing | Slot::Lease(_) if under_way.is_some() => {
            let nonce = under_way.unwrap_or_default();
            moves.stage(at, "joins the load for its key", Stage::Aboard(nonce));
        }
        Slot::Missing => {
            moves.stage(at, "found nothing", Stage::Queued { behind: false });
        }
        Slot::Lease(nonce) if !reader.waits => unlocked(moves, at, nonce, rules),
        Slot::Lease(nonce) => moves.add("boards the flight of the lease", |world| {
            world.board(at, nonce);
        }),
    }
}

/// Another's lease is not waited for.
fn unlocked(moves: &mut Moves<'_>, at: usize, nonce: Nonce, rules: Rules) {
    match rules.unlocked {
        Unlocked::NotStored => moves.stage(at, "loads and does not store", Stage::Uncached),
        Unlocked::Stored => {
            moves.stage(at, "loads to store", Stage::Replacing(Slot::Lease(nonce)));
        }
        Unlocked::StoredForTheOwner => moves.add("loads to fill the lease", |world| {
            world.with_flight(world.readers[at].home, nonce, |_| {});
            world.readers[at].stage = Stage::Body(nonce);
        }),
    }
}

fn queued(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    let home = moves.from.readers[at].home;
    let mut readers = moves.from.readers.iter();
    let is_taken =
        readers.any(|other| other.home == home && matches!(other.stage, Stage::Claiming { .. }));
    if is_taken {
        return;
    }
    moves.add("opens a flight and sends its claim", |world| {
        let nonce = match rules.token {
            Token::PerLoad => world.fresh(),
            Token::PerProcess => home,
        };
        world.with_flight(home, nonce, |flight| flight.turn_is_free = false);
        let answer = None;
        world.readers[at].stage = Stage::Claiming { nonce, answer };
        for other in &mut world.readers {
            if other.home == home && matches!(other.stage, Stage::Queued { .. }) {
                other.stage = Stage::Queued { behind: true };
            }
        }
    });
}

fn claiming(moves: &mut Moves<'_>, at: usize, nonce: Nonce, answer: Option<Answer>, rules: Rules) {
    let home = moves.from.readers[at].home;
    let Some(answer) = answer else {
        moves.add("its claim is carried out", |world| {
            let answer = Some(world.claim(nonce));
            world.readers[at].stage = Stage::Claiming { nonce, answer };
        });
        moves.lost_reply("its claim is carried out, the reply is lost", |world| {
            let answer = world.claim(nonce);
            if rules.retry == Retry::Never {
                world.give_up_claim(at, answer, nonce, rules);
            }
        });
        return;
    };
    moves.add("gets the claim's reply", |world| {
        let news = match answer {
            Answer::Mine => {
                world.with_flight(home, nonce, |flight| flight.armed = true);
                world.readers[at].stage = Stage::Body(nonce);
                Stage::Told(nonce)
            }
            Answer::Other(slot) => {
                world.leave(at, Stage::Seen(slot), rules);
                Stage::Seen(slot)
            }
        };
        for other in &mut world.readers {
            let Stage::Queued { behind } = other.stage else {
                continue;
            };
            if other.home == home && (behind || rules.share == Share::AnyReply) {
                other.stage = news;
            }
        }
    });
}

fn told(moves: &mut Moves<'_>, at: usize, nonce: Nonce, rules: Rules) {
    let world = moves.from;
    if world.flight(world.readers[at].home, nonce).is_some() {
        if !world.readers[at].waits {
            return unlocked(moves, at, nonce, rules);
        }
        moves.stage(at, "boards its neighbour's flight", Stage::Aboard(nonce));
    } else {
        moves.stage(
            at,
            "is late for its neighbour: reads the key",
            Stage::Seen(world.slot),
        );
    }
}

fn aboard(moves: &mut Moves<'_>, at: usize, nonce: Nonce, rules: Rules) {
    let world = moves.from;
    let home = world.readers[at].home;
    let Some(flight) = world.flight(home, nonce) else {
        return;
    };
    match flight.verdict {
        Some(Verdict::Entry(version)) => moves.add("returns what the flight brought", |world| {
            world.leave(at, Stage::Over, rules);
            world.answer(at, version);
        }),
        Some(Verdict::Over) => moves.add("starts over: reads the key", |world| {
            world.leave(at, Stage::Seen(world.slot), rules);
        }),
        Some(Verdict::Alone) => moves.add("is told to load for itself", |world| {
            world.leave(at, Stage::Uncached, rules);
        }),
        None if flight.turn_is_free => moves.add("has the turn", |world| {
            world.with_flight(home, nonce, |flight| flight.turn_is_free = false);
            world.readers[at].stage = if flight.armed {
                Stage::Body(nonce)
            } else {
                Stage::Polling { nonce, saw: None }
            };
        }),
        None => {}
    }
}

fn polling(moves: &mut Moves<'_>, at: usize, nonce: Nonce, saw: Option<Slot>, rules: Rules) {
    let slot = moves.from.slot;
    match saw {
        // Nothing new: the same look once more.
        None if slot == Slot::Lease(nonce) => {}
        None => {
            let saw = Some(slot);
            moves.stage(at, "polls", Stage::Polling { nonce, saw });
        }
        Some(Slot::Value { version, .. }) => {
            moves.add("tells those aboard what it saw, and returns it", |world| {
                world.end(at, nonce, Verdict::Entry(version));
                world.leave(at, Stage::Over, rules);
                world.answer(at, version);
            });
        }
        Some(seen) => moves.add("tells those aboard that the lease is gone", |world| {
            world.end(at, nonce, Verdict::Over);
            world.leave(at, Stage::Seen(seen), rules);
        }),
    }
}

fn filling(moves: &mut Moves<'_>, at: usize, nonce: Nonce, version: Version, rules: Rules) {
    let keeps = moves.from.readers[at].keeps;
    moves.add("its fill is carried out, and it returns", |world| {
        world.kept_zero |= !keeps && world.slot.nonce() == Some(nonce);
        world.fill(nonce, version, rules);
        world.leave(at, Stage::Over, rules);
        world.answer(at, version);
    });
    moves.lost_reply("its fill is carried out, the reply is lost", |world| {
        world.fill(nonce, version, rules);
    });
}

fn parting(moves: &mut Moves<'_>, at: usize, nonce: Nonce, wire: Wire, rules: Rules) {
    moves.add(
        "is gone; what it left on the wire is carried out",
        |world| {
            match wire {
                Wire::Claim => drop(world.claim(nonce)),
                Wire::Fill(version) => world.fill(nonce, version, rules),
                Wire::Release => world.release(nonce),
            }
            world.readers[at].stage = match wire {
                Wire::Release => Stage::Over,
                Wire::Claim | Wire::Fill(_) => Stage::Parting {
                    nonce,
                    wire: Wire::Release,
                },
            };
        },
    );
}

impl World {
    pub(crate) fn answer(&mut self, at: usize, version: Version) {
        let reader = &mut self.readers[at];
        self.stale_answer |= version < reader.floor;
        reader.floor = 0;
        reader.stage = Stage::Over;
    }

    fn board(&mut self, at: usize, nonce: Nonce) {
        self.with_flight(self.readers[at].home, nonce, |_| {});
        self.readers[at].stage = Stage::Aboard(nonce);
    }

    fn claim(&mut self, nonce: Nonce) -> Answer {
        match self.slot {
            Slot::Missing => {
                self.slot = Slot::Lease(nonce);
                Answer::Mine
            }
            Slot::Lease(own) if own == nonce => Answer::Mine,
            other => Answer::Other(other),
        }
    }

    /// The caller and those behind it in the lane load for themselves. The caller's own body, which is always right, is
    /// left out; what it may have claimed it gives back in the background.
    fn give_up_claim(&mut self, at: usize, answer: Answer, nonce: Nonce, rules: Rules) {
        self.leave(at, Stage::Over, rules);
        if answer == Answer::Mine {
            let wire = Wire::Release;
            self.readers[at].stage = Stage::Parting { nonce, wire };
        }
        let home = self.readers[at].home;
        for other in &mut self.readers {
            if other.home == home && other.stage == (Stage::Queued { behind: true }) {
                other.stage = Stage::Uncached;
            }
        }
    }

    fn fill(&mut self, nonce: Nonce, version: Version, rules: Rules) {
        let is_late = self.slot == Slot::Missing && rules.late == Late::StoresIfMissing;
        if is_late || self.slot.nonce() == Some(nonce) {
            self.slot = Slot::Value { nonce, version };
        }
    }

    pub(crate) fn release(&mut self, nonce: Nonce) {
        if self.slot == Slot::Lease(nonce) {
            self.slot = Slot::Missing;
        }
    }

    fn is_replaced(&self, over: Slot, rules: Rules) -> bool {
        /// A write and its undoing: every other version looks the same.
        fn content(slot: Slot) -> Option<Version> {
            match slot {
                Slot::Value { version, .. } => Some(version % 2),
                _ => None,
            }
        }
        match rules.fill {
            Fill::Always => true,
            Fill::IfNonce
                if matches!(over, Slot::Lease(_)) && rules.unlocked == Unlocked::Stored =>
            {
                true
            }
            Fill::IfNonce => over.nonce().is_some() && self.slot.nonce() == over.nonce(),
            Fill::IfContent => content(over).is_some() && content(self.slot) == content(over),
        }
    }
}
