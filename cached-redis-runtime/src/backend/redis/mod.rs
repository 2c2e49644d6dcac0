//! `redis://`: a Redis or Valkey server of version 6.2 or newer.

mod connect;
mod deadline;
mod dial;
mod error;
mod link;
mod pipelined;
mod scripts;
mod sentinel;
mod source;
mod standalone;
mod supervisor;
mod tags;
mod url;

pub(crate) use standalone::RedisStore;
