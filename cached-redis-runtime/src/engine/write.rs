//! Write-through: the source and the cache change together.
//!
//! A write takes the key's lease before its body begins, from whoever has it, and stores under that. So everything that was
//! read from the source before the write can no longer be stored, and of several writers at once only one can store: the
//! one whose lease was the last. Which of them the source saw last, nobody here knows. So who finds his lease gone
//! deletes the key, and with it the lease of whoever took it. Then nothing is stored, and the next read loads.

use bytes::Bytes;

use super::fill::{Product, stamp};
use super::loading::note_life;
use super::patience::Patience;
use super::{Engine, Left, Membership, Outcome, Registration, Request};
use crate::codec::Nonce;
use crate::error::Error;
use crate::flight::{Turn, Verdict};
use crate::lease::{self, Lease};
use crate::observe::Count;
use crate::site::Site;
use crate::sync::Arc;
use crate::ttl::Lifetimes;

/// The right to store what a write has written.
#[derive(Debug)]
pub(crate) struct Seized {
    turn: Turn<Lease>,
    /// Of the key under its tags, if it has any.
    registration: Option<Registration>,
}

impl Seized {
    pub(super) fn of(turn: Turn<Lease>) -> Self {
        Self {
            turn,
            registration: None,
        }
    }

    pub(super) fn nonce(&self) -> Nonce {
        self.turn.nonce()
    }

    pub(super) fn end(&self, verdict: Verdict) -> Option<Lease> {
        self.turn.end(verdict)
    }

    /// Nothing is stored. Those who wait look again; the lease goes back in the background.
    pub(super) fn over(self) {
        drop(self.end(Verdict::Over));
    }
}

impl Engine {
    /// Takes the lease of `key` from whoever has it, and puts the key under its tags. `None`: the write only deletes. Says
    /// how long it may still wait for the store. Must be called in a runtime.
    ///
    /// # Cancel safety
    /// What may have been taken is given back in the background.
    pub(crate) async fn seize(
        &self,
        site: &'static Site,
        key: &str,
        tags: Vec<String>,
        lifetimes: Lifetimes,
    ) -> (Option<Seized>, Left) {
        let patience = Patience::new(&self.settings);
        let (key, nonce) = (Arc::from(key), Nonce::fresh());
        // Open before the command leaves, as for a claim.
        let turn = self.flights.open(&key, nonce);
        let lease = self.lease_of(site);
        let family = self.counters(site).shared();
        let lease = lease::seize(&self.store, &key, nonce, lease, &family);
        match patience.spend(lease).await {
            Ok(Some(lease)) => turn.arm(lease),
            // Nobody here can have read this nonce: it was never there.
            Ok(None) => return (None, patience.left()),
            Err(error) => {
                self.failed(site, &error);
                return (None, patience.left());
            }
        }
        let mut left = patience.left();
        let mut registration = None;
        if !tags.is_empty() {
            let memberships = tags.into_iter().map(|tag| Membership {
                tag,
                members: vec![key.to_string()],
            });
            let registered =
                self.register(site, memberships.collect(), (lifetimes, false), &mut left);
            registration = registered.await;
            if registration.is_none() {
                drop(turn.end(Verdict::Over));
                return (None, left);
            }
        }
        (Some(Seized { turn, registration }), left)
    }

    /// Ends a write that took place: afterwards the key holds what was written, or nothing.
    ///
    /// # Cancel safety
    /// The caller has to see to it that the key is deleted.
    pub(crate) async fn write(
        &self,
        request: Request<'_>,
        (seized, left): (Option<Seized>, Left),
        outcome: Outcome,
    ) {
        let patience = Patience::with(&self.settings, left);
        let stored = match seized {
            Some(seized) => self.store_written(request, seized, outcome, patience).await,
            None => Ok(false),
        };
        self.written(request, stored, patience).await;
    }

    /// Deletes the key, unless what was written is stored.
    pub(super) async fn written(
        &self,
        request: Request<'_>,
        stored: Result<bool, Error>,
        patience: Patience,
    ) {
        let keys = [request.key.to_owned()];
        match stored {
            Ok(true) => {}
            Ok(false) => {
                let deleted = async { Ok(self.delete_keys(&keys).await) };
                let patience = patience.longer(self.settings.confirmation);
                let deleted = patience.spend(deleted).await;
                let deleted = deleted.unwrap_or_else(|error| vec![Err(error)]);
                // An error has been counted, and the deletion will be made good.
                let _ = self.count_deleted(request.site, &deleted);
            }
            // Whether it was stored, and what by now, is not known.
            Err(_) => {
                self.count(request.site, Count::LostDelete);
                self.lose(&keys);
            }
        }
    }

    async fn store_written(
        &self,
        request: Request<'_>,
        seized: Seized,
        outcome: Outcome,
        patience: Patience,
    ) -> Result<bool, Error> {
        let Seized { turn, registration } = seized;
        let outcome = match &registration {
            Some(registration) => registration.permit(outcome),
            None => outcome,
        };
        let (mut bytes, life) = match self.product(request, outcome, 0) {
            Product::Stored(bytes, life) => (bytes, life),
            Product::Shared(_) | Product::Alone | Product::Failed => {
                // Those who wait look again; the lease goes with the deletion.
                drop(turn.end(Verdict::Over));
                return Ok(false);
            }
        };
        // Not the lease's: a refresh that has read that, and then the source before the commit, would replace what is stored.
        stamp(&mut bytes, Nonce::fresh());
        let bytes = Bytes::from(bytes);
        // What the write has written is what a load that begins now would find.
        let Some(lease) = turn.end(Verdict::Entry(bytes.clone())) else {
            return Ok(false);
        };
        let filled = patience.spend(lease.fill(&bytes, life.millis())).await;
        let family = self.counters(request.site);
        note_life(&family, &request.lifetimes);
        self.count_fill(request.site, filled.clone(), bytes.len());
        filled
    }

    /// Ends a write that did not take place. The next in line loads; with nobody in line the lease goes back.
    pub(crate) async fn unwritten(&self, (seized, left): (Option<Seized>, Left)) {
        let patience = Patience::with(&self.settings, left);
        let lease = seized.and_then(|seized| seized.turn.take_alone());
        if let Some(lease) = lease {
            // What does not go back in time does in the background.
            let released = async {
                lease.release().await;
                Ok(())
            };
            let _ = patience.spend(released).await;
        }
    }
}
