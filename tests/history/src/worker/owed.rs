//! Deletions that were not executed when their write returned, until this process's cache says that all have been.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Worker;
use crate::frame::{Phase, Said};

const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
pub(super) struct Owed(Mutex<Vec<(u32, u64)>>);

impl Owed {
    /// Call it after the write has returned or was dropped: by then the cache knows of the deletion.
    pub(super) fn add(&self, key: u32, version: u64) {
        self.lock().push((key, version));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(u32, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports deletions as made good.
pub(super) async fn settle(worker: Arc<Worker>) {
    while worker.phase() < Phase::End {
        cached_redis_tests::pause(LOOK).await;
        // First the deletions, then the look: what is added in between may not be among those made good.
        let count = worker.owed.lock().len();
        if count > 0 && worker.subject.pending() == 0 {
            for (key, version) in worker.owed.lock().drain(..count) {
                worker.link.say(Said::MadeGood { key, version });
            }
        }
    }
}
