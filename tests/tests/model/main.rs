//! The protocol as a model, and a search through all that can happen in it.
//!
//! Where the other tests force one interleaving, these go through all of them, for a few callers, writers and faults.
//! The model is a copy of `engine/`, `flight/` and `lease/` by hand: whoever changes a decision there changes it here.
//! It proves nothing about the code; it says which decisions are right. `variants.rs` shows that it would notice:
//! each wrong decision leads to a state that is wrong, and the way there is printed.

mod batch;
mod callers;
mod faults;
mod flights;
mod guard;
mod moves;
mod ours;
mod properties;
mod reload;
mod rules;
mod search;
mod tags;
mod variants;
mod world;
mod writers;

use self::moves::{Actor, Label, Moves};
use self::properties::Property;
use self::rules::{Setup, Token};
use self::search::{Model, Move};
use self::world::{Slot, Stage, World, Writer};

impl Model for Setup {
    type State = World;
    type Label = Label;

    fn start(&self) -> World {
        World::start(self)
    }

    fn moves(&self, world: &World) -> Vec<Move<World, Label>> {
        let mut moves = Moves {
            from: world,
            actor: Actor::Fate,
            found: Vec::new(),
        };
        for (at, reader) in world.readers.iter().enumerate() {
            moves.actor = Actor::Caller {
                number: at,
                home: reader.home,
            };
            callers::moves(&mut moves, at, self.rules);
            faults::of_a_caller(&mut moves, at, self.rules);
        }
        for at in 0..world.writers.len() {
            moves.actor = Actor::Writer(at);
            writers::moves(&mut moves, at, self.rules);
        }
        faults::of_the_world(&mut moves);
        moves.found
    }

    fn canonical(&self, world: World) -> World {
        world.canonical(self.rules.token == Token::PerLoad)
    }

    fn breaks(&self, world: &World, property: Property) -> bool {
        match property {
            Property::NothingStaleAtRest => {
                matches!(world.slot, Slot::Value { version, .. } if version < world.deleted)
            }
            Property::NoStaleAnswer => world.stale_answer,
            Property::OneLoad => {
                let Slot::Lease(nonce) = world.slot else {
                    return false;
                };
                let loads = world.readers.iter();
                let loads = loads.filter(|reader| match reader.stage {
                    Stage::Body(own) | Stage::Filling { nonce: own, .. } => own == nonce,
                    _ => false,
                });
                loads.count() > 1
            }
            Property::NoForgottenLease => {
                let crashed = world.faults.crashes < self.faults.crashes;
                matches!(world.slot, Slot::Lease(nonce) if !crashed && !world.is_owned(nonce))
            }
            Property::NothingUnwanted => world.kept_zero,
            Property::NothingStaleAfterADeath
            | Property::Progress
            | Property::WaitsEmptyHanded
            | Property::OneReload => false,
        }
    }

    fn is_over(&self, world: &World) -> bool {
        let readers = &mut world.readers.iter();
        readers.all(|reader| reader.stage == Stage::Over)
            && world.writers.iter().all(|writer| *writer == Writer::Over)
    }
}
