//! A place where a load waits until the test lets it go on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Longer than any healthy test needs, so that only a broken one sees it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Parks whoever comes to [`pass`](Gate::pass) until somebody calls [`open`](Gate::open).
///
/// Clones are the same gate. It starts closed.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    arrived: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(Inner {
            arrived: watch::Sender::new(0),
            open: watch::Sender::new(false),
        }))
    }

    /// A gate that holds nobody until it is [closed](Gate::close).
    #[must_use]
    pub fn opened() -> Self {
        let gate = Self::closed();
        gate.open();
        gate
    }

    /// The loader's side: announces the arrival and waits until the gate is open.
    ///
    /// There is no limit to the wait: a test may drop the future instead of opening the gate.
    pub async fn pass(&self) {
        self.0.arrived.send_modify(|count| *count += 1);
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.0.open.subscribe().wait_for(|open| *open).await;
    }

    /// The test's side: waits until somebody has come to the gate.
    pub async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// The test's side: waits until `count` callers in all have come to the gate.
    ///
    /// # Panics
    /// When they do not come within 20 seconds.
    pub async fn reached_by(&self, count: usize) {
        let mut arrived = self.0.arrived.subscribe();
        let all_here = tokio::time::timeout(PATIENCE, arrived.wait_for(|here| *here >= count));
        let in_time = all_here.await.is_ok();
        assert!(
            in_time,
            "{} of {count} callers came to the gate",
            self.arrivals()
        );
    }

    /// How many callers have come to the gate so far.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        *self.0.arrived.borrow()
    }

    /// Lets everybody through, now and later.
    pub fn open(&self) {
        self.0.open.send_replace(true);
    }

    /// Holds those who come from now on.
    pub fn close(&self) {
        self.0.open.send_replace(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_gate_holds_until_it_is_opened() {
        let gate = Gate::closed();
        let guest = tokio::spawn({
            let gate = gate.clone();
            async move { gate.pass().await }
        });
        gate.reached().await;
        assert!(!guest.is_finished());
        gate.open();
        guest.await.unwrap();
        gate.pass().await;
        assert_eq!(gate.arrivals(), 2);
    }

    #[tokio::test]
    async fn a_dropped_guest_has_still_arrived() {
        let gate = Gate::closed();
        let guest = tokio::spawn({
            let gate = gate.clone();
            async move { gate.pass().await }
        });
        gate.reached().await;
        guest.abort();
        assert!(guest.await.unwrap_err().is_cancelled());
        assert_eq!(gate.arrivals(), 1);
    }

    #[tokio::test]
    async fn an_open_gate_can_be_closed_again() {
        let gate = Gate::opened();
        gate.pass().await;
        gate.close();
        let held = tokio::time::timeout(Duration::from_millis(5), gate.pass());
        assert!(held.await.is_err());
    }
}
