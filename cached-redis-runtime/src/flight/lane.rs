//! Sharing what has not begun yet: a command, or a load without the cache.
//!
//! A caller may take the reply of any command that was *sent after the caller began*. So callers of one key queue in a
//! lane; the first sends, and everybody who was in the lane by then takes its reply. Whoever comes later waits for the
//! next one. A stampede of a thousand callers sends a handful of claims.

use core::convert::Infallible;
use core::fmt;
use core::future::{Future, pending, poll_fn};
use core::hash::Hash;
use core::pin::pin;
use core::task::Poll;
use std::collections::HashMap;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::observe::Gauge;
use crate::sync::{Arc, Mutex};

/// The lanes of all names for one kind of command with reply `T`.
#[derive(Debug)]
pub(crate) struct Lanes<N: Eq + Hash, T> {
    table: Mutex<HashMap<N, Arc<Lane<N, T>>>>,
    waiting: Gauge,
}

#[derive(Debug)]
struct Lane<N, T> {
    name: N,
    /// One permit; closed when the lane is disbanded.
    turn: Semaphore,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    riders: usize,
    /// How many commands were sent; the number of the latest.
    sent: u64,
    /// How many of the riders came before the latest was sent, and may take its reply.
    passengers: usize,
    /// The latest reply with its command's number.
    reply: Option<(u64, T)>,
}

/// What waiting in a lane led to.
#[derive(Debug)]
pub(crate) enum Arrival<N: Eq + Hash, T> {
    /// Of a command that was sent after this caller came.
    Reply(T),
    /// It is this caller's turn to send.
    Head(Head<N, T>),
    /// The lane's replies cannot be shared: nobody is to stand in line for them.
    Disbanded,
}

impl<N: Clone + Eq + Hash, T: Clone> Lanes<N, T> {
    pub(crate) fn new() -> Self {
        Self {
            table: Mutex::new(HashMap::new()),
            waiting: Gauge::new(),
        }
    }

    /// Waits for the reply to a command that another caller sends from now on, or for the turn to send one.
    ///
    /// # Cancel safety
    /// The turn is either handed over or stays in line for the next.
    pub(crate) async fn enter(self: &Arc<Self>, name: &N) -> Arrival<N, T> {
        let entered = self.enter_within(name, pending::<Infallible>()).await;
        entered.unwrap_or_else(|never| match never {})
    }

    /// The same until `limit` ends. A reply that is there by then is taken.
    ///
    /// # Cancel safety
    /// As for [`enter`](Self::enter).
    pub(crate) async fn enter_within<L: Future>(
        self: &Arc<Self>,
        name: &N,
        limit: L,
    ) -> Result<Arrival<N, T>, L::Output> {
        let rider = self.board(name);
        let acquired = {
            let _waiting = self.waiting.enter();
            let (mut turn, mut limit) = (pin!(rider.lane.turn.acquire()), pin!(limit));
            poll_fn(|cx| match turn.as_mut().poll(cx) {
                // The permit comes back in `Head::drop`, with no await in between.
                Poll::Ready(turn) => Poll::Ready(Ok(turn.map(SemaphorePermit::forget))),
                Poll::Pending => limit.as_mut().poll(cx).map(Err),
            })
            .await
        };
        match acquired {
            Ok(Ok(())) => {
                let head = Head { rider };
                Ok(match head.rider.reply_since_arrival() {
                    Some(reply) => Arrival::Reply(reply),
                    None => Arrival::Head(head),
                })
            }
            Ok(Err(_)) => Ok(Arrival::Disbanded),
            Err(limit) => match rider.reply_since_arrival() {
                Some(reply) => Ok(Arrival::Reply(reply)),
                None => Err(limit),
            },
        }
    }

    /// Sends `command` with what `ready` brings, or takes the reply of one that another caller sent after this call began.
    /// Those who come before all is ready share as well.
    ///
    /// # Cancel safety
    /// A sender that is dropped passes its turn to the next in the lane, who sends its own.
    pub(crate) async fn share<W, F, Fut>(self: &Arc<Self>, name: &N, ready: W, command: F) -> T
    where
        W: Future,
        F: FnOnce(W::Output) -> Fut,
        Fut: Future<Output = T>,
    {
        match self.enter(name).await {
            Arrival::Reply(reply) => reply,
            Arrival::Head(mut head) => {
                let ready = ready.await;
                head.begin();
                let reply = command(ready).await;
                head.end(reply.clone());
                reply
            }
            Arrival::Disbanded => command(ready.await).await,
        }
    }

    /// How many callers wait in a lane right now.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.read()
    }

    /// How many lanes there are.
    pub(crate) fn len(&self) -> usize {
        self.table.lock().len()
    }

    fn board(self: &Arc<Self>, name: &N) -> Rider<N, T> {
        let mut table = self.table.lock();
        let lane = table.entry(name.clone()).or_insert_with(|| {
            Arc::new(Lane {
                name: name.clone(),
                turn: Semaphore::new(1),
                state: Mutex::new(State {
                    riders: 0,
                    sent: 0,
                    passengers: 0,
                    reply: None,
                }),
            })
        });
        let mut state = lane.state.lock();
        state.riders += 1;
        let arrival = state.sent;
        drop(state);
        Rider {
            lanes: Arc::clone(self),
            lane: Arc::clone(lane),
            arrival,
        }
    }
}

/// One caller in a lane; the last one out removes it.
struct Rider<N: Eq + Hash, T> {
    lanes: Arc<Lanes<N, T>>,
    lane: Arc<Lane<N, T>>,
    /// How many commands had been sent when this caller came.
    arrival: u64,
}

impl<N: Eq + Hash, T: Clone> Rider<N, T> {
    fn reply_since_arrival(&self) -> Option<T> {
        let state = self.lane.state.lock();
        let (number, reply) = state.reply.as_ref()?;
        (*number > self.arrival).then(|| reply.clone())
    }
}

impl<N: Eq + Hash, T> Rider<N, T> {
    /// Takes the lane out of the table, unless another one has its name by now.
    fn remove(&self, table: &mut HashMap<N, Arc<Lane<N, T>>>) {
        if table
            .get(&self.lane.name)
            .is_some_and(|lane| Arc::ptr_eq(lane, &self.lane))
        {
            table.remove(&self.lane.name);
        }
    }
}

impl<N: Eq + Hash, T> Drop for Rider<N, T> {
    fn drop(&mut self) {
        let mut table = self.lanes.table.lock();
        let mut state = self.lane.state.lock();
        state.riders -= 1;
        if self.arrival < state.sent {
            state.passengers = state.passengers.saturating_sub(1);
        }
        if state.riders == 0 {
            drop(state);
            self.remove(&mut table);
        }
    }
}

/// The turn to send, at the head of a lane. Dropped without a reply, it goes to the next in line.
pub(crate) struct Head<N: Eq + Hash, T> {
    rider: Rider<N, T>,
}

impl<N: Eq + Hash, T> Head<N, T> {
    /// The command leaves now: those who are in the lane may take its reply, those who come later may not.
    pub(crate) fn begin(&mut self) {
        let mut state = self.rider.lane.state.lock();
        state.sent += 1;
        state.passengers = state.riders - 1;
        // The sender is no passenger of its own, whenever it leaves.
        self.rider.arrival = state.sent;
    }

    /// Whether anybody is left who may take the reply.
    pub(crate) fn is_watched(&self) -> bool {
        self.rider.lane.state.lock().passengers > 0
    }

    /// The reply has come.
    pub(crate) fn end(self, reply: T) {
        let mut state = self.rider.lane.state.lock();
        state.reply = Some((state.sent, reply));
    }

    /// There is a reply, and it cannot be shared. Neither could the next: everybody in line is let go.
    pub(crate) fn disband(self) {
        self.rider.remove(&mut self.rider.lanes.table.lock());
        self.rider.lane.turn.close();
    }
}

impl<N: Eq + Hash, T> Drop for Head<N, T> {
    fn drop(&mut self) {
        self.rider.lane.turn.add_permits(1);
    }
}

impl<N: Eq + Hash, T> fmt::Debug for Head<N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head").finish_non_exhaustive()
    }
}
