//! What all connections to one server have in common.

use core::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo};
use tokio::sync::watch;

use super::dial::Dialer;
use super::source::Source;
use crate::error::Error;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, Ordering};

/// Where a server is, and how it is reached.
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) dialer: Arc<Dialer>,
    pub(super) deadline: Duration,
    /// Where the first of its connections found it last: the others follow.
    found: watch::Sender<Option<ConnectionAddr>>,
    /// Whether a write was refused before.
    refused: AtomicBool,
}

impl Place {
    pub(super) fn new(source: Source, dialer: &Arc<Dialer>, deadline: Duration) -> Arc<Self> {
        Arc::new(Self {
            source,
            dialer: Arc::clone(dialer),
            deadline,
            found: watch::Sender::new(None),
            refused: AtomicBool::new(false),
        })
    }

    pub(super) async fn locate(&self) -> Result<ConnectionInfo, Error> {
        self.source.locate(&self.dialer).await
    }

    /// It is there now.
    pub(super) fn found(&self, address: &ConnectionAddr) {
        self.found.send_if_modified(|found| {
            let is_new = found.as_ref() != Some(address);
            if is_new {
                *found = Some(address.clone());
            }
            is_new
        });
    }

    /// Whether it has been found somewhere else.
    pub(super) fn has_left(&self, address: &ConnectionAddr) -> bool {
        let found = self.found.borrow();
        found.as_ref().is_some_and(|found| found != address)
    }

    /// Tells whenever it is found somewhere else.
    pub(super) fn moves(&self) -> watch::Receiver<Option<ConnectionAddr>> {
        self.found.subscribe()
    }

    /// Whether this is the first write that was refused there.
    pub(super) fn is_first_refusal(&self) -> bool {
        !self.refused.swap(true, Ordering::Relaxed)
    }
}
