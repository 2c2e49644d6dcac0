//! The stores: `memory://` in this process, and Redis.

pub(crate) mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
