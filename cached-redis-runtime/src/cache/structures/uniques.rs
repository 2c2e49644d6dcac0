//! How many different ones there were.

#[cfg(feature = "catalogue")]
use core::panic::Location;
use core::time::Duration;

use super::super::Cache;
use super::handle::{Handle, life};
#[cfg(feature = "catalogue")]
use crate::catalogue::Attribute;
use crate::error::Error;
use crate::key::{CacheKey, Key, KeyWriter};
use crate::observe::Count;
use crate::store::Counting;

/// Counts different things: the visitors of a day, the readers of a page.
///
/// Exactly, by a set that keeps each of them, or approximately, by a `HyperLogLog` of 12 KiB that is off by 0.81 % on average,
/// however many there are. `memory://` counts exactly in either case, and keeps each.
///
/// Redis is the only place where it is: where Redis is away, each call says so by an [`Error`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cached_redis_runtime::structures::Uniques;
/// use cached_redis_runtime::{Cache, key};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// let cache = Cache::connect("memory://").await?;
/// let day = 20_422;
/// let visitors = Uniques::exact(&cache, key!("visitors:<day>"), Duration::from_secs(86_400));
/// assert!(visitors.add("ada").await?);
/// assert!(!visitors.add("ada").await?);
/// assert_eq!(visitors.count().await?, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is counted until something is added"]
pub struct Uniques {
    handle: Handle,
    how: Counting,
}

impl Uniques {
    /// Counts exactly at `key`, for a `window` that begins with the first addition; with [`Duration::MAX`] until it is reset.
    ///
    /// # Panics
    /// If `window` is zero.
    #[track_caller]
    pub fn exact(cache: &Cache, key: impl Into<Key>, window: Duration) -> Self {
        let handle = Handle::new(cache, key.into(), life("window", window));
        #[cfg(feature = "catalogue")]
        handle.listed(Attribute::Uniques, None, Location::caller());
        Self {
            handle,
            how: Counting::Exact,
        }
    }

    /// Counts approximately at `key`, in as little room as that takes, for a `window` that begins with the first addition; with
    /// [`Duration::MAX`] until it is reset.
    ///
    /// # Panics
    /// If `window` is zero.
    #[track_caller]
    pub fn approximate(cache: &Cache, key: impl Into<Key>, window: Duration) -> Self {
        Self {
            how: Counting::Approximate,
            ..Self::exact(cache, key, window)
        }
    }

    /// Adds one, told from others by the text that it has in keys. Says whether it was new, which for an approximate count
    /// means that the count may have changed.
    ///
    /// # Errors
    /// Where Redis is away, or the key is of another type, which is left alone.
    ///
    /// # Cancel safety
    /// It may have been added. To add it again makes no difference.
    ///
    /// # Concurrent calls on the same key
    /// Each is added.
    ///
    /// # When Redis is down
    /// Returns an error.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Uniques;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let readers = Uniques::approximate(&cache, key!("readers"), Duration::from_secs(3600));
    /// readers.add(&7_u64).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add<M: CacheKey + ?Sized>(&self, member: &M) -> Result<bool, Error> {
        let mut text = String::new();
        member.write_key(&mut KeyWriter::new(&mut text));
        let (how, life) = (self.how, self.handle.life.millis());
        let adding = self
            .handle
            .only(|store, key| Box::pin(async move { store.include(key, how, &text, life).await }));
        let new = adding.await?;
        self.handle.place.count(Count::Change);
        Ok(new)
    }

    /// How many different ones were added.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
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
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Uniques;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let readers = Uniques::exact(&cache, key!("readers"), Duration::from_secs(3600));
    /// assert_eq!(readers.count().await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn count(&self) -> Result<u64, Error> {
        let how = self.how;
        let counting = self.handle.only(|store, key| store.included(key, how));
        let count = counting.await?;
        self.handle.place.count(Count::Hit);
        Ok(count)
    }

    /// Forgets all of them.
    ///
    /// # Errors
    /// As for [`Cache::invalidate`], which this is.
    ///
    /// # Cancel safety
    /// They are deleted in the background.
    ///
    /// # Concurrent calls on the same key
    /// What is added later is counted anew.
    ///
    /// # When Redis is down
    /// Returns an error. They are deleted when Redis is back, and until then this process does not count.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Uniques;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// Uniques::exact(&cache, key!("readers"), Duration::MAX).reset().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reset(&self) -> Result<(), Error> {
        self.handle.cache.invalidate(&self.handle.key).await
    }
}
