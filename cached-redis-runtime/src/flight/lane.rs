//! Sharing a command that has not been sent yet.
//!
//! A caller may take the reply of any command that was *sent after the caller began*. So callers of one key queue in a
//! lane; the first sends, and everybody who was in the lane by then takes its reply. Whoever comes later waits for the
//! next one. A stampede of a thousand callers sends a handful of claims.

use core::future::Future;
use std::collections::HashMap;

use tokio::sync::Semaphore;

use crate::sync::{Arc, Mutex};

/// The lanes of all keys for one kind of command with reply `T`.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    table: Mutex<HashMap<Arc<str>, Arc<Lane<T>>>>,
}

#[derive(Debug)]
struct Lane<T> {
    turn: Semaphore,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    riders: usize,
    /// How many commands were sent; the number of the latest.
    sent: u64,
    /// The latest reply with its command's number.
    reply: Option<(u64, T)>,
}

impl<T: Clone> Lanes<T> {
    pub(crate) fn new() -> Self {
        Self {
            table: Mutex::new(HashMap::new()),
        }
    }

    /// Sends `command`, or takes the reply of one that another caller sent after this call began.
    ///
    /// # Cancel safety
    /// A sender that is dropped passes its turn to the next in the lane, who sends its own.
    pub(crate) async fn share<F, Fut>(&self, key: &Arc<str>, command: F) -> T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        let rider = self.enter(key);
        // Never closed, so the error cannot happen; if it did, sending unshared is still right.
        let _turn = rider.lane.turn.acquire().await.ok();
        if let Some(reply) = rider.reply_since_arrival() {
            return reply;
        }
        let number = rider.send();
        let reply = command().await;
        rider.lane.state.lock().reply = Some((number, reply.clone()));
        reply
    }

    fn enter<'a>(&'a self, key: &'a Arc<str>) -> Rider<'a, T> {
        let mut table = self.table.lock();
        let lane = table.entry(Arc::clone(key)).or_insert_with(|| {
            Arc::new(Lane {
                turn: Semaphore::new(1),
                state: Mutex::new(State {
                    riders: 0,
                    sent: 0,
                    reply: None,
                }),
            })
        });
        let mut state = lane.state.lock();
        state.riders += 1;
        let arrival = state.sent;
        drop(state);
        Rider {
            lanes: self,
            key,
            lane: Arc::clone(lane),
            arrival,
        }
    }
}

/// One caller in a lane; the last one out removes it.
struct Rider<'a, T> {
    lanes: &'a Lanes<T>,
    key: &'a Arc<str>,
    lane: Arc<Lane<T>>,
    /// How many commands had been sent when this caller came.
    arrival: u64,
}

impl<T: Clone> Rider<'_, T> {
    fn reply_since_arrival(&self) -> Option<T> {
        let state = self.lane.state.lock();
        let (number, reply) = state.reply.as_ref()?;
        (*number > self.arrival).then(|| reply.clone())
    }

    fn send(&self) -> u64 {
        let mut state = self.lane.state.lock();
        state.sent += 1;
        state.sent
    }
}

impl<T> Drop for Rider<'_, T> {
    fn drop(&mut self) {
        let mut table = self.lanes.table.lock();
        let mut state = self.lane.state.lock();
        state.riders -= 1;
        if state.riders == 0 {
            table.remove(&**self.key);
        }
    }
}
