//! After a load: store, share, give back.

use core::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::patience::{Left, see_off};
use super::{Election, Engine, Request, Ticket};
use crate::clock;
use crate::codec::{HEADER, Head, Nonce, State};
use crate::error::Error;
use crate::flight::{Turn, Verdict};
use crate::lease::Lease;
use crate::observe::{Count, warn};
use crate::site::Site;
use crate::sync::{Arc, spread};
use crate::ttl::Life;

/// What a load produced.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A value, encoded behind room for the header, and how long it lives if it says so itself.
    Value(Vec<u8>, Option<Life>),
    /// "Not found".
    Absent,
    /// A value that must not be stored, encoded likewise if somebody waits for it and it can be.
    Unstored(Option<Vec<u8>>),
    /// An error.
    Failed,
}

/// What is to be done with it.
pub(super) enum Product {
    /// Store for so long, and share. The header has no nonce yet.
    Stored(Vec<u8>, Life),
    /// Share only.
    Shared(Vec<u8>),
    /// Neither.
    Alone,
    /// Somebody else shall try: errors are not `Clone`.
    Failed,
}

impl Engine {
    /// Ends a load that ran to its end. What the store has not answered when nothing is `left` goes on in the background.
    ///
    /// # Cancel safety
    /// The waiters have the value before the first await; a lease that was not filled is given back.
    pub(crate) async fn finish(
        self: &Arc<Self>,
        request: Request<'_>,
        ticket: Ticket,
        outcome: Outcome,
        (cost_ms, left): (u64, Left),
    ) {
        let (engine, site) = (Arc::clone(self), request.site);
        match ticket {
            Ticket::Uncached => {}
            Ticket::Round(round) => self.end_round(request, round, outcome),
            Ticket::Replace(nonce) => {
                let product = self.product(request, outcome, cost_ms);
                let key = request.key.to_owned();
                let replaced = async move {
                    engine.replace(site, key, nonce, product).await;
                };
                see_off(left, replaced).await;
            }
            Ticket::Reload(election) => {
                let product = self.product(request, outcome, cost_ms);
                let key = request.key.to_owned();
                see_off(left, engine.reload(site, key, *election, product)).await;
            }
            Ticket::Lead(turn) => {
                let product = self.product(request, outcome, cost_ms);
                see_off(left, engine.land(site, turn, product)).await;
            }
        }
    }

    pub(super) fn product(&self, request: Request<'_>, outcome: Outcome, cost_ms: u64) -> Product {
        let lifetimes = request.lifetimes;
        let (state, bytes, life) = match outcome {
            Outcome::Failed => return Product::Failed,
            Outcome::Value(bytes, life) => {
                let life = life.unwrap_or_else(|| lifetimes.for_value());
                (State::Value, Some(bytes), Some(life))
            }
            Outcome::Unstored(bytes) => (State::Value, bytes, None),
            Outcome::Absent => (State::Absent, Some(vec![0; HEADER]), lifetimes.for_none()),
        };
        let life = life.map(|life| life.jittered(request.site.jitter_share(), spread()));
        let len = bytes.as_ref().map(Vec::len);
        let Some(mut bytes) = bytes.filter(|bytes| self.fits(bytes)) else {
            self.count(request.site, Count::Unstored);
            if let Some(len) = len {
                self.too_large(request.site, len);
            }
            return Product::Alone;
        };
        let head = Self::head(request, life, cost_ms);
        bytes[..HEADER].copy_from_slice(&head.write(state));
        if let Some(life) = life {
            return Product::Stored(bytes, lifetimes.kept(life));
        }
        self.count(request.site, Count::Unstored);
        Product::Shared(bytes)
    }

    /// The header of what this request's function returned. It has no nonce yet.
    pub(super) fn head(request: Request<'_>, life: Option<Life>, cost_ms: u64) -> Head {
        Head {
            nonce: Nonce::ZERO,
            format: request.format.id(),
            flags: 0,
            fingerprint: request.fingerprint,
            written_at_ms: clock::unix_ms(),
            life_ms: life.and_then(Life::millis).unwrap_or(0),
            cost_ms: u16::try_from(cost_ms).unwrap_or(u16::MAX),
        }
    }

    /// Whether an entry may be stored, or handed on.
    pub(super) fn fits(&self, entry: &[u8]) -> bool {
        entry.len() <= self.settings.max_value_bytes
    }

    /// Says it aloud once: else who wonders about a function without hits finds nothing.
    #[cold]
    fn too_large(&self, site: &Site, len: usize) {
        static WARNED: AtomicBool = AtomicBool::new(false);
        if !WARNED.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "`{}` returned a value that is not cached: its entry would have {len} bytes, and `max_value_bytes` is {} (said \
                 once; counted as `unstored`)",
                site.path(),
                self.settings.max_value_bytes
            ));
        }
    }

    /// Ends a load that others may wait for.
    async fn land(self: Arc<Self>, site: &'static Site, turn: Turn<Lease>, product: Product) {
        let (mut bytes, life) = match product {
            Product::Stored(bytes, life) => (bytes, Some(life)),
            Product::Shared(bytes) => (bytes, None),
            Product::Alone => {
                if let Some(lease) = turn.end(Verdict::Alone) {
                    lease.release().await;
                }
                return;
            }
            Product::Failed => {
                // The next in line loads. With nobody in line the lease goes back now, so that the next caller can load
                // at once.
                if let Some(lease) = turn.take_alone() {
                    lease.release().await;
                }
                return;
            }
        };
        stamp(&mut bytes, turn.nonce());
        let bytes = Bytes::from(bytes);
        // Those who wait have it before it is stored. The turn stays until then: the flight leaves the table only when
        // the entry has replaced the lease, so callers who still read the lease find the verdict instead of polling.
        let lease = turn.end(Verdict::Entry(bytes.clone()));
        match (lease, life) {
            (Some(lease), Some(life)) => {
                let filled = lease.fill(&bytes, life.millis()).await;
                self.count_fill(site, filled, bytes.len());
            }
            (Some(lease), None) => lease.release().await,
            (None, _) => {}
        }
    }

    /// Ends the load of an entry that was due. The election is over only when the store has answered: who is elected next
    /// sees what this one has left.
    async fn reload(
        self: Arc<Self>,
        site: &'static Site,
        key: String,
        election: Election,
        product: Product,
    ) {
        if self.replace(site, key, election.nonce(), product).await {
            election.won().await;
        } else {
            election.failed().await;
        }
    }

    /// Ends a load that replaces an entry. Says whether that is done with: the entry has a successor, or is gone.
    async fn replace(
        self: &Arc<Self>,
        site: &'static Site,
        key: String,
        nonce: Nonce,
        product: Product,
    ) -> bool {
        match product {
            Product::Stored(mut bytes, life) => {
                stamp(&mut bytes, Nonce::fresh());
                let life = life.millis();
                let filled = self.store.fill(&key, nonce, &bytes, life).await;
                let answered = filled.is_ok();
                self.count_fill(site, filled, bytes.len());
                answered
            }
            // The source has answered, and its answer is not to be stored: what is there is out of date.
            Product::Shared(_) | Product::Alone => {
                self.take_away(site, vec![(Arc::from(key), nonce)]).await;
                true
            }
            // The source failed: the old entry is better than none.
            Product::Failed => false,
        }
    }

    /// What became of an entry of so many bytes.
    pub(super) fn count_fill(
        &self,
        site: &'static Site,
        filled: Result<bool, Error>,
        bytes: usize,
    ) {
        match filled {
            Ok(true) => {
                let counters = self.counters(site);
                counters.count(Count::Fill);
                counters.add(Count::StoredBytes, bytes as u64);
            }
            Ok(false) => self.count(site, Count::FillRejected),
            Err(error) => self.failed(site, &error),
        }
    }
}

pub(super) fn stamp(entry: &mut [u8], nonce: Nonce) {
    entry[1..=16].copy_from_slice(&nonce.0);
}
