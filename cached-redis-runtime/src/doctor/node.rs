//! What is known of one server.

use core::time::Duration;

use super::info;
use super::text::plain;
use super::unread::Unread;
use crate::error::Error;
use crate::observe::{Answers, Examined, ServerInfo};

/// What one server said about itself. `None` is what it did not say, or what the user may not ask.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// Where it is, without user and password.
    pub address: String,
    /// What it calls itself and can do. `None` if it could not be asked.
    pub server: Option<ServerInfo>,
    /// Bytes in use.
    pub used_memory: Option<u64>,
    /// How many it may use; 0 is no limit.
    pub max_memory: Option<u64>,
    /// How many its machine has.
    pub system_memory: Option<u64>,
    /// `maxmemory-policy`.
    pub policy: Option<String>,
    /// Keys, in all databases.
    pub keys: Option<u64>,
    /// How many of them never expire.
    pub keys_without_ttl: Option<u64>,
    /// Keys that were removed for want of memory, since it was started or its counters reset.
    pub evicted_keys: Option<u64>,
    /// Keys that reached the end of their TTL, since then.
    pub expired_keys: Option<u64>,
    /// Keys that were looked up and found, by whomever, since then.
    pub hits: Option<u64>,
    /// Keys that were looked up and not found, since then.
    pub misses: Option<u64>,
    /// Whether it appends each write to a file.
    pub aof: Option<bool>,
    /// Whether it writes a snapshot to disk now and then.
    pub rdb: Option<bool>,
    /// Whether the last attempt to do so failed.
    pub saving_fails: Option<bool>,
    /// Whether it is a replica.
    pub is_replica: Option<bool>,
    /// Of a replica, whether it is connected to its primary.
    pub has_primary: Option<bool>,
    /// How many replicas are connected to it.
    pub replicas: Option<u64>,
    /// How many clients are connected to it.
    pub clients: Option<u64>,
    /// How many may be.
    pub max_clients: Option<u64>,
    /// After how many seconds a client that says nothing is disconnected; 0 is never.
    pub idle_timeout: Option<u64>,
    /// How often, in seconds, the other end of a quiet connection is asked for a sign of life; 0 is never.
    pub keepalive: Option<u64>,
    /// How long it takes to answer a `GET`, from this process. `None` if not one was answered.
    pub latency: Option<Latency>,
}

/// How long a few dozen `GET`s of a missing key took, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// Half of them took no longer.
    pub median: Duration,
    /// The slowest took this long.
    pub worst: Duration,
    /// How many there were.
    pub count: usize,
}

/// What was found out about a node: what it said, or why it could not be asked.
pub(super) struct Visit {
    pub(super) node: Node,
    pub(super) unread: Vec<Unread>,
    pub(super) unreachable: Option<Error>,
    /// A `GET` was not answered.
    pub(super) is_silent: bool,
}

impl Visit {
    pub(super) fn read(examined: Examined) -> Self {
        let mut visit = Self {
            node: Node {
                address: plain(&examined.address),
                ..Node::default()
            },
            unread: Vec::new(),
            unreachable: None,
            is_silent: false,
        };
        match examined.answers {
            Ok(answers) => visit.take(answers),
            Err(error) => visit.unreachable = Some(error),
        }
        visit
    }

    fn take(&mut self, answers: Answers) {
        let node = &mut self.node;
        node.server = Some(ServerInfo {
            kind: plain(&answers.server.kind),
            version: plain(&answers.server.version),
            role: plain(&answers.server.role),
            ..answers.server
        });
        let mut refusal = None;
        for (name, value) in answers.settings {
            match value {
                Ok(Some(value)) => info::setting(node, name, &value),
                Ok(None) => {}
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        // What it is doing says more than what it was told to do.
        let info = answers.info.map(|text| info::read(node, &text));
        node.latency = Latency::of(answers.gets);
        self.unread.extend(Unread::info(node, info.err()));
        self.unread.extend(Unread::settings(node, refusal));
        self.is_silent = answers.is_silent;
    }
}

impl Latency {
    fn of(mut gets: Vec<Duration>) -> Option<Self> {
        gets.sort_unstable();
        Some(Self {
            median: *gets.get(gets.len() / 2)?,
            worst: *gets.last()?,
            count: gets.len(),
        })
    }
}
