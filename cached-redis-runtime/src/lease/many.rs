//! Leases of several keys, claimed and given back in one round of commands.

use core::time::Duration;

use super::{Claim, Lease};
use crate::codec::Nonce;
use crate::error::Error;
use crate::store::{BATCH, Claimed, Claiming, Expect, Store};
use crate::sync::Arc;

/// Claims several keys, each for itself: some may be had and others not.
///
/// # Cancel safety
/// As for [`claim`](super::claim): what may have been claimed is given back in the background.
pub(crate) async fn claim_many(
    store: &Arc<dyn Store>,
    wanted: Vec<(Arc<str>, Expect, Nonce)>,
    duration: Duration,
) -> Vec<Result<Claim, Error>> {
    let mut leases: Vec<_> = wanted
        .iter()
        .map(|(key, _, nonce)| Lease::armed(Arc::clone(store), Arc::clone(key), *nonce))
        .collect();
    let mut claimed = Vec::with_capacity(wanted.len());
    for some in wanted.chunks(BATCH) {
        let claims: Vec<_> = some
            .iter()
            .map(|(key, expect, nonce)| Claiming {
                key,
                expect: expect.clone(),
                nonce: *nonce,
            })
            .collect();
        match store.claim_many(&claims, duration).await {
            Ok(some) => claimed.extend(some),
            Err(error) => {
                // The next chunk would fail as this one did, and wait as long to find out.
                claimed.resize_with(wanted.len(), || Err(error.clone()));
                break;
            }
        }
    }
    let outcomes = leases.drain(..).zip(claimed);
    let outcomes = outcomes.map(|(mut lease, claimed)| {
        if claimed.as_ref().is_err_and(Error::is_definite) {
            lease.disarm();
        }
        match claimed? {
            Claimed::Mine => {
                lease.keep(duration);
                Ok(Claim::Mine(lease))
            }
            Claimed::Other(bytes) => {
                lease.disarm();
                Ok(Claim::Other(bytes))
            }
        }
    });
    outcomes.collect()
}

/// Gives several leases back and waits until they are.
pub(crate) async fn release_many(store: &dyn Store, leases: Vec<Lease>) {
    let mut leases = leases;
    for some in leases.chunks_mut(BATCH) {
        let names: Vec<_> = some.iter().map(Lease::name).collect();
        // On an error the drop tries once more in the background, and a lease expires by itself.
        if store.release_many(&names).await.is_ok() {
            some.iter_mut().for_each(Lease::disarm);
        }
    }
}
