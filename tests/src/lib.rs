//! The harness of the tests: real servers, gates instead of sleeps, second processes.
//!
//! - [`Server`]: a `redis-server` of one's own on a free loopback port, killed when it goes out of scope.
//! - [`Sentinels`]: a primary, a replica and those who put the one in the other's place.
//! - [`TlsServer`]: the server on a port with TLS as well, with a certificate by an [`Authority`] of the test's own.
//! - [`Cluster`]: three primaries with a replica each, whose slots can be moved and whose nodes can fail.
//! - [`Clog`]: a way to a server on which large messages get stuck.
//! - [`Postgres`]: a database server of one's own, where PostgreSQL is installed.
//! - [`Gate`] and [`CountingLoader`]: hold a load at the interesting moment and count how often it ran.
//! - [`ChildProcess`] and [`Role`]: run a part of the test in another process, which a test may kill.
//! - [`eventually`]: wait for what is visible only from outside.
//!
//! Nothing here knows the crates under test, so their benchmarks can use it as well.

#![allow(
    clippy::missing_panics_doc,
    reason = "a harness has one way to report that the machine does not do what it must: it panics"
)]

mod child;
mod clock;
mod clog;
mod gate;
mod loader;
mod port;
mod scratch;
mod server;
mod table;

pub use self::child::{ChildProcess, Role};
pub use self::clock::{Stopwatch, eventually, eventually_blocking, pause};
pub use self::clog::Clog;
pub use self::gate::Gate;
pub use self::loader::CountingLoader;
pub use self::scratch::ScratchDir;
pub use self::server::{
    Authority, Cluster, ClusterBuilder, Nodes, Pair, Postgres, Sentinels, SentinelsBuilder, Server,
    ServerBuilder, TlsSentinel, TlsServer,
};
pub use self::table::Table;
