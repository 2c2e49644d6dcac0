//! After the load of a batch: the same as after the load of one key, in one round of commands.

use bytes::Bytes;

use super::Batch;
use crate::codec::Nonce;
use crate::engine::fill::{Product, stamp};
use crate::engine::outdated::Outdated;
use crate::engine::patience::{Left, see_off};
use crate::engine::{Engine, Outcome, Registration, Ticket};
use crate::error::Error;
use crate::flight::{Turn, Verdict};
use crate::lease::{Lease, release_many};
use crate::site::Site;
use crate::store::{BATCH, BATCH_BYTES, Filling};
use crate::sync::Arc;

/// An entry on its way to the store, and the right to put it there.
struct Landing {
    entry: Bytes,
    life: Option<u64>,
    right: Right,
}

enum Right {
    /// The turn stays until the entry has replaced the lease, so that callers who still read the lease find the verdict.
    Lease(Lease, Turn<Lease>),
    Replace(String, Nonce),
}

/// What is left to do when every flight has its verdict.
#[derive(Default)]
struct Settled {
    landings: Vec<Landing>,
    releases: Vec<Lease>,
    turns: Vec<Turn<Lease>>,
    outdated: Vec<Outdated>,
}

impl Engine {
    /// Ends the load of a batch that ran to its end. What the store has not answered when nothing is `left` goes on in the
    /// background, and the keys stay under their tags until it is through: many entries take many rounds.
    ///
    /// # Cancel safety
    /// The waiters have their values before the first await; leases that were not filled are given back.
    pub(crate) async fn finish_many(
        self: &Arc<Self>,
        batch: Batch<'_>,
        loaded: Vec<(usize, Ticket, Outcome)>,
        (cost_ms, left): (u64, Left),
        registration: Option<Registration>,
    ) {
        let mut settled = Settled::default();
        for (at, ticket, outcome) in loaded {
            let product = self.product(batch.request(at), outcome, cost_ms);
            match ticket {
                // An entry of a batch is never due.
                Ticket::Uncached | Ticket::Round(_) | Ticket::Reload(_) => {}
                Ticket::Lead(turn) => settled.land(turn, product),
                Ticket::Replace(nonce) => settled.replace(&batch.keys[at], nonce, product),
            }
        }
        let carried = Arc::clone(self).carry_home(batch.site, settled);
        see_off(left, async move {
            carried.await;
            drop(registration);
        })
        .await;
    }

    async fn carry_home(self: Arc<Self>, site: &'static Site, settled: Settled) {
        let Settled {
            landings,
            mut releases,
            turns,
            outdated,
        } = settled;
        self.store_all(site, landings).await;
        // The smallest last: whoever polls it finds the others free.
        releases.sort_by(|a, b| b.name().0.cmp(a.name().0));
        release_many(&*self.store, releases).await;
        drop(turns);
        if !outdated.is_empty() {
            self.take_away(site, outdated).await;
        }
    }

    async fn store_all(&self, site: &'static Site, mut landings: Vec<Landing>) {
        while !landings.is_empty() {
            let mut bytes = 0;
            let fit = landings.iter().take(BATCH).take_while(|one| {
                bytes += one.entry.len();
                bytes <= BATCH_BYTES
            });
            let fit = fit.count().max(1);
            let rest = landings.split_off(fit);
            let fills: Vec<_> = landings.iter().map(Landing::filling).collect();
            let filled = self.store.fill_many(&fills).await;
            drop(fills);
            let failed = filled.as_ref().err().cloned();
            let filled = filled.unwrap_or_default();
            for (one, filled) in landings.into_iter().zip(every(filled, failed.as_ref())) {
                if let Right::Lease(mut lease, _turn) = one.right {
                    if filled.is_ok() {
                        lease.filled();
                    } else {
                        lease.sent(&one.entry);
                    }
                }
                self.count_fill(site, filled, one.entry.len());
            }
            // The next chunk would fail as this one did: its leases are given back by their drop.
            landings = if failed.is_some() { Vec::new() } else { rest };
        }
    }
}

/// The results, or the same error for each.
fn every(
    results: Vec<Result<bool, Error>>,
    failed: Option<&Error>,
) -> impl Iterator<Item = Result<bool, Error>> + use<'_> {
    let failed = failed.into_iter().cycle().map(|error| Err(error.clone()));
    results.into_iter().chain(failed)
}

impl Landing {
    fn filling(&self) -> Filling<'_> {
        match &self.right {
            Right::Lease(lease, _) => lease.filling(&self.entry, self.life),
            Right::Replace(key, nonce) => Filling {
                key,
                expect: *nonce,
                entry: &self.entry,
                life: self.life,
            },
        }
    }
}

impl Settled {
    fn land(&mut self, turn: Turn<Lease>, product: Product) {
        let (mut bytes, life) = match product {
            Product::Stored(bytes, life) => (bytes, Some(life)),
            Product::Shared(bytes) => (bytes, None),
            Product::Alone => {
                self.releases.extend(turn.end(Verdict::Alone));
                return;
            }
            Product::Failed => {
                // Whoever takes over finds the other keys free: the turn is handed on after the leases are back.
                self.releases.extend(turn.take_alone());
                self.turns.push(turn);
                return;
            }
        };
        stamp(&mut bytes, turn.nonce());
        let entry = Bytes::from(bytes);
        let lease = turn.end(Verdict::Entry(entry.clone()));
        match (lease, life) {
            (Some(lease), Some(life)) => self.landings.push(Landing {
                entry,
                life: life.millis(),
                right: Right::Lease(lease, turn),
            }),
            (lease, _) => {
                self.releases.extend(lease);
                self.turns.push(turn);
            }
        }
    }

    fn replace(&mut self, key: &str, nonce: Nonce, product: Product) {
        match product {
            Product::Stored(mut bytes, life) => {
                stamp(&mut bytes, Nonce::fresh());
                self.landings.push(Landing {
                    entry: Bytes::from(bytes),
                    life: life.millis(),
                    right: Right::Replace(key.to_owned(), nonce),
                });
            }
            // The source has answered, and its answer is not to be stored: what is there is out of date.
            Product::Shared(_) | Product::Alone => self.outdated.push((Arc::from(key), nonce)),
            Product::Failed => {}
        }
    }
}
