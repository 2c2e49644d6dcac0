//! Counters.

#[cfg(feature = "catalogue")]
use core::panic::Location;
use core::time::Duration;

use super::super::Cache;
use super::handle::{Handle, life};
#[cfg(feature = "catalogue")]
use crate::catalogue::Attribute;
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::observe::Count;
use crate::size::Size;
use crate::ttl::Life;

/// A number in Redis that processes count up together: views, downloads, tries.
///
/// Redis is the only place where it is. So where Redis is away there is no number, and each call says so by an
/// [`Error`]: [`ErrorKind::Unavailable`], or [`ErrorKind::Timeout`], after which nobody knows whether it was counted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cached_redis_runtime::structures::Counter;
/// use cached_redis_runtime::{Cache, key};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// let cache = Cache::connect("memory://").await?;
/// let page = 7;
/// let views = Counter::new(&cache, key!("views:<page>")).ttl(Duration::from_secs(86_400));
/// assert_eq!(views.incr().await?, 1);
/// assert_eq!(views.add(2).await?, 3);
/// assert_eq!(views.get().await?, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a counter does nothing until it is asked"]
pub struct Counter {
    handle: Handle,
    #[cfg(feature = "catalogue")]
    at: &'static Location<'static>,
}

impl Counter {
    /// The counter at `key`. It lives until it is reset, unless [`ttl`](Self::ttl) says otherwise.
    #[track_caller]
    pub fn new(cache: &Cache, key: impl Into<Key>) -> Self {
        let new = Self {
            handle: Handle::new(cache, key.into(), Life::FOREVER),
            #[cfg(feature = "catalogue")]
            at: Location::caller(),
        };
        new.listed()
    }

    /// How long it lives: its time begins with the first increment, in the same step, and is not renewed. Then it is 0 again.
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        #[cfg(feature = "catalogue")]
        self.handle.delisted(Attribute::Counter, None, self.at);
        self.handle.life = life("ttl", ttl);
        self.listed()
    }

    /// Counts one more, and says how many there are: [`add`](Self::add)`(1)`.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    ///
    /// # Cancel safety
    /// It may have been counted.
    ///
    /// # Concurrent calls on the same key
    /// Each is counted.
    ///
    /// # When Redis is down
    /// Returns an error.
    ///
    /// # Examples
    /// ```
    /// # use cached_redis_runtime::structures::Counter;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// assert_eq!(Counter::new(&cache, key!("orders")).incr().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn incr(&self) -> Result<i64, Error> {
        self.add(1).await
    }

    /// Adds `by`, which may be negative, and returns the sum.
    ///
    /// # Errors
    /// Where Redis is away; [`ErrorKind::Overflow`] where the sum is no `i64`, and the counter stays as it is;
    /// [`ErrorKind::WrongType`] where something else than a number is there, and is left alone.
    ///
    /// # Cancel safety
    /// It may have been added.
    ///
    /// # Concurrent calls on the same key
    /// Each is added.
    ///
    /// # When Redis is down
    /// Returns an error. It is not sent again: that could count it twice.
    ///
    /// # Examples
    /// ```
    /// # use cached_redis_runtime::structures::Counter;
    /// # use cached_redis_runtime::{Cache, ErrorKind, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let stock = Counter::new(&cache, key!("stock"));
    /// assert_eq!(stock.add(i64::MAX).await?, i64::MAX);
    /// assert_eq!(stock.incr().await.unwrap_err().kind(), ErrorKind::Overflow);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add(&self, by: i64) -> Result<i64, Error> {
        let life = self.handle.life.millis();
        let sum = self.handle.only(|store, key| store.add(key, by, life));
        let sum = sum.await?;
        self.handle.place.count(Count::Change);
        Ok(sum)
    }

    /// The number: 0 if nothing was counted yet.
    ///
    /// # Errors
    /// Where Redis is away; [`ErrorKind::WrongType`] where something else than a number is there.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    ///
    /// # Concurrent calls on the same key
    /// Each reads for itself.
    ///
    /// # When Redis is down
    /// Returns an error.
    ///
    /// # Examples
    /// ```
    /// # use cached_redis_runtime::structures::Counter;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// assert_eq!(Counter::new(&cache, key!("orders")).get().await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(&self) -> Result<i64, Error> {
        let engine = self.handle.engine();
        let look = self.handle.only(|_, key| engine.text(key, Size::Ordinary));
        let bytes = look.await?.bytes;
        self.handle.place.count(Count::Hit);
        let Some(bytes) = bytes else { return Ok(0) };
        let number = core::str::from_utf8(&bytes).ok();
        number
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| {
                self.handle.place.count(Count::Foreign);
                Error::new(
                    ErrorKind::WrongType,
                    "the key holds something else than a number",
                )
            })
    }

    /// Lets it be 0 again.
    ///
    /// # Errors
    /// As for [`Cache::invalidate`], which this is.
    ///
    /// # Cancel safety
    /// It is deleted in the background.
    ///
    /// # Concurrent calls on the same key
    /// What is counted later counts from 0.
    ///
    /// # When Redis is down
    /// Returns an error. It is deleted when Redis is back, and until then has no number in this process.
    ///
    /// # Examples
    /// ```
    /// # use cached_redis_runtime::structures::Counter;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// Counter::new(&cache, key!("orders")).reset().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reset(&self) -> Result<(), Error> {
        self.handle.cache.invalidate(&self.handle.key).await
    }

    /// In the catalogue, where there is one.
    fn listed(self) -> Self {
        #[cfg(feature = "catalogue")]
        self.handle.listed(Attribute::Counter, None, self.at);
        self
    }
}

impl Clone for Counter {
    /// A clone may be given another life, and then leaves this one's place in the catalogue.
    fn clone(&self) -> Self {
        let clone = Self {
            handle: self.handle.clone(),
            #[cfg(feature = "catalogue")]
            at: self.at,
        };
        clone.listed()
    }
}
