//! What a store answers when it is examined: text as it came, and times. What it means is for the doctor to say.

use core::time::Duration;

use super::ServerInfo;
use crate::error::Error;

/// Where a cache has its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// `memory://`: in this process.
    Memory,
    /// On one server.
    Server,
    /// On the primary that sentinels name.
    Sentinel,
    /// On the primaries of a Redis Cluster.
    Cluster,
}

impl Place {
    /// One word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Server => "server",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
        }
    }
}

/// What came of an examination.
#[derive(Debug)]
pub(crate) struct Examination {
    pub(crate) place: Place,
    /// Those that hold entries, or should.
    pub(crate) nodes: Vec<Examined>,
    /// Every key has a node to go to.
    pub(crate) is_covered: bool,
}

impl Examination {
    /// A store in this process, which nobody has to be asked about.
    pub(crate) fn in_memory() -> Self {
        Self {
            place: Place::Memory,
            nodes: Vec::new(),
            is_covered: true,
        }
    }
}

/// One node.
#[derive(Debug)]
pub(crate) struct Examined {
    /// Where it is, without user and password.
    pub(crate) address: String,
    pub(crate) answers: Result<Answers, Error>,
}

/// What a node said.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "redis"),
    allow(dead_code, reason = "only servers are asked")
)]
pub(crate) struct Answers {
    pub(crate) server: ServerInfo,
    pub(crate) info: Result<String, Error>,
    /// The names of settings, and what `CONFIG GET` said. `None`: it does not know this one.
    pub(crate) settings: Vec<(&'static str, Result<Option<String>, Error>)>,
    /// How long each `GET` took.
    pub(crate) gets: Vec<Duration>,
    /// The next one was not answered.
    pub(crate) is_silent: bool,
}
