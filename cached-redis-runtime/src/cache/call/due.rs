//! An entry that was taken although its time has come: who loads it anew, and how the call is answered if nobody does here.

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use super::background::Refresh;
use super::{Call, Target};
use crate::cache::context::{Context, Served};
use crate::clock::{self, Sent};
use crate::codec::{Entry, Nonce, read};
use crate::engine::{Candidate, Freshness, Hit, Start};
use crate::observe::Count;
use crate::site::FamilyRef;
use crate::sync::Arc;
use crate::ttl::Soft;

/// What a reader has found to be due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    nonce: Nonce,
    /// As it was written.
    life: Duration,
    freshness: Freshness,
    /// When the store was asked.
    sent: Option<Sent>,
}

impl Due {
    /// Whether the entry that a call has taken is due, by what it has drawn. One look at the clock, and no lock.
    pub(super) fn of(hit: &Hit, soft: &Soft, lot: u64) -> Option<Self> {
        let (Entry::Value { head, .. } | Entry::Absent { head }) = read(&hit.bytes) else {
            return None;
        };
        let freshness = Freshness::of(&head, soft, clock::unix_ms(), lot);
        (freshness != Freshness::Fresh).then_some(Due {
            nonce: head.nonce,
            life: Duration::from_millis(head.life_ms),
            freshness,
            sent: hit.sent,
        })
    }

    pub(super) fn is_stale(&self) -> bool {
        matches!(self.freshness, Freshness::Stale { .. })
    }
}

/// What there is to count and to report once a call is answered by an entry that was due.
#[derive(Debug)]
pub(super) struct Answer {
    counters: FamilyRef<'static>,
    context: Context,
    absent: bool,
    joined: bool,
    freshness: Freshness,
}

impl Answer {
    pub(super) fn give(self) {
        if self.absent {
            self.counters.count(Count::NegativeHit);
        }
        self.counters.count(if self.joined {
            Count::Joined
        } else {
            Count::Hit
        });
        self.context.report(match self.freshness {
            Freshness::Stale { age } => {
                self.counters.count(Count::StaleHit);
                Served::Stale { age }
            }
            _ if self.joined => Served::Joined,
            _ => Served::Hit,
        });
    }
}

impl Call {
    /// What a call is answered with that takes the entry all the same.
    pub(super) fn answer(&self, hit: &Hit, due: Due) -> Option<Answer> {
        let engine = self.target.as_ref()?.cache.engine();
        Some(Answer {
            counters: engine.counters_of(self.site, &self.lifetimes),
            context: self.context.clone(),
            absent: hit.absent,
            joined: hit.joined,
            freshness: due.freshness,
        })
    }

    fn stand(&self, due: Due, in_background: bool) -> Option<(&Target, Candidate)> {
        let target = self.target.as_ref()?;
        // In a transaction nothing is loaded to be stored.
        if target.read_only {
            return None;
        }
        let engine = target.cache.engine();
        let candidate = engine.stand(self.request(target), due.nonce, in_background)?;
        Some((target, candidate))
    }

    /// The right to load the entry anew, in this very call.
    ///
    /// Boxed for the same reason as [`Call::plan`].
    pub(super) fn elected(
        &self,
        due: Due,
    ) -> Option<Pin<Box<dyn Future<Output = Option<Start>> + Send + '_>>> {
        let (target, candidate) = self.stand(due, false)?;
        Some(Box::pin(async move {
            let engine = target.cache.engine();
            let start = engine
                .elect(self.request(target), candidate, engine.left(due.sent))
                .await?;
            if due.freshness == Freshness::Early {
                engine.count(self.site, Count::EarlyLoad);
            }
            Some(start)
        }))
    }

    /// Waits for the load of the entry that somebody else here has begun. `false`: there is none, or it takes longer, or the
    /// call does not wait.
    pub(super) async fn is_reloaded(&self, due: Due, most: Option<Duration>) -> bool {
        let target = self.target.as_ref().filter(|target| !target.read_only);
        let (Some(target), Some(most)) = (target, most) else {
            return false;
        };
        let engine = target.cache.engine();
        // Boxed for the same reason as `Call::plan`.
        Box::pin(engine.end_of_reload(self.request(target), due.nonce, most)).await
    }

    /// The load of the entry, to go on in the background if no other process is at it.
    pub(super) fn refresh(&self, due: Due) -> Option<Refresh> {
        let (target, candidate) = self.stand(due, true)?;
        let engine = target.cache.engine();
        Some(Refresh {
            engine: Arc::downgrade(engine),
            site: self.site,
            key: target.key.clone(),
            lifetimes: self.lifetimes,
            format: target.format,
            fingerprint: target.fingerprint,
            most: self.lifetimes.kept_at_most(due.life),
            candidate,
            tags: Vec::new(),
            context: self.context.detached(&target.cache, self.site, &target.key),
            early: due.freshness == Freshness::Early,
        })
    }
}
