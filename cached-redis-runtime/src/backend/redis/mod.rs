//! `redis://`: a Redis or Valkey server of version 6.2 or newer.

mod connect;
mod deadline;
mod error;
mod link;
mod pipelined;
mod scripts;
mod standalone;
mod supervisor;
mod tags;
mod url;

pub(crate) use standalone::RedisStore;
