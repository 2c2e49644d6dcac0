//! The only place of the harness that reads a clock or lets time pass.

#![expect(
    clippy::disallowed_methods,
    reason = "the harness waits for other processes, whose time cannot be paused"
)]

use std::future::Future;
use std::panic::Location;
use std::time::{Duration, Instant};

/// How often a condition is looked at. Short, because whole test runs consist of such waits.
const POLL: Duration = Duration::from_millis(2);

/// Waits until `condition` holds.
///
/// For what no gate can announce: another process has connected, a server counts a command. Whatever the
/// test itself controls waits on a [`Gate`](crate::Gate) instead.
///
/// # Panics
/// When `condition` does not hold within `deadline`; the message names the caller's line.
#[track_caller]
pub fn eventually(
    deadline: Duration,
    mut condition: impl FnMut() -> bool,
) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let watch = Stopwatch::start();
        while !condition() {
            assert!(
                watch.elapsed() < deadline,
                "{caller}: did not happen within {deadline:?}"
            );
            tokio::time::sleep(POLL).await;
        }
    }
}

/// [`eventually`] for code outside a runtime. Says whether `condition` came to hold.
pub fn eventually_blocking(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    while !condition() {
        if watch.elapsed() >= deadline {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}

/// Lets time pass, for tests whose subject is time: an expiry, a lease that runs out.
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Measures how long something took, for tests whose subject is time.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn eventually_returns_once_the_condition_holds() {
        let mut looks = 0;
        eventually(Duration::from_secs(5), || {
            looks += 1;
            looks == 3
        })
        .await;
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "did not happen within")]
    async fn eventually_gives_up_at_the_deadline() {
        eventually(Duration::from_millis(5), || false).await;
    }

    #[test]
    fn the_blocking_form_reports_instead_of_panicking() {
        assert!(!eventually_blocking(Duration::from_millis(5), || false));
        assert!(eventually_blocking(Duration::ZERO, || true));
    }
}
