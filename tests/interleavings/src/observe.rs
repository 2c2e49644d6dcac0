//! What the modules under test count.

#[path = "../../../cached-redis-runtime/src/observe/gauge.rs"]
mod gauge;

pub(crate) use gauge::Gauge;
