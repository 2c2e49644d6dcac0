//! The permits that flights carry.

#[path = "../../../cached-redis-runtime/src/site/limit.rs"]
mod limit;

pub(crate) use limit::{LoadLimit, LoadPermit};
