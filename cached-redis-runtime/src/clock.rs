//! The only place that reads time or sleeps.
//!
//! It is tokio's time, so a test that pauses it pauses the cache as well.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the file that the rule sends everybody to"
)]

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) use tokio::time::Instant;
use tokio::time::Timeout;

pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

pub(crate) async fn sleep_until(end: Instant) {
    tokio::time::sleep_until(end).await;
}

/// Ends with an error when `limit` passed first.
///
/// Pass large futures pinned: by value, each layer around them would move them once more.
pub(crate) fn within<F: Future>(limit: Duration, future: F) -> Timeout<F> {
    tokio::time::timeout(limit, future)
}

/// Ends with an error when `end` passed first.
pub(crate) fn until<F: Future>(end: Instant, future: F) -> Timeout<F> {
    tokio::time::timeout_at(end, future)
}

/// `None` when `end` passed first. What is ready at once needs no timer.
pub(crate) async fn by<F: Future>(end: Instant, mut future: Pin<&mut F>) -> Option<F::Output> {
    let at_once = poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    });
    match at_once.await {
        Some(output) => Some(output),
        None => until(end, future).await.ok(),
    }
}

/// Milliseconds since 1970. Used only to tell how old an entry is, never to decide whether it is valid.
///
/// It goes as far ahead of the wall clock as tokio's time is ahead of the monotonic one: not at all, unless a test has paused
/// the one and gone forward in it.
pub(crate) fn unix_ms() -> u64 {
    let (wall, paused) = (SystemTime::now(), now().into_std());
    let real = std::time::Instant::now();
    let behind = real.saturating_duration_since(paused);
    let wall = wall + paused.saturating_duration_since(real);
    wall.checked_sub(behind)
        .and_then(|wall| wall.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_millis().try_into().unwrap_or(u64::MAX))
}
/// When something was sent, as well as that is known without a look at the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// At the earliest.
    pub(crate) at: Instant,
    /// And no longer ago than this.
    pub(crate) most: Duration,
}

impl Sent {
    /// How long ago that is, at most. Reads the clock.
    pub(crate) fn elapsed(self) -> Duration {
        now().saturating_duration_since(self.at).min(self.most)
    }
}
