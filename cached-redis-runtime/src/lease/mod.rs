//! The right to load one key, across processes.

mod fleet;
mod guard;
mod many;

pub(crate) use guard::Lease;
pub(crate) use many::{claim_many, release_many};

use core::time::Duration;

use crate::clock;
use crate::codec::Nonce;
use crate::error::Error;
use crate::observe::Count;
use crate::site::Family;
use crate::store::{Claimed, Expect, FieldStore, Store, TakenOver};
use crate::sync::{Arc, Weak};

/// The outcome of trying to get the lease.
#[derive(Debug)]
pub(crate) enum Claim {
    Mine(Lease),
    /// The key holds this.
    Other(Vec<u8>),
}

/// Claims the lease of `key` under a fresh `nonce`, in place of what `expect` allows.
///
/// # Cancel safety
/// If the future is dropped, or fails, after the command may have left, the lease is given back in the background:
/// nobody waits for a lease to expire because a client hung up.
pub(crate) async fn claim(
    store: &Arc<dyn Store>,
    key: &Arc<str>,
    expect: Expect,
    nonce: Nonce,
    duration: Duration,
    family: &Arc<Family>,
) -> Result<Claim, Error> {
    let mut lease = Lease::armed(Arc::clone(store), Arc::clone(key), nonce, duration);
    let claimed = store.claim(key, expect, nonce, duration).await;
    if claimed.as_ref().is_err_and(Error::is_definite) {
        lease.disarm();
    }
    match claimed? {
        Claimed::Mine => {
            lease.keep(family);
            Ok(Claim::Mine(lease))
        }
        Claimed::Other(bytes) => {
            lease.disarm();
            Ok(Claim::Other(bytes))
        }
    }
}

/// Takes the key for a write, from whoever has it. `None` under a guard.
///
/// # Cancel safety
/// As for [`claim`].
pub(crate) async fn seize(
    store: &Arc<dyn Store>,
    key: &Arc<str>,
    nonce: Nonce,
    duration: Duration,
    family: &Arc<Family>,
) -> Result<Option<Lease>, Error> {
    let mut lease = Lease::armed(Arc::clone(store), Arc::clone(key), nonce, duration);
    let seized = store.seize(key, nonce, duration).await;
    if matches!(&seized, Ok(false)) || seized.as_ref().is_err_and(Error::is_definite) {
        lease.disarm();
    }
    Ok(if seized? {
        lease.keep(family);
        Some(lease)
    } else {
        None
    })
}

/// Takes the place of the header of a value of this kind, whose fields stay. `None` where there is no such value.
///
/// # Cancel safety
/// As for [`claim`].
pub(crate) async fn hold(
    store: &Arc<dyn FieldStore>,
    key: &Arc<str>,
    kind: [u8; 10],
    nonce: Nonce,
    duration: Duration,
    family: &Arc<Family>,
) -> Result<Option<(Lease, TakenOver)>, Error> {
    let all = Arc::clone(store) as Arc<dyn Store>;
    let mut lease = Lease::armed(all, Arc::clone(key), nonce, duration);
    let held = store.hold(key, kind, nonce, duration).await;
    if matches!(&held, Ok(None)) || held.as_ref().is_err_and(Error::is_definite) {
        lease.disarm();
    }
    Ok(held?.map(|held| {
        lease.keep(family);
        (lease, held)
    }))
}

/// Renews a lease three times per life until it is lost, its owner aborts the task, or the store is gone.
///
/// It holds the store weakly, so that a forgotten load cannot keep a dropped cache's connection alive.
async fn keep(
    store: Weak<dyn Store>,
    (key, nonce): (Arc<str>, Nonce),
    duration: Duration,
    family: Arc<Family>,
) {
    loop {
        clock::sleep(duration / 3).await;
        let Some(store) = store.upgrade() else { return };
        // An error says nothing about the lease: the next turn tries again.
        if let Ok(false) = store.renew(&key, nonce, duration).await {
            family.count(Count::LostLease);
            return;
        }
    }
}
