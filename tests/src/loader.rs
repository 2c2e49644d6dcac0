//! A stand-in for the database: a value, and a count of how often it was read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Gate;

/// A source whose reads are counted and can be held at a [`Gate`].
///
/// [`load`](CountingLoader::load) reads the value *first* and then waits at the gate, as a query does whose
/// answer is already on its way while somebody else commits. Clones are the same source.
#[derive(Debug, Clone)]
pub struct CountingLoader<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    value: Mutex<T>,
    runs: AtomicUsize,
    running: AtomicUsize,
    most_at_once: AtomicUsize,
    gate: Gate,
}

impl<T: Clone> CountingLoader<T> {
    /// A source that answers at once.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self::behind(Gate::opened(), value)
    }

    /// A source whose loads wait at `gate` after they have read the value.
    #[must_use]
    pub fn behind(gate: Gate, value: T) -> Self {
        Self(Arc::new(Inner {
            value: Mutex::new(value),
            runs: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            gate,
        }))
    }

    /// Reads the value, waits at the gate, returns what was read.
    pub async fn load(&self) -> T {
        let _running = Running::enter(&self.0.running, &self.0.most_at_once);
        self.0.runs.fetch_add(1, Ordering::SeqCst);
        let read = self.peek();
        self.0.gate.pass().await;
        read
    }

    /// Changes the value, as a writer's commit does.
    pub fn set(&self, value: T) {
        *self.0.value.lock().unwrap_or_else(PoisonError::into_inner) = value;
    }

    /// The value as it is now. Not counted.
    #[must_use]
    pub fn peek(&self) -> T {
        self.0
            .value
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The gate at which loads wait.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// How many loads have begun.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.0.runs.load(Ordering::SeqCst)
    }

    /// How many loads are running now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.0.running.load(Ordering::SeqCst)
    }

    /// How many loads have ever run at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.0.most_at_once.load(Ordering::SeqCst)
    }
}

/// Counts a load as running until it returns or its future is dropped.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn enter(running: &'a AtomicUsize, most: &AtomicUsize) -> Self {
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        Self(running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_held_load_returns_what_it_read_before_the_change() {
        let source = CountingLoader::behind(Gate::closed(), "v1");
        let load = tokio::spawn({
            let source = source.clone();
            async move { source.load().await }
        });
        source.gate().reached().await;
        source.set("v2");
        source.gate().open();
        assert_eq!(load.await.unwrap(), "v1");
        assert_eq!(source.load().await, "v2");
        assert_eq!(
            (source.runs(), source.running(), source.most_at_once()),
            (2, 0, 1)
        );
    }

    #[tokio::test]
    async fn a_dropped_load_is_no_longer_running() {
        let source = CountingLoader::behind(Gate::closed(), ());
        let load = tokio::spawn({
            let source = source.clone();
            async move { source.load().await }
        });
        source.gate().reached().await;
        assert_eq!(source.running(), 1);
        load.abort();
        assert!(load.await.is_err());
        assert_eq!((source.runs(), source.running()), (1, 0));
    }
}
