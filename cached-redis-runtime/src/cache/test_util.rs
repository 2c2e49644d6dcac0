//! A cache for tests: its own store in memory, whose time and whose troubles the test decides.

use core::fmt;
use core::future::Future;
use core::panic::Location;
use core::time::Duration;

use super::around::inspect;
use super::builder::{Failure, Stage};
use super::context::Served;
use super::{Cache, CacheBuilder};
use crate::sync::Arc;

/// A cache for one test: a store in memory of its own, so that tests run side by side.
///
/// Time in it is the process's, and [`advance`](Self::advance) lets some pass; [`outage`](Self::outage) takes the server away.
/// The `expect_…` methods run a call and panic if it was served otherwise than the test says.
pub struct TestCache {
    cache: Cache,
    stage: Arc<Stage>,
}

impl TestCache {
    /// A cache with the settings that [`Cache::connect`] has.
    #[must_use]
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    /// A cache with settings of the test's own.
    ///
    /// # Panics
    /// If one is out of range.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::test_util::TestCache;
    ///
    /// let cache = TestCache::with(|builder| builder.namespace("shop").max_value_bytes(1024));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with(settings: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        let builder = settings(Cache::builder("memory://"));
        match builder.rehearse() {
            Ok((cache, stage)) => Self { cache, stage },
            Err(error) => panic!("a test's cache: {error}"),
        }
    }

    /// The cache itself, to hand to what names its own.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Runs `future` with this cache in place of the installed one, as [`Cache::scope`] does.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        self.cache.scope(future).await
    }

    /// Lets time pass in this cache: what is stored becomes older by this long, and what outlives its TTL is gone.
    ///
    /// A TTL is shortened by up to a tenth at random, so that entries do not expire together: what is to be there still
    /// should have a tenth of its TTL left, unless it has `jitter = 0.0`. A load that is under way grows older as well, and loses
    /// its right to store after [`lease`](CacheBuilder::lease), 10 s.
    ///
    /// Tokio's time is not touched. Where a test pauses that, entries expire by it as well, and the two add up.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use cached_redis_runtime::cache_aside;
    /// use cached_redis_runtime::test_util::TestCache;
    ///
    /// #[cache_aside(key = "rate:<currency>", ttl = "1h")]
    /// async fn rate(currency: &str) -> f64 {
    ///     1.08
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cache = TestCache::new();
    /// cache.expect_miss(rate("EUR")).await;
    /// cache.advance(Duration::from_secs(50 * 60));
    /// cache.expect_hit(rate("EUR")).await;
    /// cache.advance(Duration::from_secs(10 * 60));
    /// cache.expect_miss(rate("EUR")).await;
    /// # }
    /// ```
    pub fn advance(&self, time: Duration) {
        self.stage.age(time);
    }

    /// Takes the server away for as long as the guard lives: commands fail at once, as they do without a connection. What is
    /// stored is there again afterwards; what was to be deleted meanwhile is deleted a moment later, in the background.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::test_util::TestCache;
    /// use cached_redis_runtime::{Served, cache_aside, inspect};
    ///
    /// #[cache_aside(key = "rate:<currency>", ttl = "1h")]
    /// async fn rate(currency: &str) -> f64 {
    ///     1.08
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let cache = TestCache::new();
    /// {
    ///     let _outage = cache.outage();
    ///     let (_, served) = cache.scope(inspect(rate("EUR"))).await;
    ///     assert_eq!(served, Served::Uncached);
    /// }
    /// cache.expect_miss(rate("EUR")).await;
    /// # }
    /// ```
    pub fn outage(&self) -> Outage<'_> {
        self.fail(Failure::Away)
    }

    /// Lets the server hang for as long as the guard lives: each command fails after 100 ms without an answer. With tokio's time
    /// paused these pass at once.
    pub fn hang(&self) -> Outage<'_> {
        self.fail(Failure::Hanging)
    }

    fn fail(&self, failure: Failure) -> Outage<'_> {
        self.stage.set_failure(Some(failure));
        Outage(&self.stage)
    }

    /// Runs a call that is to be answered from the cache, and returns its value.
    ///
    /// # Panics
    /// If it was served in another way; the message says in which, and what that means.
    #[track_caller]
    pub fn expect_hit<F: Future>(&self, call: F) -> impl Future<Output = F::Output> {
        self.expect(Served::Hit, Box::pin(call), Location::caller())
    }

    /// Runs a call that is to find nothing in the cache, so that its body runs and its result is stored. Returns its value.
    ///
    /// # Panics
    /// If it was served in another way; the message says in which, and what that means.
    #[track_caller]
    pub fn expect_miss<F: Future>(&self, call: F) -> impl Future<Output = F::Output> {
        self.expect(Served::Miss, Box::pin(call), Location::caller())
    }

    /// Holds a write to it that the next `read` sees what was written: `read` is called until it is a hit, which is the second time
    /// at the latest, then `write` runs, and after that `read` is to be a miss. Returns what the write returned.
    ///
    /// # Panics
    /// If `read` is no hit the second time, for instance because its body fails, and if it still is one after the write.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::test_util::TestCache;
    /// use cached_redis_runtime::{cache_aside, cache_invalidate};
    ///
    /// #[cache_aside(key = "user:<id>", ttl = 60)]
    /// async fn find(id: u64) -> String {
    ///     id.to_string()
    /// }
    ///
    /// #[cache_invalidate(key = "user:<id>")]
    /// async fn rename(id: u64, name: &str) {}
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// TestCache::new().expect_invalidates(rename(7, "Ada"), || find(7)).await;
    /// # }
    /// ```
    #[track_caller]
    pub fn expect_invalidates<W: Future, R: Future>(
        &self,
        write: W,
        mut read: impl FnMut() -> R,
    ) -> impl Future<Output = W::Output> {
        let at = Location::caller();
        let write = Box::pin(write);
        let mut read = move || Box::pin(read());
        async move {
            self.cache.scope(read()).await;
            self.expect(Served::Hit, read(), at).await;
            let written = self.cache.scope(write).await;
            let (_, served) = self.cache.scope(inspect(read())).await;
            assert!(
                served != Served::Hit,
                "at {at}: the read is still a hit after the write: the write does not invalidate the key that is read. Do \
                 both have the same template, and the same values in it?"
            );
            self.check(Served::Miss, served, at);
            written
        }
    }

    /// Boxed calls, since each layer around a call makes a future of twice its size.
    async fn expect<F: Future + Unpin>(
        &self,
        expected: Served,
        call: F,
        at: &'static Location<'static>,
    ) -> F::Output {
        let (output, served) = self.cache.scope(inspect(call)).await;
        self.check(expected, served, at);
        output
    }

    fn check(&self, expected: Served, served: Served, at: &Location<'_>) {
        let trouble = if self.stage.is_failing() {
            " (the test has taken the server away)"
        } else {
            ""
        };
        assert!(
            served == expected,
            "at {at}: expected a {expected}, and the call was served as `{served}`{trouble}: {}",
            meaning(served)
        );
    }
}

/// What a test can do about it.
fn meaning(served: Served) -> &'static str {
    match served {
        Served::Hit => "its entry was there already",
        Served::Miss => {
            "its entry was not there. It was never stored, because the body failed or returned `None` without `none_ttl`; or it \
             has expired or been invalidated; or its key is another one"
        }
        Served::Joined => "another call loaded the same key at the same time",
        Served::Stale { .. } => "its entry was there, past its ttl, and `stale` lets it answer",
        Served::Refreshed => {
            "it was inside `refresh(…)`, or its entry was due and this call has loaded it anew"
        }
        Served::Bypassed => {
            "`when`, `bypass(…)` or a `transaction(…)` around it kept it from the cache, or its body called itself"
        }
        Served::Uncached => {
            "the cache could not be used: the server is away, or a write with `before` is under way, or the key is too long"
        }
        Served::Untouched => {
            "no cached function was called in it. Is the attribute above the function that this calls, and is the call inside \
             the future that was handed over, and not in a task that it spawns?"
        }
    }
}

impl Default for TestCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TestCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestCache").finish_non_exhaustive()
    }
}

/// While it lives the server is away, or hangs; made by [`TestCache::outage`] and [`TestCache::hang`].
#[must_use = "the outage ends when this is dropped"]
pub struct Outage<'a>(&'a Stage);

impl Drop for Outage<'_> {
    fn drop(&mut self) {
        self.0.set_failure(None);
    }
}

impl fmt::Debug for Outage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outage")
    }
}
