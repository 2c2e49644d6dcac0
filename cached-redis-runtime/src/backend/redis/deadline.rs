//! A deadline for every command, without a timer for every command.
//!
//! Arming and disarming a timer is a tenth of what a hit costs in client time. Almost no command ever needs it, so the
//! commands under way share one clock that ticks eight times per deadline and only while there are any. A command is
//! given up at its eighth tick: after seven to eight eighths of the deadline, never more.

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use tokio::sync::Notify;

use crate::clock::{self, Instant, Sent};
use crate::sync::Mutex;

/// Per deadline. The timer that drives the clock counts milliseconds, so a short deadline has fewer.
const TICKS: u32 = 8;
const FEW_TICKS: u32 = 4;
const SHORT: Duration = Duration::from_millis(16);

/// The clock of one endpoint.
#[derive(Debug)]
pub(super) struct Deadlines {
    period: Duration,
    ticks: u32,
    tick: AtomicU64,
    under_way: Mutex<UnderWay>,
    /// Rings when the clock stands still and a command begins.
    bell: Notify,
}

/// Invariant: `free` and the occupied places of `slots` are disjoint and together all of `slots`.
#[derive(Debug, Default)]
struct UnderWay {
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    /// How many commands began since the last tick.
    begun: u64,
    /// When the last tick was, while the clock ticks.
    ticked: Option<Instant>,
}

#[derive(Debug)]
struct Slot {
    due: u64,
    waker: Waker,
}

impl Deadlines {
    pub(super) fn new(deadline: Duration) -> Self {
        let ticks = if deadline < SHORT { FEW_TICKS } else { TICKS };
        Self {
            period: (deadline / ticks).max(Duration::from_micros(250)),
            ticks,
            tick: AtomicU64::new(0),
            under_way: Mutex::new(UnderWay::default()),
            bell: Notify::new(),
        }
    }

    /// Ends with `None` when the deadline passes first.
    pub(super) fn within<'a, F: Future>(&'a self, command: Pin<&'a mut F>) -> Within<'a, F> {
        Within {
            deadlines: self,
            command,
            place: None,
        }
    }

    /// Lets the clock tick, for as long as the returned future is polled. One task per endpoint does.
    pub(super) async fn run(&self) {
        let mut last = clock::now();
        loop {
            while self.is_idle() {
                self.bell.notified().await;
                last = clock::now();
            }
            // From when the last tick was due: if each came a little later than the one before, so would a deadline. After
            // a standstill they do not come all at once.
            let next = (last + self.period).max(clock::now() + self.period / 2);
            clock::sleep_until(next).await;
            last = next;
            let now = self.tick.fetch_add(1, Ordering::AcqRel) + 1;
            for waker in self.due(now) {
                waker.wake();
            }
        }
    }

    /// Stops the clock if nothing is under way and nothing began since the last tick.
    fn is_idle(&self) -> bool {
        let now = clock::now();
        let mut under_way = self.under_way.lock();
        let idle = under_way.begun == 0 && under_way.free.len() == under_way.slots.len();
        under_way.begun = 0;
        under_way.ticked = (!idle).then_some(now);
        idle
    }

    fn due(&self, now: u64) -> Vec<Waker> {
        let under_way = self.under_way.lock();
        let slots = under_way.slots.iter().flatten();
        slots
            .filter(|slot| slot.due <= now)
            .map(|slot| slot.waker.clone())
            .collect()
    }

    fn begin(&self, waker: Waker) -> Place {
        // Before the lock: a tick in between makes the wait shorter, never longer.
        let due = self.tick.load(Ordering::Acquire) + u64::from(self.ticks);
        let slot = Some(Slot { due, waker });
        let mut under_way = self.under_way.lock();
        under_way.begun += 1;
        let index = if let Some(index) = under_way.free.pop() {
            under_way.slots[index] = slot;
            index
        } else {
            under_way.slots.push(slot);
            under_way.slots.len() - 1
        };
        let sent = *under_way.ticked.get_or_insert_with(|| {
            self.bell.notify_one();
            clock::now()
        });
        Place { index, due, sent }
    }

    fn keep_waiting(&self, place: Place, waker: &Waker) {
        let mut under_way = self.under_way.lock();
        if let Some(slot) = &mut under_way.slots[place.index]
            && !slot.waker.will_wake(waker)
        {
            slot.waker.clone_from(waker);
        }
    }

    fn end(&self, place: Place) {
        let mut under_way = self.under_way.lock();
        let slot = under_way.slots[place.index].take();
        under_way.free.push(place.index);
        drop(under_way);
        // Outside the lock: a waker's drop may free a task.
        drop(slot);
    }
}

#[derive(Clone, Copy, Debug)]
struct Place {
    index: usize,
    due: u64,
    sent: Instant,
}

/// A command with a deadline.
#[derive(Debug)]
pub(super) struct Within<'a, F> {
    deadlines: &'a Deadlines,
    command: Pin<&'a mut F>,
    /// Taken at the first poll that has to wait.
    place: Option<Place>,
}

impl<F> Within<'_, F> {
    /// When the command was sent: an eighth of the deadline before, at most. `None` if it was answered at once. Only the
    /// first command after a while reads a clock for it.
    ///
    /// While this process is too busy for the clock to tick, the last tick is long ago. That is not the server's doing, and
    /// the ticks that there were bound it: one more than that, since the command may have begun right behind one.
    pub(super) fn sent(&self) -> Option<Sent> {
        let place = self.place?;
        let begun = place.due - u64::from(self.deadlines.ticks);
        let ticks = self.deadlines.tick.load(Ordering::Relaxed) - begun + 1;
        let ticks = u32::try_from(ticks).map_or(self.deadlines.ticks, |ticks| {
            ticks.min(self.deadlines.ticks)
        });
        Some(Sent {
            at: place.sent,
            most: self.deadlines.period * ticks,
        })
    }
}

impl<F: Future> Future for Within<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.command.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        match self.place {
            None => self.place = Some(self.deadlines.begin(cx.waker().clone())),
            Some(place) if self.deadlines.tick.load(Ordering::Acquire) >= place.due => {
                return Poll::Ready(None);
            }
            Some(place) => self.deadlines.keep_waiting(place, cx.waker()),
        }
        Poll::Pending
    }
}

impl<F> Drop for Within<'_, F> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.deadlines.end(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::future::{pending, ready};
    use core::pin::pin;

    use super::*;
    use crate::sync::Arc;

    const DEADLINE: Duration = Duration::from_millis(100);

    fn ticking() -> Arc<Deadlines> {
        let deadlines = Arc::new(Deadlines::new(DEADLINE));
        let clock = Arc::clone(&deadlines);
        tokio::spawn(async move { clock.run().await });
        deadlines
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_without_a_reply_is_given_up_within_its_deadline() {
        let deadlines = ticking();
        for offset in [0, 10, 24, 25, 26, 99] {
            clock::sleep(Duration::from_millis(offset)).await;
            let began = clock::now();
            let reply = deadlines.within(pin!(pending::<()>())).await;
            assert_eq!(reply, None);
            let elapsed = clock::now() - began;
            // Tokio's timer adds up to a millisecond, and not one per tick.
            let late = Duration::from_millis(1);
            assert!(elapsed <= DEADLINE + late, "{elapsed:?}");
            assert!(elapsed >= DEADLINE * 7 / 8, "{elapsed:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_in_time_is_a_reply() {
        let deadlines = ticking();
        assert_eq!(deadlines.within(pin!(ready(1))).await, Some(1));
        let slow = async {
            clock::sleep(DEADLINE / 2).await;
            2
        };
        assert_eq!(deadlines.within(pin!(slow)).await, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_was_sent_at_most_a_tick_after_it_says() {
        let deadlines = ticking();
        let reply = pin!(ready(1));
        let mut within = deadlines.within(reply);
        assert_eq!((&mut within).await, Some(1));
        assert!(within.sent().is_none());
        for millis in [1, 24, 26, 49, 60, 74] {
            let began = clock::now();
            let reply = pin!(clock::sleep(Duration::from_millis(millis)));
            let mut within = deadlines.within(reply);
            assert_eq!((&mut within).await, Some(()));
            let took = within.sent().expect("it had to wait").elapsed();
            let elapsed = clock::now() - began;
            // Tokio's timer adds up to a millisecond.
            let tick = DEADLINE / TICKS + Duration::from_millis(1);
            assert!(
                took >= elapsed && took <= elapsed + tick,
                "{took:?} for {elapsed:?}"
            );
        }
    }

    /// Else the next command of the call would have no time left.
    #[tokio::test(start_paused = true)]
    async fn the_first_command_after_a_while_was_not_sent_before_it() {
        let deadlines = ticking();
        for _ in 0..3 {
            clock::sleep(DEADLINE * 10).await;
            let began = clock::now();
            let reply = pin!(clock::sleep(Duration::from_millis(40)));
            let mut within = deadlines.within(reply);
            assert_eq!((&mut within).await, Some(()));
            let took = within.sent().map(Sent::elapsed);
            assert_eq!(took, Some(clock::now() - began));
        }
    }

    /// The claims of a thousand callers would have no time left after a moment in which nothing ticked.
    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_late_does_not_count_against_a_command() {
        // Nobody runs it.
        let deadlines = Deadlines::new(DEADLINE);
        for _ in 0..2 {
            let reply = pin!(clock::sleep(Duration::from_millis(1)));
            let mut within = deadlines.within(reply);
            assert_eq!((&mut within).await, Some(()));
            let took = within.sent().expect("it had to wait").elapsed();
            assert!(took <= DEADLINE / TICKS, "{took:?}");
            clock::sleep(DEADLINE * 10).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_deadline_is_kept_as_well() {
        for millis in [1, 4, 15, 16] {
            let deadline = Duration::from_millis(millis);
            let deadlines = Arc::new(Deadlines::new(deadline));
            let clock = Arc::clone(&deadlines);
            tokio::spawn(async move { clock.run().await });
            let began = clock::now();
            deadlines.within(pin!(pending::<()>())).await;
            let elapsed = clock::now() - began;
            // A millisecond for each tick that is shorter than one.
            let late = Duration::from_millis(4);
            assert!(elapsed <= deadline + late, "{elapsed:?} of {deadline:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_stands_still_when_nothing_is_under_way() {
        let deadlines = ticking();
        deadlines.within(pin!(pending::<()>())).await;
        clock::sleep(DEADLINE * 10).await;
        let tick = deadlines.tick.load(Ordering::Acquire);
        clock::sleep(DEADLINE * 10).await;
        assert_eq!(deadlines.tick.load(Ordering::Acquire), tick);
        assert_eq!(deadlines.within(pin!(pending::<()>())).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_used_again() {
        let deadlines = ticking();
        for _ in 0..10 {
            let commands: Vec<_> = (0..5)
                .map(|_| {
                    let deadlines = Arc::clone(&deadlines);
                    tokio::spawn(async move { deadlines.within(pin!(pending::<()>())).await })
                })
                .collect();
            for command in commands {
                assert_eq!(command.await.expect("no panic"), None);
            }
        }
        let under_way = deadlines.under_way.lock();
        assert_eq!((under_way.slots.len(), under_way.free.len()), (5, 5));
    }
}
