//! `redis://` and `redis-cluster://`: Redis or Valkey servers of version 6.2 or newer.

mod claims;
mod cluster;
mod confirm;
mod connect;
mod connected;
mod convoy;
mod deadline;
mod dial;
mod error;
mod examine;
mod hash_scripts;
mod hashes;
mod link;
mod pieces;
mod pipelined;
mod place;
mod policy;
mod probe;
mod reading;
mod route;
mod scripts;
mod sentinel;
mod server;
mod setup;
mod source;
mod steps;
mod structures;
mod supervisor;
mod tags;
#[cfg(feature = "tls-no-provider")]
mod tls;
mod tls_settings;
mod together;
mod url;
mod wire;

pub(crate) use confirm::Quorum;
pub(crate) use steps::{RedisStore, Settings};
pub(crate) use tls_settings::TlsSettings;
pub(crate) use url::deadline_of;
