//! The layout of a type as serde reports it, for the formats whose bytes say nothing about it.
//!
//! `T::deserialize` is run on a deserializer that has no data: it notes what it is asked for, and answers with
//! plain values, so that the type goes on asking. An enum shows one variant at a time, so the run is repeated until
//! each was seen; where an implementation refuses a plain value (an empty URL), the next run begins with another field.
//!
//! What is noted are facts, "at this place a struct `User` of these fields": a set of them does not depend on the
//! order of the runs. The result is the same in each process, and the work is bounded. A type that hides its layout from this
//! survey (it refuses everything) is what `version` is for.

mod probe;

use std::any::type_name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::{DeserializeOwned, Error, Visitor};

use self::probe::{ByName, InOrder, Variant};
use super::tag::Fnv;

const RUNS: usize = 512;
const PLACES: usize = 50_000;
const DEPTH: usize = 64;

/// A number that changes with the layout of `T`.
pub(super) fn of<T: DeserializeOwned>() -> u64 {
    let mut survey = Survey::default();
    for _ in 0..RUNS {
        survey.path_types.clear();
        let probe = Probe {
            survey: &mut survey,
            at: Place {
                path: Fnv::new(),
                depth: 0,
                quiet: false,
            },
        };
        // A `Deserialize` of the user's may panic on values that it never meets, or its `Drop` may.
        let _ = catch_unwind(AssertUnwindSafe(|| T::deserialize(probe).is_ok()));
        if survey.is_complete() {
            break;
        }
    }
    survey
        .facts
        .iter()
        .fold(Fnv::new(), |hash, &fact| hash.bytes(&fact.to_be_bytes()))
        .finish()
}

/// What is known after the runs so far.
#[derive(Default)]
struct Survey {
    facts: BTreeSet<u64>,
    places: usize,
    /// By path: what to try at this place in the next run.
    structs: BTreeMap<u64, Fields>,
    enums: BTreeMap<u64, Variants>,
    /// Options, sequences and maps whose content was refused the last time, and that stay empty this time.
    refused: BTreeSet<u64>,
    /// The visitors around the current place, to notice a type inside itself.
    path_types: Vec<&'static str>,
    /// By visitor: a variant that could be built, for an enum inside itself.
    buildable: BTreeMap<&'static str, usize>,
}

struct Fields {
    count: usize,
    tries: usize,
    built: bool,
}

struct Variants {
    count: usize,
    tries: usize,
    refused: bool,
}

impl Survey {
    fn is_complete(&self) -> bool {
        self.places >= PLACES
            || self
                .structs
                .values()
                .all(|fields| fields.built || fields.tries > fields.count)
                && self.enums.values().all(|variants| {
                    let cycles = if variants.refused { 3 } else { 1 };
                    variants.tries >= cycles * variants.count
                })
    }
}

/// A place in the layout: the way from the root to it.
#[derive(Clone, Copy)]
struct Place {
    path: Fnv,
    depth: usize,
    /// Inside a type that is inside itself: nothing new is to be seen here, and a value is all that is needed.
    quiet: bool,
}

impl Place {
    fn below(self, step: &str) -> Self {
        Self {
            path: self.path.text(step),
            depth: self.depth + 1,
            ..self
        }
    }
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl Error for Refused {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self
    }
}

struct Probe<'s> {
    survey: &'s mut Survey,
    at: Place,
}

impl Probe<'_> {
    fn at(&mut self, at: Place) -> Probe<'_> {
        Probe {
            survey: self.survey,
            at,
        }
    }

    fn below(&mut self, step: &str) -> Probe<'_> {
        let at = self.at.below(step);
        self.at(at)
    }

    /// Notes what stands at this place.
    fn note(&mut self, kind: &str, name: &str, parts: &[&str]) -> Result<(), Refused> {
        self.survey.places += 1;
        if self.survey.places > PLACES || self.at.depth > DEPTH {
            return Err(Refused);
        }
        if !self.at.quiet {
            let fact = self.at.path.bytes(b"\xFE").text(kind).text(name);
            self.survey.facts.insert(
                parts
                    .iter()
                    .fold(fact, |fact, part| fact.text(part))
                    .finish(),
            );
        }
        Ok(())
    }

    /// Whether an option, sequence or map gets a content in this run.
    fn is_filled(&mut self) -> bool {
        !self.at.quiet && !self.survey.refused.remove(&self.at.path.finish())
    }

    /// Runs what visits the content, and remembers where it was refused.
    fn fill<R>(
        &mut self,
        visit: impl FnOnce(&mut Self) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        let result = visit(self);
        if result.is_err() {
            self.survey.refused.insert(self.at.path.finish());
        }
        result
    }

    /// Runs `visit` with the type of this visitor marked as being around.
    fn inside<V, R>(
        &mut self,
        visit: impl FnOnce(&mut Self) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        let name = type_name::<V>();
        self.at.quiet |= self.survey.path_types.contains(&name);
        self.survey.path_types.push(name);
        let result = visit(self);
        self.survey.path_types.pop();
        result
    }

    /// Fields in their order first, as the formats have them; after a refusal by name, from another one each time.
    fn visit_fields<'de, V: Visitor<'de>>(
        &mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        if self.at.quiet {
            return visitor.visit_seq(InOrder {
                probe: self.at(self.at),
                names: fields,
                len: fields.len(),
                next: 0,
            });
        }
        let path = self.at.path.finish();
        let state = self.survey.structs.entry(path).or_insert(Fields {
            count: fields.len(),
            tries: 0,
            built: false,
        });
        let (first, again) = (
            state.tries.saturating_sub(1),
            state.tries > 0 && !state.built,
        );
        state.tries += 1;
        let result = if again {
            visitor.visit_map(ByName {
                probe: self.at(self.at),
                fields,
                first,
                next: 0,
            })
        } else {
            visitor.visit_seq(InOrder {
                probe: self.at(self.at),
                names: fields,
                len: fields.len(),
                next: 0,
            })
        };
        if result.is_ok()
            && let Some(state) = self.survey.structs.get_mut(&path)
        {
            state.built = true;
        }
        result
    }

    fn visit_items<'de, V: Visitor<'de>>(
        &mut self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_seq(InOrder {
            probe: self.at(self.at),
            names: &[],
            len,
            next: 0,
        })
    }

    fn visit_variants<'de, V: Visitor<'de>>(
        &mut self,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let count = variants.len().max(1);
        if self.at.quiet {
            let known = self.survey.buildable.get(type_name::<V>());
            let index = known.map_or(self.survey.places % count, |&index| index);
            return visitor.visit_enum(Variant {
                probe: self.at(self.at),
                variants,
                index,
            });
        }
        let path = self.at.path.finish();
        let state = self.survey.enums.entry(path).or_insert(Variants {
            count,
            tries: 0,
            refused: false,
        });
        let index = state.tries % count;
        state.tries += 1;
        let result = visitor.visit_enum(Variant {
            probe: self.at(self.at),
            variants,
            index,
        });
        if result.is_ok() {
            self.survey
                .buildable
                .entry(type_name::<V>())
                .or_insert(index);
        } else if let Some(state) = self.survey.enums.get_mut(&path) {
            state.refused = true;
        }
        result
    }
}

#[cfg(test)]
mod tests;
