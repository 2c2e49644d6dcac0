//! What may happen next.

use super::world::{LEASE, Load, Slot, Stage, World, Writer};
use super::{Keep, Register, Setup};
use crate::search::Move;

pub(super) struct Steps<'a> {
    from: &'a World,
    pub(super) found: Vec<Move<World, String>>,
}

impl<'a> From<&'a World> for Steps<'a> {
    fn from(from: &'a World) -> Self {
        let found = Vec::new();
        Self { from, found }
    }
}

impl Steps<'_> {
    pub(super) fn add(&mut self, label: String, change: impl FnOnce(&mut World)) {
        let mut to = self.from.clone();
        change(&mut to);
        let fault = false;
        self.found.push(Move { label, to, fault });
    }

    fn caller(&mut self, at: usize, does: &str, change: impl FnOnce(&mut World) -> Stage) {
        self.add(format!("R{at} {does}"), |world| {
            world.callers[at] = change(world);
        });
    }
}

impl Setup {
    pub(super) fn caller(&self, steps: &mut Steps<'_>, at: usize) {
        match steps.from.callers[at] {
            Stage::Over => {}
            Stage::Idle => self.looks(steps, at),
            Stage::Loading(load) => {
                self.loads(steps, at, load);
                steps.caller(at, "renews its lease", |world| {
                    world.renew_lease(at);
                    Stage::Loading(load)
                });
            }
            Stage::Filling {
                over,
                version,
                renews,
            } => {
                steps.caller(at, "fills", |world| {
                    world.fill(at, over, version, self.ttl);
                    Stage::Over
                });
                if renews {
                    steps.caller(at, "has renewed its lease", |world| {
                        world.renew_lease(at);
                        Stage::Filling {
                            over,
                            version,
                            renews: false,
                        }
                    });
                }
            }
        }
    }

    fn looks(&self, steps: &mut Steps<'_>, at: usize) {
        let load = |over| {
            Stage::Loading(Load {
                over,
                registered: None,
                version: None,
            })
        };
        match steps.from.slot {
            Slot::Value { of, .. } if self.refreshes && at == 0 => {
                steps.caller(at, "replaces", |_| load(of));
            }
            Slot::Value { .. } | Slot::Lease { .. } => {
                steps.caller(at, "does without", |_| Stage::Over);
            }
            Slot::Missing => steps.caller(at, "claims", |world| {
                world.slot = Slot::Lease {
                    of: at,
                    until: world.now + LEASE,
                };
                load(at)
            }),
        }
    }

    fn loads(&self, steps: &mut Steps<'_>, at: usize, load: Load) {
        let registered = |world: &mut World| {
            world.register(self.life(load.over != at));
            Stage::Loading(Load {
                registered: Some(world.now),
                ..load
            })
        };
        let reads_first = self.rules.register == Register::AfterReading;
        match (load.registered, load.version) {
            (None, None) if reads_first => reads(steps, at, load),
            (None, _) => steps.caller(at, "registers", registered),
            (Some(_), None) => reads(steps, at, load),
            (Some(latest), Some(version)) => {
                let keep = self.rules.keep;
                let in_time = steps.from.now - latest <= LEASE;
                if keep != Keep::Never && (in_time || keep == Keep::Unchecked) {
                    steps.caller(at, "registers again", registered);
                }
                if in_time || keep != Keep::Checked {
                    steps.caller(at, "sends its fill", |_| Stage::Filling {
                        over: load.over,
                        version,
                        renews: true,
                    });
                } else {
                    steps.caller(at, "stores nothing", |_| Stage::Over);
                }
            }
        }
    }

    pub(super) fn writer(&self, steps: &mut Steps<'_>, at: usize) {
        let writer = steps.from.writers[at];
        let mut add = |does: &str, change: &dyn Fn(&mut World) -> Writer| {
            steps.add(format!("W{at} {does}"), |world| {
                world.writers[at] = change(world);
            });
        };
        match writer {
            Writer::Over => {}
            Writer::Idle => add("commits", &|world| {
                world.source += 1;
                Writer::Committed(world.source)
            }),
            Writer::Committed(version) => add("reads the tag", &|world| {
                if world.member.is_some() {
                    return Writer::Found(version);
                }
                world.invalidated = world.invalidated.max(version);
                Writer::Over
            }),
            Writer::Found(version) => add("deletes the key", &|world| {
                world.slot = Slot::Missing;
                world.invalidated = world.invalidated.max(version);
                if self.rules.removes {
                    Writer::Deleted
                } else {
                    Writer::Over
                }
            }),
            Writer::Deleted => add("takes the key out of the tag", &|world| {
                world.member = None;
                Writer::Over
            }),
        }
    }
}

fn reads(steps: &mut Steps<'_>, at: usize, load: Load) {
    steps.caller(at, "reads", |world| {
        Stage::Loading(Load {
            version: Some(world.source),
            ..load
        })
    });
}
