//! `cached-redis-runtime/src/sync.rs` and `tokio::sync`, in shuttle's hands.

use shuttle::future::batch_semaphore::{AcquireError, BatchSemaphore, Fairness, TryAcquireError};
use shuttle::rand::{Rng as _, thread_rng};

pub(crate) use shuttle::sync::atomic;
pub(crate) use std::sync::{Arc, Weak};

/// The standard library's, with a place to go on elsewhere before each look.
#[derive(Debug)]
pub(crate) struct OnceLock<T>(std::sync::OnceLock<T>);

impl<T> OnceLock<T> {
    pub(crate) const fn new() -> Self {
        Self(std::sync::OnceLock::new())
    }

    pub(crate) fn get(&self) -> Option<&T> {
        shuttle::thread::yield_now();
        self.0.get()
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        shuttle::thread::yield_now();
        self.0.get_or_init(make)
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        shuttle::thread::yield_now();
        self.0.set(value)
    }
}

pub(crate) fn spread_between(low: u64, high: u64) -> u64 {
    thread_rng().gen_range(low..=high)
}

/// The runtime's mutex.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
        self.0
            .lock()
            .expect("no scenario panics with a lock in its hand")
    }
}

/// Tokio's semaphore: fair, and closed for good.
#[derive(Debug)]
pub struct Semaphore(BatchSemaphore);

impl Semaphore {
    pub const MAX_PERMITS: usize = usize::MAX >> 3;

    #[must_use]
    pub fn new(permits: usize) -> Self {
        Self(BatchSemaphore::new(permits, Fairness::StrictlyFair))
    }

    /// # Errors
    /// It is closed.
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.0.acquire(1).await?;
        Ok(SemaphorePermit(Some(self)))
    }

    /// # Errors
    /// There is none, or it is closed.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.0.try_acquire(1)?;
        Ok(SemaphorePermit(Some(self)))
    }

    pub fn add_permits(&self, count: usize) {
        self.0.release(count);
    }

    pub fn close(&self) {
        self.0.close();
    }
}

/// One permit, given back on drop.
#[derive(Debug)]
pub struct SemaphorePermit<'a>(Option<&'a Semaphore>);

impl SemaphorePermit<'_> {
    pub fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for SemaphorePermit<'_> {
    fn drop(&mut self) {
        if let Some(semaphore) = self.0 {
            semaphore.add_permits(1);
        }
    }
}

/// Tokio's bell for one listener: it rings once, however often it was rung before he listens.
#[derive(Debug)]
pub struct Notify(BatchSemaphore);

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl Notify {
    #[must_use]
    pub fn new() -> Self {
        Self(BatchSemaphore::new(0, Fairness::StrictlyFair))
    }

    pub fn notify_one(&self) {
        if self.0.available_permits() == 0 {
            self.0.release(1);
        }
    }

    pub async fn notified(&self) {
        // Never closed.
        let _ = self.0.acquire(1).await;
    }
}

/// `arc_swap`'s, by a lock.
#[derive(Debug)]
pub struct ArcSwapOption<T>(Mutex<Option<Arc<T>>>);

impl<T> ArcSwapOption<T> {
    #[must_use]
    pub const fn empty() -> Self {
        Self(Mutex::new(None))
    }

    pub fn load(&self) -> Option<Arc<T>> {
        self.0.lock().clone()
    }

    pub fn load_full(&self) -> Option<Arc<T>> {
        self.load()
    }

    pub fn store(&self, value: Option<Arc<T>>) {
        let old = core::mem::replace(&mut *self.0.lock(), value);
        drop(old);
    }

    pub fn compare_and_swap(&self, current: &Arc<T>, new: Option<Arc<T>>) -> Option<Arc<T>> {
        let mut held = self.0.lock();
        let is_it = held.as_ref().is_some_and(|held| Arc::ptr_eq(held, current));
        if is_it {
            core::mem::replace(&mut *held, new)
        } else {
            held.clone()
        }
    }
}
