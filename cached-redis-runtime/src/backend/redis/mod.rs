//! `redis://`: a Redis or Valkey server of version 6.2 or newer.

mod connect;
mod deadline;
mod dial;
mod error;
mod link;
mod pipelined;
mod scripts;
mod sentinel;
mod setup;
mod source;
mod standalone;
mod supervisor;
mod tags;
#[cfg(feature = "tls-no-provider")]
mod tls;
mod tls_settings;
mod url;

pub(crate) use standalone::RedisStore;
pub(crate) use tls_settings::TlsSettings;
pub(crate) use url::deadline_of;
