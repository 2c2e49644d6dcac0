//! The functions under test, as a service would have them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cached_redis_runtime::{cache_aside, cache_invalidate, transaction, write_through};
use serde::{Deserialize, Serialize};

use super::link::Link;
use super::panics::panic_on_purpose;
use crate::call::exists;
use crate::random::Random;

/// A row of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) id: u32,
    pub(super) version: u64,
}

impl Row {
    fn at(id: u32, version: u64) -> Option<Self> {
        exists(version).then_some(Self { id, version })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The source's.
    Source,
    /// The write took place, and its deletion failed.
    Deletion,
}

impl From<cached_redis_runtime::Error> for Failure {
    fn from(_: cached_redis_runtime::Error) -> Self {
        Self::Deletion
    }
}

/// How the source behaves in one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conduct {
    /// How long a query is on its way to the source, and its answer back.
    pub(super) before: Duration,
    pub(super) after: Duration,
    /// Before the query, with an error.
    pub(super) fails: bool,
    /// After it.
    pub(super) panics: bool,
}

impl Conduct {
    pub(super) fn draw(random: &mut Random) -> Self {
        let mut way = || match random.within(0..=99) {
            0..=59 => Duration::ZERO,
            60..=94 => random.millis(1..=8),
            95..=98 => random.millis(10..=80),
            // Longer than a lease.
            _ => random.millis(200..=700),
        };
        let (before, after) = (way(), way());
        Self {
            before,
            after,
            fails: random.percent(2),
            panics: random.percent(1),
        }
    }

    async fn around<T>(self, query: impl Future<Output = T>) -> Result<T, Failure> {
        wait(self.before).await;
        if self.fails {
            return Err(Failure::Source);
        }
        let answer = query.await;
        wait(self.after).await;
        if self.panics {
            panic_on_purpose();
        }
        Ok(answer)
    }
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        cached_redis_tests::pause(time).await;
    }
}

/// What a writer has written so far, known even if its future is dropped.
#[derive(Debug, Default)]
pub(super) struct Receipt(AtomicU64);

impl Receipt {
    pub(super) fn version(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&version| version > 0)
    }

    pub(super) async fn commit(&self, link: &Link, id: u32) {
        let version = link.commit(id).await;
        self.0.store(version, Ordering::Relaxed);
    }
}

pub(super) type Found = Result<Option<Row>, Failure>;
pub(super) type FoundMany = Result<HashMap<u32, Row>, Failure>;

#[cache_aside(key = "row:<id>", ttl = 3600, none_ttl = 3600, skip(link, conduct))]
pub(super) async fn find(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

/// Leaves an entry that soon expires.
#[cache_aside(
    key = "row:<id>",
    ttl = "250ms",
    none_ttl = "120ms",
    skip(link, conduct)
)]
pub(super) async fn find_brief(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

/// Soon due, and read often: reloaded in the background. What a reload outlives is its caller, so it has a link of its own.
#[cache_aside(
    key = "row:<id>",
    ttl = "400ms",
    none_ttl = "400ms",
    refresh_ahead = 0.05,
    skip(link, conduct)
)]
pub(super) async fn find_ahead(link: Arc<Link>, id: u32, conduct: Conduct) -> Found {
    load(&link, id, conduct).await
}

/// Loads take a few milliseconds, so many of them are early.
#[cache_aside(
    key = "row:<id>",
    ttl = "200ms",
    none_ttl = "150ms",
    early = 30.0,
    skip(link, conduct)
)]
pub(super) async fn find_early(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

#[cache_aside(
    key = "row:<id>",
    ttl = "40ms",
    none_ttl = "40ms",
    stale = "800ms",
    skip(link, conduct)
)]
pub(super) async fn find_stale(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

#[cache_aside(
    key = "row:<id>",
    ttl = "250ms",
    none_ttl = "120ms",
    lock = false,
    skip(link, conduct)
)]
pub(super) async fn find_unlocked(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

/// Every second version is not stored, so the next reader loads as well, and many a reload finds such a one.
fn life(row: &Row) -> Duration {
    Duration::from_millis(300 * (row.version % 2))
}

#[cache_aside(
    key = "row:<id>",
    ttl = |row| life(row),
    none_ttl = "120ms",
    stale = "400ms",
    skip(link, conduct)
)]
pub(super) async fn find_per_value(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

/// A few bodies take longer than either.
#[cache_aside(
    key = "row:<id>",
    ttl = "250ms",
    none_ttl = "120ms",
    lease = "100ms",
    wait = "150ms",
    skip(link, conduct)
)]
pub(super) async fn find_short(link: &Link, id: u32, conduct: Conduct) -> Found {
    load(link, id, conduct).await
}

#[cache_aside(key = "row:<ids>", each = ids, ttl = 3600, none_ttl = 3600, skip(link, conduct))]
pub(super) async fn find_many(link: &Link, ids: &[u32], conduct: Conduct) -> FoundMany {
    let query = async {
        let mut rows = HashMap::new();
        for &id in ids {
            rows.extend(Row::at(id, link.load(id).await).map(|row| (id, row)));
        }
        rows
    };
    conduct.around(query).await
}

pub(super) async fn load(link: &Link, id: u32, conduct: Conduct) -> Found {
    let version = conduct.around(link.load(id)).await?;
    Ok(Row::at(id, version))
}

pub(super) async fn store(
    link: &Link,
    id: u32,
    conduct: Conduct,
    receipt: &Receipt,
) -> Result<(), Failure> {
    conduct.around(receipt.commit(link, id)).await
}

#[cache_invalidate(key = "row:<id>")]
pub(super) async fn update(
    link: &Link,
    id: u32,
    conduct: Conduct,
    receipt: &Receipt,
) -> Result<(), Failure> {
    store(link, id, conduct, receipt).await
}

#[cache_invalidate(key = "row:<ids>", each = ids)]
pub(super) async fn update_many(
    link: &Link,
    ids: &[u32],
    conduct: Conduct,
    receipts: &[Receipt],
) -> Result<(), Failure> {
    conduct.around(commit_all(link, ids, receipts)).await
}

async fn commit_all(link: &Link, ids: &[u32], receipts: &[Receipt]) {
    for (&id, receipt) in ids.iter().zip(receipts) {
        receipt.commit(link, id).await;
    }
}

/// The row is written and the answer is lost: the caller sees an error.
#[cache_invalidate(key = "row:<id>", always)]
pub(super) async fn update_and_fail(
    link: &Link,
    id: u32,
    conduct: Conduct,
    receipt: &Receipt,
) -> Result<(), Failure> {
    store(link, id, conduct, receipt).await?;
    Err(Failure::Source)
}

#[cache_invalidate(key = "row:<id>", before)]
pub(super) async fn update_guarded(
    link: &Link,
    id: u32,
    conduct: Conduct,
    receipt: &Receipt,
) -> Result<(), Failure> {
    store(link, id, conduct, receipt).await
}

#[write_through(key = "row:<id>", ttl = 3600, none_ttl = 3600)]
pub(super) async fn update_through(
    link: &Link,
    id: u32,
    conduct: Conduct,
    receipt: &Receipt,
) -> Found {
    store(link, id, conduct, receipt).await?;
    Ok(receipt.version().and_then(|version| Row::at(id, version)))
}

#[cache_invalidate(key = "row:<id>", on_error = "fail")]
pub(super) async fn update_and_tell(
    link: &Link,
    id: u32,
    conduct: Conduct,
    receipt: &Receipt,
) -> Result<(), Failure> {
    store(link, id, conduct, receipt).await
}

#[cache_invalidate(key = "row:<id>")]
async fn note(id: u32) {
    let _ = id;
}

#[cache_invalidate(key = "row:<id>", before)]
async fn note_guarded(id: u32) {
    let _ = id;
}

/// Writes at the end, as a commit does; the annotated write comes before.
pub(super) async fn update_in_transaction(
    link: &Link,
    ids: &[u32],
    conduct: Conduct,
    receipts: &[Receipt],
    guarded: bool,
) -> Result<(), Failure> {
    transaction(async {
        for &id in ids {
            if guarded {
                note_guarded(id).await;
            } else {
                note(id).await;
            }
        }
        conduct.around(commit_all(link, ids, receipts)).await
    })
    .await
}
