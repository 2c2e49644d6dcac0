//! What is tested: cached-redis, or the usual way of doing it by hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cached_redis_runtime::{Cache, Served, inspect, key, refresh, transaction};

use super::functions::{
    Conduct, Failure, Found, FoundMany, Receipt, find, find_ahead, find_brief, find_early,
    find_many, find_per_value, find_short, find_stale, find_unlocked, store, update,
    update_and_fail, update_and_tell, update_guarded, update_in_transaction, update_many,
    update_through,
};
use super::link::Link;
use super::naive::Naive;
use super::{Assignment, LEASE};
use crate::call::{Reading, Way, Writing};
use crate::frame::Beat;

/// Short, so that the faults outlast them.
const DEADLINE: Duration = Duration::from_millis(60);
/// Where no command may fail, even on a busy machine.
const LONG_DEADLINE: Duration = Duration::from_secs(5);
/// For replicas; they may be stopped for longer.
const CONFIRMATION: Duration = Duration::from_millis(100);
const WAIT: Duration = Duration::from_millis(900);

pub(super) enum Subject {
    Ours(Cache),
    Naive(Naive),
}

/// What a writer knows about the deletion when it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletion {
    Executed,
    Failed,
    /// The function does not say; the cache's statistics do.
    Unknown,
}

impl Subject {
    pub(super) async fn connect(assignment: &Assignment) -> Self {
        if assignment.naive {
            return Self::Naive(Naive::connect(&assignment.url, DEADLINE).await);
        }
        let builder = Cache::builder(&assignment.url)
            .deadline(if assignment.guarded {
                LONG_DEADLINE
            } else {
                DEADLINE
            })
            .lease(LEASE)
            .wait(WAIT);
        let builder = if assignment.wait {
            builder.wait_for_replicas(1, CONFIRMATION)
        } else {
            builder
        };
        let cache = builder.connect().await.expect("the URL of a proxy");
        cache.install().expect("the only one in this process");
        Self::Ours(cache)
    }

    /// Reads, and says how it was served.
    pub(super) async fn read(
        &self,
        link: &Arc<Link>,
        reading: Reading,
        ids: &[u32],
        conduct: Conduct,
    ) -> (FoundMany, Way) {
        let Some(&id) = ids.first() else {
            return (Ok(HashMap::new()), Way::Other);
        };
        let one =
            |found: Found| found.map(|row| row.map(|row| (row.id, row)).into_iter().collect());
        let (found, served) = match (self, reading) {
            (Self::Naive(naive), _) => return naive.find_all(link, ids, conduct).await,
            (_, Reading::Single) => split(inspect(find(link, id, conduct)).await, one),
            (_, Reading::Brief) => split(inspect(find_brief(link, id, conduct)).await, one),
            (_, Reading::Ahead) => {
                let link = Arc::clone(link);
                split(inspect(find_ahead(link, id, conduct)).await, one)
            }
            (_, Reading::Early) => split(inspect(find_early(link, id, conduct)).await, one),
            (_, Reading::Stale) => split(inspect(find_stale(link, id, conduct)).await, one),
            (_, Reading::Unlocked) => split(inspect(find_unlocked(link, id, conduct)).await, one),
            (_, Reading::PerValue) => split(inspect(find_per_value(link, id, conduct)).await, one),
            (_, Reading::Short) => split(inspect(find_short(link, id, conduct)).await, one),
            (_, Reading::Batch) => inspect(find_many(link, ids, conduct)).await,
            (_, Reading::Refresh) => split(inspect(refresh(find(link, id, conduct))).await, one),
            (_, Reading::InTransaction) => {
                let block = async {
                    let (found, served) = inspect(find(link, id, conduct)).await;
                    Ok::<_, Failure>((one(found), served))
                };
                transaction(block)
                    .await
                    .unwrap_or((Err(Failure::Source), Served::Untouched))
            }
        };
        (found, way(served))
    }

    /// Writes. The receipts say what was written, whatever becomes of the call.
    pub(super) async fn write(
        &self,
        link: &Link,
        writing: Writing,
        ids: &[u32],
        conduct: Conduct,
        receipts: &[Receipt],
    ) -> Deletion {
        let (Some(&id), Some(receipt)) = (ids.first(), receipts.first()) else {
            return Deletion::Unknown;
        };
        let refused = Conduct {
            fails: true,
            ..conduct
        };
        // What the source answered does not matter: the receipts say what it did.
        let _ = match (self, writing) {
            (Self::Naive(_), Writing::Refused) => return Deletion::Failed,
            (Self::Naive(naive), _) => match naive.update(link, id, conduct, receipt).await {
                Ok(true) => return Deletion::Executed,
                _ => return Deletion::Failed,
            },
            (_, Writing::Plain) => update(link, id, conduct, receipt).await,
            (_, Writing::Refused) => update(link, id, refused, receipt).await,
            (_, Writing::Always) => update_and_fail(link, id, conduct, receipt).await,
            (_, Writing::Before) => update_guarded(link, id, conduct, receipt).await,
            (_, Writing::Through) => update_through(link, id, conduct, receipt).await.map(drop),
            (_, Writing::Telling) => match update_and_tell(link, id, conduct, receipt).await {
                Ok(()) => return Deletion::Executed,
                Err(_) => return Deletion::Failed,
            },
            (_, Writing::Many) => update_many(link, ids, conduct, receipts).await,
            (_, Writing::Transaction) => {
                update_in_transaction(link, ids, conduct, receipts, false).await
            }
            (_, Writing::GuardedTransaction) => {
                update_in_transaction(link, ids, conduct, receipts, true).await
            }
            (Self::Ours(cache), Writing::ByHand) => {
                let stored = store(link, id, conduct, receipt).await;
                return match cache.invalidate(key!("row:<id>")).await {
                    Ok(()) if stored.is_ok() => Deletion::Executed,
                    _ => Deletion::Failed,
                };
            }
        };
        Deletion::Unknown
    }

    /// Deletions that have failed and have not been made good.
    pub(super) fn pending(&self) -> u64 {
        match self {
            Self::Ours(cache) => cache.stats().pending_deletes as u64,
            // Nobody makes them good.
            Self::Naive(_) => 1,
        }
    }

    /// Deletions that no replica has confirmed.
    pub(super) fn unconfirmed(&self) -> u64 {
        match self {
            Self::Ours(cache) => cache.stats().unconfirmed,
            Self::Naive(_) => 0,
        }
    }

    pub(super) fn beat(&self) -> Beat {
        let Self::Ours(cache) = self else {
            return Beat::default();
        };
        let stats = cache.stats();
        let total = stats.total();
        Beat {
            pending: stats.pending_deletes as u64,
            waiting: stats.waiting as u64,
            fills: total.fills,
            rejected: total.rejected_fills,
            lost: total.lost_deletes,
            errors: total.errors,
            reloads: total.refreshes,
            early: total.early_loads,
            stale: total.stale_hits,
        }
    }
}

fn split<T, U>((found, served): (T, Served), convert: impl FnOnce(T) -> U) -> (U, Served) {
    (convert(found), served)
}

fn way(served: Served) -> Way {
    match served {
        Served::Hit => Way::Hit,
        Served::Miss => Way::Miss,
        Served::Joined => Way::Joined,
        Served::Stale { .. } => Way::Stale,
        Served::Refreshed => Way::Refreshed,
        Served::Bypassed => Way::Bypassed,
        Served::Uncached => Way::Uncached,
        _ => Way::Other,
    }
}
