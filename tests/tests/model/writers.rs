//! What a writer does next, as `engine/invalidate.rs` has it.

use crate::moves::Moves;
use crate::rules::{Delete, Rules};
use crate::world::{Slot, Version, World, Writer};

pub(crate) fn moves(moves: &mut Moves<'_>, at: usize, rules: Rules) {
    match moves.from.writers[at] {
        Writer::Idle if rules.delete == Delete::AfterCommit => commit(moves, at),
        Writer::Idle => moves.add("deletes the key", |world| {
            world.delete();
            world.writers[at] = Writer::Deleted;
        }),
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
        Writer::Over => {}
    }
}

fn commit(moves: &mut Moves<'_>, at: usize) {
    moves.add("commits", |world| {
        world.source += 1;
        world.writers[at] = Writer::Committed(world.source);
    });
}

impl World {
    fn delete(&mut self) {
        self.slot = Slot::Missing;
        self.deleted = self.source;
    }

    fn returns(&mut self, at: usize, version: Version) {
        self.returned = self.returned.max(version);
        self.writers[at] = Writer::Over;
    }
}
