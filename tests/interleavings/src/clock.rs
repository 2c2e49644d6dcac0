//! Time as the modules under test see it: how much has passed is up to chance.

use core::ops::Sub;
use core::time::Duration;

use shuttle::rand::{Rng as _, thread_rng};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant;

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, _: Self) -> Duration {
        Duration::from_secs(thread_rng().gen_range(0..3))
    }
}

pub(crate) fn now() -> Instant {
    Instant
}

pub(crate) async fn sleep(_: Duration) {
    shuttle::future::yield_now().await;
}
