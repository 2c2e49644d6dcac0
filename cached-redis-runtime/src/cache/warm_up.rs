//! Warm-up: many calls, a few at a time, each of which loads and stores.

use core::fmt;
use core::future::Future;
use core::iter::Fuse;
use core::num::NonZero;
use core::pin::Pin;
use core::task::{self, Poll};

use super::context::{Context, Report, Served};
use crate::sync::{Arc, Mutex};

const AT_ONCE: NonZero<usize> = NonZero::new(8).unwrap();

/// Runs cached calls, a few at a time, so that their results are stored before anybody needs them.
///
/// Each of `calls` is a call of an annotated function, or of [`ReadThrough::get`](crate::ReadThrough::get), and is run as
/// [`refresh`](crate::refresh) runs it: what is stored already is loaded anew. The iterator is asked for the next call only when
/// there is room for it, so it may be as long as a table; what the calls return is dropped.
///
/// It begins when it is awaited, and ends when all calls have ended. A call that fails stops nothing.
///
/// # Errors
/// None: [`Warmed`] counts what failed. That is a call whose body returned `Err`, and one whose result could not be stored,
/// because the cache was away, because `when` or a [`transaction`](crate::transaction) said so, or because no cached function was
/// called at all.
///
/// # Cancel safety
/// Dropped, it stops: calls that are under way are dropped as well, and what is stored stays.
///
/// # Concurrent calls on the same key
/// Others are served what is stored until the new value is there, and a key that they are loading is not loaded again. All calls
/// run in the task that awaits this.
///
/// # When Redis is down
/// The bodies run and count as failed: look at the progress, and stop by dropping it, where that is not wanted.
///
/// # Examples
/// ```
/// use cached_redis_runtime::{Cache, Served, cache_aside, inspect, warm};
///
/// #[cache_aside(key = "square:<n>", ttl = 60)]
/// async fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// # let cache = Cache::connect("memory://").await?;
/// # cache.scope(async {
/// let warmed = warm((0..100).map(square))
///     .concurrency(4)
///     .progress(|now| println!("{} of {:?}", now.done, now.total))
///     .await;
/// assert_eq!((warmed.done, warmed.failed), (100, 0));
/// assert_eq!(inspect(square(7)).await, (49, Served::Hit));
/// # }).await;
/// # Ok(())
/// # }
/// ```
pub fn warm<C>(calls: C) -> WarmUp<C::IntoIter>
where
    C: IntoIterator<Item: Future>,
{
    let calls = calls.into_iter();
    let total = match calls.size_hint() {
        (least, Some(most)) if least == most => Some(most),
        _ => None,
    };
    WarmUp {
        calls: calls.fuse(),
        at_once: AT_ONCE,
        running: Vec::new(),
        warmed: Warmed {
            done: 0,
            failed: 0,
            total,
        },
        progress: |_| {},
    }
}

/// A warm-up that has not ended, made by [`warm`]: a future of [`Warmed`].
#[must_use = "nothing is warmed up before it is awaited"]
pub struct WarmUp<I: Iterator, P = fn(Warmed)> {
    calls: Fuse<I>,
    at_once: NonZero<usize>,
    running: Vec<Running<I::Item>>,
    warmed: Warmed,
    progress: P,
}

/// How far a warm-up has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warmed {
    /// Calls whose results were loaded and offered to the cache.
    pub done: usize,
    /// Calls that ended in an error, and calls whose results could not be stored.
    pub failed: usize,
    /// All calls, where the iterator knows their number beforehand.
    pub total: Option<usize>,
}

impl Warmed {
    /// Calls that have not ended, where the number of all is known.
    #[must_use]
    pub fn remaining(&self) -> Option<usize> {
        let total = self.total?;
        Some(total.saturating_sub(self.done + self.failed))
    }
}

/// One call, in what surrounds it.
struct Running<F> {
    call: Pin<Box<F>>,
    context: Context,
    report: Arc<Mutex<Report>>,
}

impl<F: Future> Running<F> {
    fn start(call: F) -> Self {
        let (context, report) = Context::current().refreshing().reporting();
        Self {
            call: Box::pin(call),
            context,
            report,
        }
    }

    /// Whether the cache has now what it should have, once that is certain.
    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<bool> {
        let ended = self.context.poll(self.call.as_mut(), cx);
        ended.map(|_| {
            let Report { served, failed } = *self.report.lock();
            let is_stored = !matches!(
                served,
                Served::Bypassed | Served::Uncached | Served::Untouched
            );
            is_stored && !failed
        })
    }
}

impl<I: Iterator<Item: Future>, P> WarmUp<I, P> {
    /// So many calls at once. Defaults to 8.
    ///
    /// # Panics
    /// If it is zero: no call could ever run.
    #[track_caller]
    pub fn concurrency(mut self, calls: usize) -> Self {
        let Some(calls) = NonZero::new(calls) else {
            panic!("`concurrency` must not be zero: no call could ever run");
        };
        self.at_once = calls;
        self
    }

    /// Is called after each call that has ended, in the task that awaits the warm-up: for a progress bar or a line in the log.
    pub fn progress<Q: FnMut(Warmed)>(self, progress: Q) -> WarmUp<I, Q> {
        WarmUp {
            calls: self.calls,
            at_once: self.at_once,
            running: self.running,
            warmed: self.warmed,
            progress,
        }
    }
}

/// Nothing in it is pinned in place: each call has a box.
impl<I: Iterator, P> Unpin for WarmUp<I, P> {}

impl<I: Iterator<Item: Future>, P: FnMut(Warmed)> Future for WarmUp<I, P> {
    type Output = Warmed;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Warmed> {
        let this = self.get_mut();
        let room = this.at_once.get().saturating_sub(this.running.len());
        let next = this.calls.by_ref().take(room);
        this.running.extend(next.map(Running::start));
        let before = this.running.len();
        this.running.retain_mut(|call| match call.poll(cx) {
            Poll::Pending => true,
            Poll::Ready(stored) => {
                if stored {
                    this.warmed.done += 1;
                } else {
                    this.warmed.failed += 1;
                }
                (this.progress)(this.warmed);
                false
            }
        });
        if this.running.len() == before && before > 0 {
            return Poll::Pending;
        }
        if this.running.is_empty() && before == 0 {
            return Poll::Ready(this.warmed);
        }
        // There is room again. Others have their turn before it is used, since calls may never have to wait.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<I: Iterator, P> fmt::Debug for WarmUp<I, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WarmUp")
            .field("warmed", &self.warmed)
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}
