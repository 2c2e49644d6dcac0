//! Redis caching for async Rust functions, by attribute.
//!
//! `#[cache_aside]` above a reader and `#[cache_invalidate]` or `#[write_through]` above a writer put a Redis cache in
//! front of functions that stay as they are. This crate is what happens at run time, and re-exports the attributes.
//!
//! The [guide](https://docs.rs/cached-redis-runtime/latest/cached_redis_runtime/guide/index.html) goes through it by task: how to begin, which
//! pattern when, keys, consistency, failure, operations, testing, migration. It has a
//! [table of all arguments](https://docs.rs/cached-redis-runtime/latest/cached_redis_runtime/guide/arguments/index.html), too.
//!
//! - [`Cache`] is the handle: connect once, [`install`](Cache::install), and the annotated functions find it.
//! - [`CacheKey`] and [`KeyName`] are what stands in a key; [`Cacheable`] is what is stored; a [`KeyFamily`] names both.
//! - [`refresh`], [`bypass`] and [`inspect`] wrap a call of an annotated function; [`field_of`] reads one [`field!`] of a value that is
//!   kept by field (`layout = hash`); [`warm`] runs many calls before anybody needs their results.
//! - [`transaction`] keeps invalidations back until the commit.
//! - [`Cache::read_through`] is for what has no function of its own: one loader for all entries of a family.
//! - [`structures`] are those of Redis, with types: rankings, feeds, counters, counts of different things, rate limits.
//! - [`Stats`] says what the cache did, per key family. The feature `metrics` tells it to the recorder of the crate of that name, `tracing`
//!   opens spans around loads and waits.
//! - [`Cache::doctor`] asks the servers how they are set up and says what does not fit; [`doctor`] lists what it looks for.
//! - `catalogue()`, with the feature of that name, lists all annotated functions and checks their keys against each other.
//! - `test_util`, with the feature `test-util`, is a cache for tests: hits and misses as assertions, time that passes at once, outages.
//!
//! # Where Redis is
//!
//! [`Cache::builder`] lists the URLs: one server, a unix socket, the primary behind sentinels, a cluster, and all but the
//! socket by TLS too. The feature `tls` brings `ring`; `tls-no-provider` leaves the choice of cryptography to a program
//! that installs a rustls provider itself.
//!
//! # When Redis is down
//!
//! Annotated functions run their body and return what it returns. A call waits for the server for one deadline (100 ms) at most, all
//! its commands together, and the first that is not answered is its last; once two in a row were not, or the connection
//! broke, a call costs microseconds. Calls of one key that come while its body runs wait for its end and share the next. The
//! cache reconnects by itself. What a server that is late has not stored in time is stored in the background.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __rt;
mod backend;
mod cache;
#[cfg(feature = "catalogue")]
pub mod catalogue;
mod clock;
mod codec;
pub mod doctor;
mod engine;
mod error;
mod field;
mod flight;
#[doc(hidden)]
pub mod format;
// Pages to read, which are nothing at run time. They link to what these features bring.
#[cfg(all(
    any(doc, doctest),
    feature = "macros",
    feature = "redis",
    feature = "catalogue",
    feature = "test-util"
))]
pub mod guide;
mod key;
mod lease;
mod observe;
mod register;
#[doc(hidden)]
pub mod shape;
mod site;
mod size;
mod store;
mod sync;
mod ttl;

pub use cache::structures;
pub use cache::{
    Cache, CacheBuilder, Field, FieldOf, ReadThrough, Served, WarmUp, Warmed, bypass, field_of,
    inspect, refresh, transaction, warm,
};
#[cfg(feature = "catalogue")]
pub use catalogue::{Catalogue, catalogue};
pub use codec::{Cacheable, Format};
pub use error::{Error, ErrorKind};
pub use key::{CacheKey, Constructor, Key, KeyFamily, KeyName, KeyWriter, Loadable};
pub use observe::{Capabilities, FamilyStats, ServerInfo, Stats};
pub use shape::Returns;
pub use ttl::IntoTtl;

#[cfg(feature = "macros")]
pub use cached_redis_macros::{
    CacheKey, KeyName, cache_aside, cache_invalidate, key, key_family, write_through,
};

#[cfg(feature = "test-util")]
pub mod test_util {
    #![doc = include_str!("../docs/testing.md")]

    pub use crate::cache::{Outage, TestCache};
}

#[cfg(all(doctest, feature = "macros"))]
#[doc = include_str!("../../README.md")]
struct Readme;
