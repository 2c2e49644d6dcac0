//! The connection that callers use and the supervisor replaces: which one it is, and whether it works.
//!
//! Callers, the driver of a connection and the supervisor meet here. None of them waits for another: a connection is
//! dead when anybody says so, and the supervisor looks whenever the bell has rung.

use core::ops::Deref;

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Arc, Weak};

/// This many unanswered commands in a row mean that the connection is dead.
const TIMEOUTS: u32 = 2;

/// A connection that was published, and what is known about it.
pub(super) struct Live<C> {
    connection: C,
    /// Commands in a row that were not answered in time.
    timeouts: AtomicU32,
    alarm: Alarm,
}

impl<C> Deref for Live<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> Live<C> {
    /// The server has answered.
    pub(super) fn answered(&self) {
        // A plain store on every reply would move the cache line between cores.
        if self.timeouts.load(Ordering::Relaxed) != 0 {
            self.timeouts.store(0, Ordering::Relaxed);
        }
    }
}

/// What its driver says when a connection closes, maybe before it was published.
#[derive(Clone)]
pub(super) struct Alarm {
    dead: Arc<AtomicBool>,
    bell: Arc<Notify>,
}

impl Alarm {
    /// Does not block.
    pub(super) fn sound(&self) {
        self.dead.store(true, Ordering::Release);
        self.bell.notify_one();
    }
}

/// The connection of one endpoint, if it has one.
pub(super) struct Link<C> {
    /// Read on every command. No lock: an `ArcSwap` load touches no shared counter.
    live: ArcSwapOption<Live<C>>,
    /// Rings when the published connection is to be replaced, or the endpoint is gone.
    bell: Arc<Notify>,
}

impl<C> Link<C> {
    pub(super) fn new() -> Self {
        Self {
            live: ArcSwapOption::empty(),
            bell: Arc::new(Notify::new()),
        }
    }

    pub(super) fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    /// For a connection that is about to be opened.
    pub(super) fn alarm(&self) -> Alarm {
        Alarm {
            dead: Arc::new(AtomicBool::new(false)),
            bell: self.bell(),
        }
    }

    /// Lets callers use this connection. Only the supervisor does.
    pub(super) fn publish(&self, connection: C, alarm: Alarm) {
        self.live.store(Some(Arc::new(Live {
            connection,
            timeouts: AtomicU32::new(0),
            alarm,
        })));
    }

    pub(super) fn current(&self) -> Option<Arc<Live<C>>> {
        self.live.load_full()
    }

    pub(super) fn is_live(&self) -> bool {
        self.live.load().is_some()
    }

    /// Whether there is one that works, as far as anybody knows.
    fn is_sound(&self) -> bool {
        let live = self.live.load();
        live.as_ref()
            .is_some_and(|live| !live.alarm.dead.load(Ordering::Acquire))
    }

    /// A command was not answered in time. Says whether that was one too many.
    pub(super) fn unanswered(&self, live: &Arc<Live<C>>) -> bool {
        let dead = live.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= TIMEOUTS;
        if dead {
            self.retire(live);
        }
        dead
    }

    /// Takes a dead connection out of use and has it replaced.
    pub(super) fn retire(&self, live: &Arc<Live<C>>) {
        live.alarm.sound();
        // Even if its driver was first to say so: the supervisor may have ended with the driver's runtime. A newer
        // connection, published meanwhile, stays.
        drop(self.live.compare_and_swap(live, None));
    }

    /// Takes the connection out of use, whatever its state.
    fn withdraw(&self) {
        self.live.store(None);
    }
}

impl<C> Drop for Link<C> {
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

/// Waits until the published connection is dead, and takes it out of use; or until the link is gone.
pub(super) async fn until_dead<C>(link: &Weak<Link<C>>, bell: &Notify) {
    // The bell may ring for a connection that has been replaced already.
    while link.upgrade().is_some_and(|link| link.is_sound()) {
        bell.notified().await;
    }
    if let Some(link) = link.upgrade() {
        link.withdraw();
    }
}
