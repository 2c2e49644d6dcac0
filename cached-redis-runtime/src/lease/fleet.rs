//! The leases of one batch, renewed and given back together: one task and a few rounds of commands, and not a task and
//! a command for each.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::collections::HashSet;

use tokio::runtime::Handle;

use crate::clock;
use crate::codec::Nonce;
use crate::observe::Count;
use crate::site::Family;
use crate::store::{BATCH, Store};
use crate::sync::{Arc, Mutex, Weak};

type Name = (Arc<str>, Nonce);

/// What the leases of one batch have in common; each holds it, and the last one to go ends the renewal.
pub(super) struct Fleet {
    store: Weak<dyn Store>,
    held: Mutex<HashSet<Name>>,
    leaving: Mutex<Vec<Name>>,
    /// A task gives back what is leaving.
    releasing: AtomicBool,
    family: Arc<Family>,
}

impl Fleet {
    /// Must be called in a runtime.
    pub(super) fn keep(
        store: &Arc<dyn Store>,
        names: HashSet<Name>,
        lease: Duration,
        family: &Arc<Family>,
    ) -> Arc<Self> {
        let fleet = Arc::new(Self {
            store: Arc::downgrade(store),
            held: Mutex::new(names),
            leaving: Mutex::new(Vec::new()),
            releasing: AtomicBool::new(false),
            family: Arc::clone(family),
        });
        drop(tokio::spawn(keep(Arc::downgrade(&fleet), lease)));
        fleet
    }

    /// This lease is no longer renewed.
    pub(super) fn leave(&self, key: &Arc<str>, nonce: Nonce) {
        self.held.lock().remove(&(Arc::clone(key), nonce));
    }

    /// Gives a lease back in the background.
    pub(super) fn give_back(self: &Arc<Self>, runtime: &Handle, key: &Arc<str>, nonce: Nonce) {
        self.leaving.lock().push((Arc::clone(key), nonce));
        if !self.releasing.swap(true, Ordering::AcqRel) {
            drop(runtime.spawn(release(Arc::clone(self))));
        }
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").finish_non_exhaustive()
    }
}

fn borrowed(names: &[Name]) -> Vec<(&str, Nonce)> {
    names.iter().map(|(key, nonce)| (&**key, *nonce)).collect()
}

/// Renews what is held three times per life, until nothing is or the cache is gone.
async fn keep(fleet: Weak<Fleet>, lease: Duration) {
    loop {
        clock::sleep(lease / 3).await;
        let Some(fleet) = fleet.upgrade() else { return };
        let Some(store) = fleet.store.upgrade() else {
            return;
        };
        let held: Vec<_> = fleet.held.lock().iter().cloned().collect();
        for some in held.chunks(BATCH) {
            // An error says nothing about the leases: the next turn tries again.
            let Ok(renewed) = store.renew_many(&borrowed(some), lease).await else {
                break;
            };
            let lost = some.iter().zip(renewed);
            let lost = lost.filter(|(_, renewed)| matches!(renewed, Ok(false)));
            let mut held = fleet.held.lock();
            for (name, _) in lost {
                // It may have been given back meanwhile.
                if held.remove(name) {
                    fleet.family.count(Count::LostLease);
                }
            }
        }
    }
}

async fn release(fleet: Arc<Fleet>) {
    loop {
        let leaving = core::mem::take(&mut *fleet.leaving.lock());
        if leaving.is_empty() {
            fleet.releasing.store(false, Ordering::Release);
            // One may have come between the look and the store; whoever added it found the task running.
            let again = !fleet.leaving.lock().is_empty();
            if !again || fleet.releasing.swap(true, Ordering::AcqRel) {
                return;
            }
            continue;
        }
        let Some(store) = fleet.store.upgrade() else {
            return;
        };
        for some in leaving.chunks(BATCH) {
            // On an error the leases expire by themselves.
            if store.release_many(&borrowed(some)).await.is_err() {
                break;
            }
        }
    }
}
