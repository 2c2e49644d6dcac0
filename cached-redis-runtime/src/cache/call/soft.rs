//! One call of a reader whose entries are reloaded before they expire, or answer for a while after.

use core::future::Future;

use super::tagged::cache_aside_tagged;
use super::{Call, TagList};
use crate::codec::Cacheable;
use crate::shape::{Shape, Storable};
use crate::ttl::Soft;

/// With `stale` or `early`: who reloads does so in its own call, and the body may borrow.
pub fn cache_aside_soft<S, U, T, F, Fut>(
    call: Call,
    _soft: Soft,
    shape: S,
    store: U,
    tagged: T,
) -> impl Future<Output = S::Output>
where
    // Said first, so that rustc names the user's type and not ours around it.
    S: Shape<Stored: Cacheable>,
    S: Storable,
    U: FnOnce(&S::Value) -> bool,
    T: FnOnce(&mut TagList) -> F,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    cache_aside_tagged(call, shape, store, tagged)
}

/// With `refresh_ahead` or `soft_timeout`: the body may run in the background. `tagged` borrows, and is called only when
/// a body is needed, here or there; what it gives does not.
pub fn cache_aside_ahead<S, U, T, F, Fut>(
    call: Call,
    _soft: Soft,
    shape: S,
    store: U,
    tagged: T,
) -> impl Future<Output = S::Output>
where
    S: Shape<Stored: Cacheable>,
    S: Storable + Send + 'static,
    S::Output: Send + 'static,
    U: FnOnce(&S::Value) -> bool + Send + 'static,
    T: FnOnce(&mut TagList) -> F,
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = S::Output> + Send + 'static,
{
    cache_aside_tagged(call, shape, store, tagged)
}
