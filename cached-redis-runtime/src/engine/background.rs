//! Loads that go on without the call that began them: as many as there are seats, and no longer than the cache.

use core::fmt;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::Engine;
use super::patience::Left;
use crate::clock::Sent;
use crate::sync::{Arc, Mutex};

/// The tasks of one cache. Dropped with it, they are aborted: none of them holds the cache while its body runs.
pub(super) struct Background {
    tasks: Mutex<JoinSet<()>>,
    seats: Arc<Semaphore>,
}

/// The right to go on in the background.
pub(crate) type Seat = OwnedSemaphorePermit;

impl Background {
    pub(super) fn new(seats: usize) -> Self {
        Self {
            tasks: Mutex::new(JoinSet::new()),
            seats: Arc::new(Semaphore::new(seats.min(Semaphore::MAX_PERMITS))),
        }
    }

    pub(super) fn seat(&self) -> Option<Seat> {
        Arc::clone(&self.seats).try_acquire_owned().ok()
    }
}

impl Engine {
    /// Runs a task until its end or that of the cache, which it must not hold while it waits for others. Must be called in a
    /// runtime.
    pub(crate) fn go_on(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.background.tasks.lock();
        // Those that have ended, so that no more are remembered than there are seats.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// How long a call may still wait for the store that `sent` something then; or a task that begins.
    pub(crate) fn left(&self, sent: Option<Sent>) -> Left {
        Left::since(&self.settings, sent)
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background")
            .field("seats", &self.seats.available_permits())
            .finish_non_exhaustive()
    }
}
