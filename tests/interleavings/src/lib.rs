//! The runtime's single flight on the locks of [shuttle], which decides at each of them who goes on.
//!
//! The modules under test are compiled in here from where they are. They name locks by `crate::sync` and semaphores by
//! `tokio::sync`, and both are shuttle's here.

// The modules' own unit tests run where they belong.
#![cfg(not(test))]

extern crate self as tokio;

#[allow(
    dead_code,
    unused_imports,
    reason = "a module of the runtime, which uses what is unused here"
)]
mod codec;
#[allow(
    dead_code,
    unused_imports,
    reason = "a module of the runtime, which uses what is unused here"
)]
#[path = "../../../cached-redis-runtime/src/flight/mod.rs"]
mod flight;
mod observe;
pub mod scenarios;
#[allow(
    dead_code,
    reason = "a module of the runtime, which uses what is unused here"
)]
mod site;
#[doc(hidden)]
pub mod sync;
