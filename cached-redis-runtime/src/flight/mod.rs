//! Single flight in the process, keyed by (key, nonce).
//!
//! The nonce in the key is what makes sharing right. A caller joins a flight only after it has itself read the flight's
//! nonce from the store, so no invalidation that finished before the caller began can have come after the flight's
//! claim. Keyed by the key alone, a caller could join a load that began before another process's invalidation.
//!
//! A flight has one *turn*. Whoever holds it acts for all: on a flight of this process it runs its body (it then holds
//! the right `R` as well), on another process's lease it polls. When the turn is dropped without a verdict (the holder
//! was cancelled, panicked or failed) the next one in line gets it. When nobody is left, the right is dropped.

mod guard;
mod lane;

pub(crate) use guard::{Seat, Turn};
pub(crate) use lane::{Arrival, Head, Lanes};

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::codec::Nonce;
use crate::observe::Gauge;
use crate::site::LoadPermit;
use crate::sync::{Arc, Mutex, OnceLock};

type Name = (Arc<str>, Nonce);

/// How a flight ended.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// With this entry, which everybody aboard may take.
    Entry(Bytes),
    /// Without one: everybody starts over from what the store holds now.
    Over,
    /// With a result that cannot be shared: everybody runs a body of their own, none in line.
    Alone,
    /// With a store that does not answer: everybody goes on as if their own look had failed.
    Away,
}

/// All flights of one cache.
#[derive(Debug)]
pub(crate) struct Flights<R> {
    table: Mutex<HashMap<Name, Arc<Flight<R>>>>,
    waiting: Gauge,
}

#[derive(Debug)]
struct Flight<R> {
    name: Name,
    /// Who acts: one permit.
    turn: Semaphore,
    verdict: OnceLock<Verdict>,
    /// Seats come and go under the table's lock, so that "the last one left" and "one more came" cannot both happen.
    state: Mutex<State<R>>,
}

impl<R> Flight<R> {
    /// With one seat taken.
    fn new(name: Name, turns: usize) -> Arc<Self> {
        Arc::new(Self {
            name,
            turn: Semaphore::new(turns),
            verdict: OnceLock::new(),
            state: Mutex::new(State {
                seats: 1,
                right: None,
                permit: None,
            }),
        })
    }
}

#[derive(Debug)]
struct State<R> {
    seats: usize,
    right: Option<R>,
    /// Of the function whose body runs, if that has a limit.
    permit: Option<LoadPermit>,
}

impl<R> Flights<R> {
    pub(crate) fn new() -> Self {
        Self {
            table: Mutex::new(HashMap::new()),
            waiting: Gauge::new(),
        }
    }

    /// How many callers wait for a verdict or a turn right now.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.read()
    }

    /// Opens a flight for a load of this process, with the turn already taken.
    ///
    /// It must be open before the claim is sent: from the moment the server has the lease, another caller here may read
    /// its nonce, and it must find the flight rather than take the lease for another process's. The right comes with
    /// [`Turn::arm`], when the claim has succeeded.
    pub(crate) fn open(self: &Arc<Self>, key: &Arc<str>, nonce: Nonce) -> Turn<R> {
        let flight = Flight::new((Arc::clone(key), nonce), 0);
        let mut table = self.table.lock();
        // The nonce is fresh and nobody has been told it, so no flight of this name exists.
        table.insert(flight.name.clone(), Arc::clone(&flight));
        drop(table);
        Turn::taken(Seat::new(Arc::clone(self), flight))
    }

    /// Takes a seat in the flight of the lease `nonce` that the caller has just read from the store.
    ///
    /// If it is not a load of this process, the flight of those who wait for it is joined or begun.
    pub(crate) fn join(self: &Arc<Self>, key: &Arc<str>, nonce: Nonce) -> Seat<R> {
        let mut table = self.table.lock();
        let flight = match table.entry((Arc::clone(key), nonce)) {
            Entry::Occupied(entry) => {
                entry.get().state.lock().seats += 1;
                Arc::clone(entry.get())
            }
            Entry::Vacant(entry) => {
                let flight = Flight::new(entry.key().clone(), 1);
                Arc::clone(entry.insert(flight))
            }
        };
        drop(table);
        Seat::new(Arc::clone(self), flight)
    }

    /// Takes a seat in a flight that is known to have been opened here, if it is still there.
    pub(crate) fn find(self: &Arc<Self>, key: &Arc<str>, nonce: Nonce) -> Option<Seat<R>> {
        let table = self.table.lock();
        let flight = Arc::clone(table.get(&(Arc::clone(key), nonce))?);
        flight.state.lock().seats += 1;
        drop(table);
        Some(Seat::new(Arc::clone(self), flight))
    }

    /// How many flights there are.
    pub(crate) fn len(&self) -> usize {
        self.table.lock().len()
    }
}

#[cfg(test)]
mod tests;
