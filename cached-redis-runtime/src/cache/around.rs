//! What a caller says of the calls inside, and asks about them.

use core::future::Future;
use core::pin::pin;

use super::context::{Context, Served};

/// Runs the annotated call inside anew and stores its result: `refresh(repo.find(id)).await`.
///
/// Calls that the body makes in turn use the cache as ever. If the call ends in an error, the old entry stays.
///
/// # Errors
/// The call's own.
///
/// # Cancel safety
/// The old entry stays.
///
/// # Concurrent calls on the same key
/// Others are served the old entry until the new one is there. An invalidation meanwhile wins: the value is then
/// returned and not stored.
///
/// # When Redis is down
/// The body runs, nothing is stored.
///
/// # Examples
/// ```
/// use cached_redis_runtime::{Cache, Served, cache_aside, inspect, refresh};
///
/// #[cache_aside(key = "rates:<currency>", ttl = "1h")]
/// async fn rate(currency: &str) -> f64 {
///     1.08
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// # let cache = Cache::connect("memory://").await?;
/// # cache.scope(async {
/// refresh(rate("EUR")).await; // warmed up
/// let (_, served) = inspect(rate("EUR")).await;
/// assert_eq!(served, Served::Hit);
/// # }).await;
/// # Ok(())
/// # }
/// ```
pub async fn refresh<F: Future>(call: F) -> F::Output {
    Context::current().refreshing().run(pin!(call)).await
}

/// Runs the annotated calls inside, and all that they call, as if there were no cache.
///
/// Invalidations inside still happen: they keep others right.
///
/// # Errors
/// The call's own.
///
/// # Cancel safety
/// That of the call.
///
/// # When Redis is down
/// No difference.
///
/// # Examples
/// ```
/// # use cached_redis_runtime::{bypass, cache_aside};
/// # #[cache_aside(key = "user:<id>", ttl = 60)]
/// # async fn find(id: u64) -> u64 { id }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let fresh = bypass(find(1)).await;
/// # assert_eq!(fresh, 1);
/// # }
/// ```
pub async fn bypass<F: Future>(call: F) -> F::Output {
    Context::current().bypassing().run(pin!(call)).await
}

/// Says how the annotated call inside was served, for a header such as `x-cache` or a test.
///
/// With several annotated calls inside it is the one that ended last; calls made by their bodies do not count.
///
/// # Errors
/// The call's own, in the first part of the pair.
///
/// # Cancel safety
/// That of the call.
///
/// # When Redis is down
/// [`Served::Uncached`].
///
/// # Examples
/// ```
/// use cached_redis_runtime::{Cache, Served, cache_aside, inspect};
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
/// assert_eq!(inspect(square(3)).await, (9, Served::Miss));
/// assert_eq!(inspect(square(3)).await, (9, Served::Hit));
/// # }).await;
/// # Ok(())
/// # }
/// ```
pub async fn inspect<F: Future>(call: F) -> (F::Output, Served) {
    let (context, report) = Context::current().reporting();
    let output = context.run(pin!(call)).await;
    let served = report.lock().served;
    (output, served)
}
