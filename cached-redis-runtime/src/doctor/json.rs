//! The report for programs. Names stay; new ones may come.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::finding::{Finding, Severity};
use super::node::{Latency, Node};
use super::report::Report;
use super::unread::Unread;
use crate::observe::Place;

/// Writes a struct, one field after another.
macro_rules! fields {
    ($serializer:expr, $name:literal, { $($field:literal: $value:expr),* $(,)? }) => {{
        let fields = [$($field),*].len();
        let mut structure = $serializer.serialize_struct($name, fields)?;
        $(structure.serialize_field($field, $value)?;)*
        structure.end()
    }};
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fields!(serializer, "Report", {
            "place": &self.place,
            "nodes": &self.nodes,
            "functions": &self.functions,
            "findings": &self.findings,
            "unread": &self.unread,
        })
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fields!(serializer, "Finding", {
            "code": self.code,
            "severity": &self.severity,
            "node": &self.node,
            "sentence": &self.sentence,
            "fix": &self.fix,
        })
    }
}

impl Serialize for Unread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fields!(serializer, "Unread", {
            "node": &self.node,
            "command": self.command,
            "why": &self.why,
            "unknown": &self.unknown,
        })
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let server = self.server.as_ref();
        fields!(serializer, "Node", {
            "address": &self.address,
            "kind": &server.map(|server| &server.kind),
            "version": &server.map(|server| &server.version),
            "protocol": &server.map(|server| server.protocol),
            "is_cluster": &server.map(|server| server.is_cluster),
            "tracking_bcast": &server.map(|server| server.capabilities.tracking_bcast),
            "used_memory": &self.used_memory,
            "max_memory": &self.max_memory,
            "system_memory": &self.system_memory,
            "policy": &self.policy,
            "keys": &self.keys,
            "keys_without_ttl": &self.keys_without_ttl,
            "evicted_keys": &self.evicted_keys,
            "expired_keys": &self.expired_keys,
            "hits": &self.hits,
            "misses": &self.misses,
            "aof": &self.aof,
            "rdb": &self.rdb,
            "saving_fails": &self.saving_fails,
            "is_replica": &self.is_replica,
            "has_primary": &self.has_primary,
            "replicas": &self.replicas,
            "clients": &self.clients,
            "max_clients": &self.max_clients,
            "idle_timeout": &self.idle_timeout,
            "keepalive": &self.keepalive,
            "latency": &self.latency,
        })
    }
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros =
            |time: core::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        fields!(serializer, "Latency", {
            "median_us": &micros(self.median),
            "worst_us": &micros(self.worst),
            "count": &self.count,
        })
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
