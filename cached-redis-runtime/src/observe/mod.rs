//! What the cache did, counted per family, and the few things worth saying aloud.

mod counters;
mod examined;
mod gauge;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
mod server;
mod trace;
mod warn;

pub(crate) use counters::{Count, Counters};
pub use counters::{FamilyStats, Stats};
pub use examined::Place;
pub(crate) use examined::{Answers, Examination, Examined};
pub(crate) use gauge::Gauge;
pub use server::{Capabilities, ServerInfo};
pub(crate) use trace::Trace;
pub(crate) use warn::warn;
