//! What the cache did, counted per family, and the few things worth saying aloud.

mod counters;
mod gauge;
mod server;
mod warn;

pub(crate) use counters::{Count, Counters};
pub use counters::{FamilyStats, Stats};
pub(crate) use gauge::Gauge;
pub use server::{Capabilities, ServerInfo};
pub(crate) use warn::warn;
