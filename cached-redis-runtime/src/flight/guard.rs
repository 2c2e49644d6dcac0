//! What `Drop` decides: a seat left, a turn passed on.

use core::fmt;

use tokio::sync::SemaphorePermit;

use super::{Flight, Flights, Verdict};
use crate::codec::Nonce;
use crate::site::{LoadLimit, LoadPermit};
use crate::sync::Arc;

/// A place in a flight. The last one to leave closes it, and drops its right unless a turn took it.
pub(crate) struct Seat<R> {
    flights: Arc<Flights<R>>,
    flight: Arc<Flight<R>>,
}

impl<R> Seat<R> {
    pub(super) fn new(flights: Arc<Flights<R>>, flight: Arc<Flight<R>>) -> Self {
        Self { flights, flight }
    }

    /// Waits for the verdict, or for the turn to act when whoever had it gave up.
    ///
    /// # Cancel safety
    /// The turn is either handed over or stays in line for the next.
    pub(crate) async fn wait(self) -> Result<Verdict, Turn<R>> {
        // The permit comes back in `Turn::drop`, with no await in between.
        let acquired = {
            let _waiting = self.flights.waiting.enter();
            self.flight
                .turn
                .acquire()
                .await
                .map(SemaphorePermit::forget)
        };
        if acquired.is_ok() {
            return Err(Turn::taken(self));
        }
        // Closed, and it is closed only after the verdict is there.
        let verdict = self.flight.verdict.get().cloned();
        Ok(verdict.unwrap_or(Verdict::Over))
    }
}

impl<R> Drop for Seat<R> {
    fn drop(&mut self) {
        let right = {
            let mut table = self.flights.table.lock();
            let mut state = self.flight.state.lock();
            state.seats -= 1;
            if state.seats > 0 {
                return;
            }
            table.remove(&self.flight.name);
            (state.right.take(), state.permit.take())
        };
        // Outside the locks: dropping a lease spawns a task, and dropping a permit wakes one.
        drop(right);
    }
}

/// The right to act for a flight.
pub(crate) struct Turn<R> {
    seat: Seat<R>,
}

impl<R> Turn<R> {
    pub(super) fn taken(seat: Seat<R>) -> Self {
        Self { seat }
    }

    /// The claim has succeeded: from now on whoever has the turn may load.
    pub(crate) fn arm(&self, right: R) {
        self.seat.flight.state.lock().right = Some(right);
    }

    /// Who has the turn holds this permit, until the flight ends.
    pub(crate) fn permit(&self, permit: Option<LoadPermit>) {
        if let Some(permit) = permit {
            let old = self.seat.flight.state.lock().permit.replace(permit);
            drop(old);
        }
    }

    /// For a holder who runs his body without the flight.
    pub(crate) fn take_permit(&self) -> Option<LoadPermit> {
        self.seat.flight.state.lock().permit.take()
    }

    /// Whether who has the turn holds a permit of this limit.
    pub(crate) fn is_permitted(&self, limit: &'static LoadLimit) -> bool {
        let state = self.seat.flight.state.lock();
        state
            .permit
            .as_ref()
            .is_some_and(|permit| permit.is_of(limit))
    }

    /// Whether this is a load of this process, so that the holder runs its body; otherwise it polls.
    pub(crate) fn loads(&self) -> bool {
        self.seat.flight.state.lock().right.is_some()
    }

    /// Asks something of the right to load, if there is one.
    pub(crate) fn right_is(&self, ask: impl FnOnce(&R) -> bool) -> bool {
        self.seat
            .flight
            .state
            .lock()
            .right
            .as_ref()
            .is_some_and(ask)
    }

    pub(crate) fn nonce(&self) -> Nonce {
        self.seat.flight.name.1
    }

    pub(crate) fn key(&self) -> &Arc<str> {
        &self.seat.flight.name.0
    }

    /// Whether somebody else is aboard: the result is then worth encoding even if it is not stored.
    pub(crate) fn is_watched(&self) -> bool {
        self.seat.flight.state.lock().seats > 1
    }

    /// Ends the flight. Those who wait, and those who still read its nonce, get `verdict`.
    ///
    /// The right, if any, is the caller's now: to fill with, or to give back.
    pub(crate) fn end(&self, verdict: Verdict) -> Option<R> {
        let flight = &self.seat.flight;
        // Only the holder of the one turn ends a flight, so this is the first verdict.
        let _ = flight.verdict.set(verdict);
        flight.turn.close();
        let mut state = flight.state.lock();
        let (right, permit) = (state.right.take(), state.permit.take());
        drop(state);
        // The body has ended.
        drop(permit);
        right
    }

    /// Takes the right out if nobody else is aboard; otherwise the next in line shall have it.
    pub(crate) fn take_alone(&self) -> Option<R> {
        let mut state = self.seat.flight.state.lock();
        if state.seats > 1 {
            return None;
        }
        let right = state.right.take();
        drop(state);
        // Somebody may come aboard before the table forgets this flight: there is nothing left to wait for.
        if right.is_some() {
            self.end_over();
        }
        right
    }

    fn end_over(&self) {
        drop(self.end(Verdict::Over));
    }
}

impl<R> Drop for Turn<R> {
    fn drop(&mut self) {
        // Adding a permit to a closed semaphore wakes nobody, so this is right after `end` as well.
        self.seat.flight.turn.add_permits(1);
    }
}

impl<R> fmt::Debug for Turn<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}
