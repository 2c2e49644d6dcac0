//! What a server did not say, and why.

use core::fmt;

use super::node::Node;
use crate::error::{Error, ErrorKind};

/// What could not be read of one server. Whatever depends on it was not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unread {
    /// Where the server is.
    pub node: String,
    /// The command by which it was asked: `INFO` or `CONFIG GET`.
    pub command: &'static str,
    /// Why it did not say.
    pub why: String,
    /// What is not known for that reason.
    pub unknown: Vec<&'static str>,
}

impl Unread {
    /// What is missing of `INFO`, if anything is.
    pub(super) fn info(node: &Node, error: Option<Error>) -> Option<Self> {
        let unknown = [
            ("used_memory", node.used_memory.is_none()),
            ("keys", node.keys.is_none()),
            ("evicted_keys", node.evicted_keys.is_none()),
            ("expired_keys", node.expired_keys.is_none()),
            ("keyspace_hits", node.hits.is_none()),
            ("keyspace_misses", node.misses.is_none()),
            ("role", node.is_replica.is_none()),
            ("connected_slaves", node.replicas.is_none()),
            ("connected_clients", node.clients.is_none()),
            ("last save", node.saving_fails.is_none()),
        ];
        Self::new(node, "INFO", "+info", error, &unknown)
    }

    /// What is missing of the settings, if anything is.
    pub(super) fn settings(node: &Node, error: Option<Error>) -> Option<Self> {
        let unknown = [
            ("maxmemory", node.max_memory.is_none()),
            ("maxmemory-policy", node.policy.is_none()),
            ("maxclients", node.max_clients.is_none()),
            ("timeout", node.idle_timeout.is_none()),
            ("tcp-keepalive", node.keepalive.is_none()),
            ("save", node.rdb.is_none()),
            ("appendonly", node.aof.is_none()),
        ];
        Self::new(node, "CONFIG GET", "+config|get", error, &unknown)
    }

    fn new(
        node: &Node,
        command: &'static str,
        right: &str,
        error: Option<Error>,
        unknown: &[(&'static str, bool)],
    ) -> Option<Self> {
        let unknown: Vec<_> = unknown
            .iter()
            .filter_map(|(name, is_missing)| is_missing.then_some(*name))
            .collect();
        let why = match error {
            None => "the server leaves it out".to_owned(),
            Some(error) => match error.kind() {
                ErrorKind::Auth => {
                    format!("the user of the URL may not ask; the right for it is `{right}`")
                }
                ErrorKind::Server => {
                    "the server refuses it to everybody, as managed services do".to_owned()
                }
                _ => error.to_string(),
            },
        };
        (!unknown.is_empty()).then(|| Self {
            node: node.address.clone(),
            command,
            why,
            unknown,
        })
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = self.unknown.join(", ");
        write!(f, "`{}` of {}: {}", self.command, self.node, self.why)?;
        write!(f, "; not known are {unknown}")
    }
}
