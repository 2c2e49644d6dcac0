//! Collecting what may happen next in a world.

use core::fmt;

use crate::search::Move;
use crate::world::{Stage, World};

/// Who.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Actor {
    Caller { number: usize, home: u8 },
    Writer(usize),
    Fate,
}

/// Who does what.
pub(crate) struct Label {
    actor: Actor,
    does: &'static str,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.actor {
            Actor::Caller { number, home } => format!("R{number}@P{home} {}", self.does),
            Actor::Writer(number) => format!("W{number} {}", self.does),
            Actor::Fate => format!("-- {}", self.does),
        };
        f.pad(&text)
    }
}

pub(crate) struct Moves<'a> {
    pub(crate) from: &'a World,
    pub(crate) actor: Actor,
    pub(crate) found: Vec<Move<World, Label>>,
}

impl Moves<'_> {
    pub(crate) fn add(&mut self, does: &'static str, change: impl FnOnce(&mut World)) {
        self.push(does, false, change);
    }

    pub(crate) fn stage(&mut self, at: usize, does: &'static str, stage: Stage) {
        self.add(does, |world| world.readers[at].stage = stage);
    }

    pub(crate) fn fault(&mut self, does: &'static str, change: impl FnOnce(&mut World)) {
        self.push(does, true, change);
    }

    /// The sender does not move: it sends the same again.
    pub(crate) fn lost_reply(&mut self, does: &'static str, change: impl FnOnce(&mut World)) {
        if self.from.faults.lost_replies > 0 {
            self.fault(does, |world| {
                world.faults.lost_replies -= 1;
                change(world);
            });
        }
    }

    fn push(&mut self, does: &'static str, fault: bool, change: impl FnOnce(&mut World)) {
        let mut to = self.from.clone();
        change(&mut to);
        self.found.push(Move {
            label: Label {
                actor: self.actor,
                does,
            },
            to,
            fault,
        });
    }
}
