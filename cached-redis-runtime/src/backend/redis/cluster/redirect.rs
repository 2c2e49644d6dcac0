//! What a node answers instead of serving a key.

use redis::{RedisError, ServerErrorKind};

use super::topology::Address;
use crate::error::{Error, ErrorKind};

/// As many redirects are followed for one command. One is usual, two happen during a move.
pub(super) const HOPS: usize = 5;

/// To send the command to another node.
#[derive(Debug)]
pub(super) struct Redirect {
    pub(super) to: Address,
    /// This once, and introduced by `ASKING`: the slot is being moved, and this key is there already or nowhere.
    pub(super) ask: bool,
}

impl Redirect {
    pub(super) fn read(error: &RedisError, asked: &Address) -> Option<Self> {
        let (node, _) = error.redirect_node()?;
        Some(Self {
            to: Address::read(node, asked)?,
            ask: error.kind() == redis::ErrorKind::Server(ServerErrorKind::Ask),
        })
    }
}

/// Whether an error says that the map is out of date, or soon will be.
pub(super) fn tells_of_change(error: &RedisError) -> bool {
    matches!(error.code(), Some("MOVED" | "CLUSTERDOWN" | "READONLY"))
}

/// Keys of one slot, some here and some already where it is being moved to: each for itself can be served.
pub(in crate::backend::redis) fn is_split(error: &RedisError) -> bool {
    error.code() == Some("TRYAGAIN")
}

/// For a slot on its way to a node that there is no connection to yet, or that nobody owns.
pub(super) fn unserved() -> Error {
    let message = "no node of the cluster serves this key at the moment";
    Error::new(ErrorKind::Unavailable, message)
}
