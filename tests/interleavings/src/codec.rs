//! The nonces that flights are named by.

#[path = "../../../cached-redis-runtime/src/codec/envelope.rs"]
mod envelope;
#[path = "../../../cached-redis-runtime/src/codec/guard.rs"]
mod guard;

pub(crate) use envelope::Nonce;
