//! Entries whose successors are not to be stored: the source has answered, so what stands there is out of date.

use super::Engine;
use crate::codec::Nonce;
use crate::lease::{self, Claim};
use crate::site::Site;
use crate::store::Expect;
use crate::sync::Arc;

/// The key, and the nonce of the entry that is out of date.
pub(super) type Outdated = (Arc<str>, Nonce);

impl Engine {
    /// Takes these entries away, and nothing that came in their places: under a guard that a deletion took away somebody could
    /// store what its writer is about to replace. So each is claimed, and the lease given back.
    pub(super) async fn take_away(&self, site: &'static Site, outdated: Vec<Outdated>) {
        let family = self.counters(site).shared();
        let keys: Vec<_> = outdated.iter().map(|(key, _)| Arc::clone(key)).collect();
        let wanted = outdated.into_iter();
        let wanted = wanted.map(|(key, nonce)| (key, Expect::Nonce(nonce), Nonce::fresh()));
        let lease = self.lease_of(site);
        let claims = lease::claim_many(&self.store, wanted.collect(), lease, &family).await;
        let (mut leases, mut failed) = (Vec::new(), Vec::new());
        for (key, claim) in keys.into_iter().zip(claims) {
            match claim {
                Ok(Claim::Mine(lease)) => leases.push(lease),
                Ok(Claim::Other(_)) => {}
                Err(_) => failed.push((*key).to_owned()),
            }
        }
        lease::release_many(&*self.store, leases).await;
        if !failed.is_empty() {
            // Full servers refuse claims. What cannot be deleted either is made good as any deletion.
            self.delete(site, &failed).await.ok();
        }
    }
}
