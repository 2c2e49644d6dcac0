//! Functions as services have them, annotated. One source, compiled in every edition with all warnings denied, and run:
//! the first call runs the body, the second is a hit; after a write the next call runs the body again.
//!
//! Each file ends with its table. A function that stands in none is dead code, which is denied as well, and so is a
//! table that is not listed here.

#[macro_use]
mod check;

mod ahead;
mod arguments;
mod async_traits;
mod attributes;
mod batches;
mod bodies;
mod families;
mod futures;
mod generics;
mod macros;
mod native_traits;
mod receivers;
mod returns;
mod services;
mod shadowed;
mod tags;
mod through;
mod writes;

pub(crate) use self::check::{Shape, bodies, body, is_send, on_every_store};

/// The shapes that every edition compiles.
pub(crate) const SHAPES: &[&[Shape]] = &[
    ahead::SHAPES,
    arguments::SHAPES,
    async_traits::SHAPES,
    attributes::SHAPES,
    batches::SHAPES,
    bodies::SHAPES,
    families::SHAPES,
    futures::SHAPES,
    generics::SHAPES,
    macros::SHAPES,
    native_traits::SHAPES,
    receivers::SHAPES,
    returns::SHAPES,
    services::SHAPES,
    shadowed::checks::SHAPES,
    tags::SHAPES,
    through::SHAPES,
    writes::SHAPES,
];
