//! The only place that reads time or sleeps.
//!
//! It is tokio's time, so a test that pauses it pauses the cache as well.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that the rule sends everybody to"
)]

use core::future::Future;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use tokio::time::Instant;

pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// `None` when `limit` passed first.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// `None` when `end` passed first.
pub(crate) async fn until<F: Future>(end: Instant, future: F) -> Option<F::Output> {
    tokio::time::timeout_at(end, future).await.ok()
}

/// Milliseconds since 1970. Used only to tell how old an entry is, never to decide whether it is valid.
pub(crate) fn unix_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis().try_into().unwrap_or(u64::MAX))
}
