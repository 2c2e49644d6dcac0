//! Real time, for what is about real time.

#![expect(
    clippy::disallowed_methods,
    reason = "what is measured and waited for here is time that nobody can pause"
)]

use std::time::{Duration, Instant};

/// When it is.
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}

/// Lets time pass.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
