//! What all connections to one server have in common.

use redis::{ConnectionAddr, ConnectionInfo};
use tokio::sync::watch;

use super::cluster::slot_of;
use super::connected::Connected;
use super::link::Link;
use super::policy::Policy;
use super::source::Source;
use crate::error::Error;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Arc, OnceLock, Weak};

/// Where a server is, and how it is reached.
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) policy: Arc<Policy>,
    /// A key that nothing is ever stored under, to ask it about.
    pub(super) probe: String,
    /// It is a replica, and only read from.
    pub(super) is_reader: bool,
    /// Where the first of its connections found it last: the others follow.
    found: watch::Sender<Option<ConnectionAddr>>,
    /// Whether a write was refused before.
    refused: AtomicBool,
    /// The connections among which keys are spread, if there are several.
    stripes: OnceLock<Box<[Weak<Link<Connected>>]>>,
    /// Commands in a row, on whichever of them, that were not answered in time.
    silent: AtomicU32,
}

/// This many mean that the server is silent, and not one connection: else each of them would have to find out.
const SILENT: u32 = 2;

impl Place {
    pub(super) fn new(source: Source, policy: &Arc<Policy>, slot: Option<u16>) -> Arc<Self> {
        Arc::new(Self::of(source, policy, probe_key(&policy.namespace, slot)))
    }

    /// Of a replica that is read from.
    pub(super) fn reader(source: Source, policy: &Arc<Policy>) -> Arc<Self> {
        Arc::new(Self {
            is_reader: true,
            ..Self::of(source, policy, String::new())
        })
    }

    fn of(source: Source, policy: &Arc<Policy>, probe: String) -> Self {
        Self {
            source,
            policy: Arc::clone(policy),
            probe,
            is_reader: false,
            found: watch::Sender::new(None),
            refused: AtomicBool::new(false),
            stripes: OnceLock::new(),
            silent: AtomicU32::new(0),
        }
    }

    pub(super) async fn locate(&self) -> Result<ConnectionInfo, Error> {
        self.source.locate(&self.policy.dialer).await
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

    /// Keys are spread over these.
    pub(super) fn stripe(&self, links: Box<[Weak<Link<Connected>>]>) {
        let _ = self.stripes.set(links);
    }

    /// The server has answered on one of them.
    pub(super) fn answered(&self) {
        if self.silent.load(Ordering::Relaxed) != 0 {
            self.silent.store(0, Ordering::Relaxed);
        }
    }

    /// A command on one of them was not answered in time. Takes all out of use if that was one too many.
    pub(super) fn unanswered(&self) {
        let Some(stripes) = self.stripes.get() else {
            return;
        };
        if self.silent.fetch_add(1, Ordering::Relaxed) + 1 < SILENT {
            return;
        }
        for link in stripes.iter().filter_map(Weak::upgrade) {
            if let Some(live) = link.current() {
                link.retire(&live);
            }
        }
        self.silent.store(0, Ordering::Relaxed);
    }

    /// Whether this is the first write that was refused there.
    pub(super) fn is_first_refusal(&self) -> bool {
        !self.refused.swap(true, Ordering::Relaxed)
    }
}

/// In this slot, for a node that owns no other. No rendered key has this name, since its `%` is none of an escape.
fn probe_key(namespace: &str, slot: Option<u16>) -> String {
    let number = slot.and_then(|slot| {
        // Each slot comes up within a few times as many numbers as there are slots.
        (0..1_000_000_u32).find(|number| slot_of(&number.to_string()) == slot)
    });
    format!("{namespace}%probe{{{}}}", number.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_probe_in_any_slot() {
        for slot in [0, 1, 5461, 9842, 10_923, 16_383] {
            let key = probe_key("shop:", Some(slot));
            assert!(key.starts_with("shop:%probe{"), "{key}");
            assert_eq!(slot_of(&key), slot);
        }
    }
}
