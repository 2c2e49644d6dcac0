//! What needs two things side by side. Every check runs, and all messages are collected.

mod ahead;
pub(crate) mod declaration;
pub(crate) mod each;
pub(crate) mod family;
pub(crate) mod key;
pub(crate) mod layout;
pub(crate) mod lock;
mod per_value;
pub(crate) mod reader;
pub(crate) mod signature;
pub(crate) mod skip;
pub(crate) mod soft;
pub(crate) mod stacking;
pub(crate) mod tags;
pub(crate) mod template;
pub(crate) mod ttl;
pub(crate) mod unused;
pub(crate) mod value;
