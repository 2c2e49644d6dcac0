//! Redis caching for async Rust functions, by attribute.
//!
//! [`macro@cache_aside`] above a reader and [`macro@cache_invalidate`] above a writer put a Redis cache in front of
//! functions that stay as they are. This crate is what happens at run time, and re-exports the attributes.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __rt;
mod backend;
mod cache;
mod clock;
mod codec;
mod engine;
mod error;
mod flight;
#[doc(hidden)]
pub mod format;
mod key;
mod lease;
mod observe;
#[doc(hidden)]
pub mod shape;
mod site;
mod store;
mod sync;
mod ttl;

pub use cache::{Cache, CacheBuilder, Served, bypass, inspect, refresh};
pub use codec::{Cacheable, Format};
pub use error::{Error, ErrorKind};
pub use key::{CacheKey, Key, KeyName, KeyWriter};
pub use observe::{FamilyStats, Stats};

#[cfg(feature = "macros")]
pub use cached_redis_macros::{CacheKey, KeyName, cache_aside, cache_invalidate, key};
