//! What must hold for any bytes from outside, said once: the tests try it on the corpus under `fuzz/corpus`, the fuzzers
//! on what they come up with.
//!
//! The modules under test are compiled in here from where they are. So neither the runtime nor the macros, which as a
//! crate of macros export nothing else, have a door for tests.

// The modules' own unit tests run where they belong.
#![cfg(not(test))]

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "a module of the runtime, which uses what is unused here"
)]
#[path = "../../../cached-redis-runtime/src/codec/mod.rs"]
mod codec;
#[allow(dead_code, unreachable_pub, reason = "a module of the runtime")]
#[path = "../../../cached-redis-runtime/src/error.rs"]
mod error;
#[allow(dead_code, reason = "a module of the macros")]
#[path = "../../../cached-redis-macros/src/parse/template.rs"]
mod template;
#[allow(dead_code, reason = "a module of the runtime")]
#[path = "../../../cached-redis-runtime/src/backend/redis/url/mod.rs"]
mod url;

mod check;

pub use check::{entry, key, payload, template, url};
