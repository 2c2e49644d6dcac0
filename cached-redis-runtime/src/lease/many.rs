//! Leases of several keys, claimed and given back in one round of commands.

use core::time::Duration;

use super::fleet::Fleet;
use super::{Claim, Lease};
use crate::codec::Nonce;
use crate::error::Error;
use crate::site::Family;
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
    family: &Arc<Family>,
) -> Vec<Result<Claim, Error>> {
    let names = wanted
        .iter()
        .map(|(key, _, nonce)| (Arc::clone(key), *nonce));
    let fleet = Fleet::keep(store, names.collect(), duration, family);
    let mut claimed = Vec::with_capacity(wanted.len());
    let mut failed: Option<Error> = None;
    for some in wanted.chunks(BATCH) {
        if let Some(error) = &failed {
            // The next chunk would fail as this one did, and wait as long to find out.
            claimed.extend(some.iter().map(|(key, _, nonce)| {
                fleet.leave(key, *nonce);
                Err(error.clone())
            }));
            continue;
        }
        let leases = some.iter().map(|(key, _, nonce)| {
            let mut lease = Lease::armed(Arc::clone(store), Arc::clone(key), *nonce, duration);
            lease.sail(&fleet);
            lease
        });
        let leases: Vec<_> = leases.collect();
        let claims = some.iter().map(|(key, expect, nonce)| Claiming {
            key,
            expect: expect.clone(),
            nonce: *nonce,
        });
        let claims: Vec<_> = claims.collect();
        let outcomes = store.claim_many(&claims, duration).await;
        failed = outcomes.as_ref().err().cloned();
        let outcomes = outcomes.unwrap_or_default().into_iter();
        let errors = failed.iter().cycle().map(|error| Err(error.clone()));
        let outcomes = leases.into_iter().zip(outcomes.chain(errors));
        claimed.extend(outcomes.map(|(lease, outcome)| settled(lease, outcome)));
    }
    claimed
}

fn settled(mut lease: Lease, claimed: Result<Claimed, Error>) -> Result<Claim, Error> {
    if claimed.as_ref().is_err_and(Error::is_definite) {
        lease.disarm();
    }
    match claimed? {
        Claimed::Mine => Ok(Claim::Mine(lease)),
        Claimed::Other(bytes) => {
            lease.disarm();
            Ok(Claim::Other(bytes))
        }
    }
}

/// Gives several leases back and waits until they are.
pub(crate) async fn release_many(store: &dyn Store, leases: Vec<Lease>) {
    let mut leases = leases;
    for some in leases.chunks_mut(BATCH) {
        let names: Vec<_> = some.iter().map(Lease::name).collect();
        // On an error the drop tries once more in the background, and a lease expires by itself.
        let Ok(released) = store.release_many(&names).await else {
            break;
        };
        let released = some.iter_mut().zip(released).filter(|(_, one)| one.is_ok());
        released.for_each(|(lease, _)| lease.disarm());
    }
}
