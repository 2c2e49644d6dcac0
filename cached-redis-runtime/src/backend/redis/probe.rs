//! What a server is and can do, asked in one go with what sets a connection up.
//!
//! Nothing is read off a version: Valkey says that of Redis, and services leave things out. Nothing is written either: the
//! `SET`s have an expiry that no server accepts, and which error comes says whether the rest was understood.

use redis::{Pipeline, RedisError, Value};

use super::error::is_unknown_syntax;
use crate::observe::{Capabilities, ServerInfo};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    pub(super) info: ServerInfo,
    /// It does not know `SET … NX GET`; otherwise it may.
    pub(super) claims_by_script: bool,
}

/// `key` is one that the user of the URL may write, and of a cluster one that the node has, lest it answer where the key is.
pub(super) fn ask(pipeline: &mut Pipeline, key: &str) {
    // Without a version it only tells, and everybody may.
    pipeline.cmd("HELLO");
    for option in [["NX", "GET"], ["IFEQ", ""]] {
        let set = pipeline.cmd("SET").arg(key).arg("");
        set.arg("PX").arg(0).arg(&option);
    }
    // Off as it is: the options are read first.
    pipeline
        .cmd("CLIENT")
        .arg("TRACKING")
        .arg("OFF")
        .arg("BCAST");
    // For nobody and for no time.
    pipeline.cmd("WAITAOF").arg(0).arg(0).arg(0);
}

/// The replies to [`ask`], errors as values.
pub(super) fn read(replies: impl IntoIterator<Item = Value>) -> Profile {
    let mut replies = replies.into_iter().map(Value::extract_error);
    let mut next = || replies.next().unwrap_or(Ok(Value::Nil));
    let mut info = next().map(|hello| said(&hello)).unwrap_or_default();
    let set_nx_get = understands(&next());
    let set_ifeq = understands(&next());
    info.capabilities = Capabilities {
        set_nx_get: set_nx_get == Some(true),
        set_ifeq: set_ifeq == Some(true),
        tracking_bcast: matches!(next(), Ok(Value::Okay)),
        waitaof: matches!(next(), Ok(Value::Array(_))),
    };
    Profile {
        info,
        claims_by_script: set_nx_get == Some(false),
    }
}

/// `None` where it was kept from looking: the user may not, the server is full, the key is elsewhere.
fn understands(reply: &Result<Value, RedisError>) -> Option<bool> {
    match reply {
        Ok(_) => Some(true),
        Err(error) if !is_unknown_syntax(error) => None,
        Err(error) => {
            let detail = error.detail().unwrap_or_default();
            let refused = |what| detail.contains(what);
            (refused("invalid expire") || refused("syntax")).then(|| refused("invalid expire"))
        }
    }
}

/// The reply to `HELLO`: names and values.
fn said(hello: &Value) -> ServerInfo {
    let value = |wanted: &str| match hello {
        Value::Map(pairs) => {
            let pair = pairs.iter().find(|(name, _)| text(name) == Some(wanted));
            pair.map(|(_, value)| value)
        }
        Value::Array(items) => {
            let mut pairs = items.chunks_exact(2);
            let pair = pairs.find(|pair| text(&pair[0]) == Some(wanted));
            pair.map(|pair| &pair[1])
        }
        _ => None,
    };
    let word = |name| value(name).and_then(text).unwrap_or_default().to_owned();
    ServerInfo {
        kind: word("server"),
        version: word("version"),
        role: word("role"),
        is_cluster: value("mode").and_then(text) == Some("cluster"),
        ..ServerInfo::default()
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => core::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
