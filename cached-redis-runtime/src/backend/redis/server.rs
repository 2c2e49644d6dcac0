//! The connections to one server.
//!
//! Replies come in the order of their commands, so a large value would delay everything behind it: those travel on a
//! connection of their own, which is opened when the first one is seen.

use core::fmt;

use super::connect::Endpoint;
use super::place::Place;
use super::policy::Policy;
use super::source::Source;
use crate::clock;
use crate::error::Error;
use crate::observe::ServerInfo;
use crate::size::Size;
use crate::sync::{Arc, OnceLock};

/// One server.
pub(super) struct Server {
    /// For everything but large values.
    first: Arc<Endpoint>,
    large: OnceLock<Arc<Endpoint>>,
}

impl Server {
    /// `slot` is one that it owns, if it is a node of a cluster.
    pub(super) fn new(
        source: impl Into<Source>,
        policy: &Arc<Policy>,
        slot: Option<u16>,
    ) -> Arc<Self> {
        let place = Place::new(source.into(), policy, slot);
        Arc::new(Self {
            first: Endpoint::new(place),
            large: OnceLock::new(),
        })
    }

    /// Connects, and waits for the first attempt, a second at most.
    ///
    /// # Errors
    /// As for [`Endpoint::start`].
    pub(super) async fn start(self: &Arc<Self>) -> Result<(), Error> {
        self.first.start().await
    }

    pub(super) fn is_live(&self) -> bool {
        self.first.is_live()
    }

    /// What it is, while there is a connection.
    pub(super) fn info(&self) -> Option<ServerInfo> {
        self.first.info()
    }

    /// What a command for a value of this size takes.
    pub(super) fn endpoint(&self, size: Size) -> &Arc<Endpoint> {
        if size == Size::Ordinary {
            return &self.first;
        }
        let large = self.open_large();
        // A server that lets nobody open another connection still serves large values. One that was lost is not replaced
        // by the first: what killed it might kill that as well.
        if large.was_live() { large } else { &self.first }
    }

    /// Sees to it that there will be a connection for large values.
    pub(super) fn open_large(&self) -> &Arc<Endpoint> {
        self.large.get_or_init(|| {
            let large = self.first.another();
            large.supervise();
            large
        })
    }

    /// Waits until the first attempt to open that connection has ended, for the deadline at most.
    pub(super) async fn large(&self) {
        let large = self.open_large();
        if !large.was_live() {
            // What became of it shows in the next command.
            let _ = clock::within(large.deadline(), large.start()).await;
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)
    }
}
