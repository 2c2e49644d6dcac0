//! The runtime's single flight, and how its connection is used and replaced, on the locks of [shuttle], which decides at
//! each of them who goes on.
//!
//! The modules under test are compiled in here from where they are. They name what is shared by `crate::sync`,
//! `tokio::sync` and `arc_swap`, and all of it is shuttle's here.

// The modules' own unit tests run where they belong.
#![cfg(not(test))]

extern crate self as arc_swap;
extern crate self as tokio;

mod clock;
#[allow(
    dead_code,
    unused_imports,
    reason = "a module of the runtime, which uses what is unused here"
)]
mod codec;
mod error;
#[allow(
    dead_code,
    unused_imports,
    reason = "a module of the runtime, which uses what is unused here"
)]
#[path = "../../../cached-redis-runtime/src/flight/mod.rs"]
mod flight;
#[allow(
    dead_code,
    reason = "a module of the runtime, which uses what is unused here"
)]
#[path = "../../../cached-redis-runtime/src/backend/redis/link.rs"]
mod link;
mod observe;
pub mod scenarios;
#[allow(
    dead_code,
    reason = "a module of the runtime, which uses what is unused here"
)]
mod site;
#[path = "../../../cached-redis-runtime/src/backend/redis/supervisor.rs"]
mod supervisor;
#[doc(hidden)]
pub mod sync;
#[doc(hidden)]
pub mod task;

#[doc(hidden)]
pub use sync::ArcSwapOption;
#[doc(hidden)]
pub use task as runtime;
