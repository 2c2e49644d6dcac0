//! What the cache did, counted per family, and the few things worth saying aloud.

mod counters;
mod gauge;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
mod server;
mod trace;
mod warn;

pub(crate) use counters::{Count, Counters};
pub use counters::{FamilyStats, Stats};
pub(crate) use gauge::Gauge;
pub use server::{Capabilities, ServerInfo};
pub(crate) use trace::Trace;
pub(crate) use warn::warn;
