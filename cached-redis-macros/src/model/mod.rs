//! Meaning, already resolved: what the expansion reads.

pub(crate) mod ahead;
pub(crate) mod each;
pub(crate) mod family;
pub(crate) mod function;
pub(crate) mod key;
pub(crate) mod layout;
pub(crate) mod lock;
pub(crate) mod policy;
pub(crate) mod soft;
pub(crate) mod ttl;
pub(crate) mod value;
