//! Feeds over lists.

#[cfg(feature = "catalogue")]
use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
#[cfg(feature = "catalogue")]
use core::panic::Location;
use core::time::Duration;

use super::super::Cache;
use super::handle::{Handle, life};
use super::reading::{Loading, Question, Reading};
use super::writing::Written;
#[cfg(feature = "catalogue")]
use crate::catalogue::Attribute;
use crate::codec::{
    Cacheable, Entry, Format, HEADER, LEASE, decode, encode_readable, fingerprint, read,
};
use crate::engine::{Built, Change};
use crate::error::Error;
use crate::key::Key;
use crate::size::Size;
use crate::store::{Held, Reply, Structures};
use crate::sync::Arc;

type Source<T, E> = Arc<dyn Fn() -> Loading<Result<Items<T>, E>> + Send + Sync>;

/// What the source says, in a type of its own: others may share it.
struct Items<T>(Vec<T>);

/// A feed: the newest items first, at most so many, in a list of Redis, with the database as its source.
///
/// What it promises is what a [`Ranking`](super::Ranking) promises. Two items that are pushed at once stand in the order in which
/// they reached Redis. What is built from the source while an item is pushed is not stored, since nobody can tell whether it has
/// that item.
///
/// Redis holds a list whose first element is a header that says how the others are written. Items of another type, version or
/// format, or that are damaged, are never read as `T`: the feed is built anew.
#[must_use = "a feed does nothing until it is asked"]
pub struct Feed<T, E> {
    handle: Handle,
    cap: usize,
    format: Format,
    version: u32,
    source: Source<T, E>,
    items: PhantomData<fn() -> T>,
}

impl<T, E> Feed<T, E>
where
    T: Cacheable + Clone + Send + Sync + 'static,
    E: Send + 'static,
{
    /// The feed at `key`, which lives for `ttl`, shortened by up to a tenth of it; with [`Duration::MAX`] until it is invalidated.
    /// It has the `cap` newest items. `source` is given that number and loads so many, the newest first.
    ///
    /// It is cheap to make. Those of one key and one `T` share what the source says.
    ///
    /// # Panics
    /// If `ttl` or `cap` is zero.
    ///
    /// # Examples
    /// ```
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use cached_redis_runtime::structures::Feed;
    /// use cached_redis_runtime::{Cache, key};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::connect("memory://").await?;
    /// let user = 7;
    /// let feed = Feed::new(&cache, key!("feed:<user>"), Duration::from_secs(600), 100, |n| async move {
    ///     let newest = ["third", "second", "first"].map(str::to_owned);
    ///     Ok::<_, Infallible>(newest.into_iter().take(n).collect())
    /// });
    /// assert_eq!(feed.latest(2).await?, ["third", "second"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn new<S, Fut>(
        cache: &Cache,
        key: impl Into<Key>,
        ttl: Duration,
        cap: usize,
        source: S,
    ) -> Self
    where
        S: Fn(usize) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<T>, E>> + Send + 'static,
    {
        assert!(
            cap > 0,
            "`cap` must not be zero: such a feed is always empty"
        );
        let handle = Handle::new(cache, key.into(), life("ttl", ttl));
        #[cfg(feature = "catalogue")]
        handle.listed(Attribute::Feed, Some(type_name::<T>()), Location::caller());
        Self {
            handle,
            cap,
            format: cache.engine().settings().format,
            version: 1,
            source: Arc::new(move || {
                let loading = source(cap);
                Box::pin(async move {
                    let mut items = loading.await?;
                    items.truncate(cap);
                    Ok(Items(items))
                })
            }),
            items: PhantomData,
        }
    }

    /// How items are written. Defaults to the cache's format. All users of a key must agree on it.
    pub fn codec(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Bump it when the items' meaning changes. Defaults to 1. All users of a key must agree on it.
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Puts an item in front: `write` stores it in the source and returns it as it is there.
    ///
    /// # Errors
    /// Those of `write`: nothing has changed then. What Redis has to say is in [`Written::cached`].
    ///
    /// # Cancel safety
    /// Dropped after `write` has begun, its outcome is unknown: the feed is deleted in the background, and this process asks the
    /// source until it is. A process that dies in between leaves the feed as it was for a
    /// [`lease`](crate::CacheBuilder::lease) at most.
    ///
    /// # Concurrent calls on the same key
    /// Items stand in the order in which they reached Redis. A feed that was built between the beginning and the end of a push is
    /// deleted.
    ///
    /// In a [`transaction`](crate::transaction) the feed is deleted when that ends.
    ///
    /// # When Redis is down
    /// `write` runs, after one deadline at most, and `cached` is an error.
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Feed;
    /// # use cached_redis_runtime::{Cache, key};
    /// # async fn insert(text: &str) -> Result<String, std::io::Error> { Ok(text.to_owned()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let feed = Feed::new(&cache, key!("feed"), Duration::from_secs(60), 10, |_| async { Ok::<_, Infallible>(vec!["hello".to_owned()]) });
    /// let post = feed.push(insert("hello")).await?.into_result()?;
    /// assert_eq!(feed.latest(1).await?, [post]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn push<X>(
        &self,
        write: impl Future<Output = Result<T, X>>,
    ) -> Result<Written<T>, X> {
        let change = |item: &T| Change::Item {
            item: self.encoded(item),
            kind: self.kind(),
            cap: self.cap as u64,
        };
        self.handle.write(None, write, change).await
    }

    /// The `n` newest items, the newest first; at most as many as the feed has.
    ///
    /// # Errors
    /// Those of the source, where it is asked.
    ///
    /// # Cancel safety
    /// Nothing is lost: a caller who waits takes over, or the right to build is given back.
    ///
    /// # Concurrent calls on the same key
    /// Where the feed is not there, one asks the source, in all processes, and the others share what comes of it.
    ///
    /// # When Redis is down
    /// The source is asked, after one deadline at most. Callers who come meanwhile share the next time.
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Feed;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let feed = Feed::new(&cache, key!("feed"), Duration::from_secs(60), 10, |_| async { Ok::<_, Infallible>(vec![2, 1]) });
    /// assert_eq!(feed.latest(20).await?, [2, 1]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn latest(&self, n: usize) -> Result<Vec<T>, E> {
        let n = n.min(self.cap);
        let reading = Reading {
            handle: &self.handle,
            load: &*self.source,
            build: &|items: &Items<T>| self.built(items),
            takes_changes: false,
        };
        reading.answer(Latest { feed: self, n }).await
    }

    /// Deletes the feed, after writes of the source that it was not told of. The next read builds it anew.
    ///
    /// # Errors
    /// As for [`Cache::invalidate`], which this is.
    ///
    /// # Cancel safety
    /// It is bypassed, and deleted in the background.
    ///
    /// # Concurrent calls on the same key
    /// What is being built meanwhile is not stored.
    ///
    /// # When Redis is down
    /// Returns an error. This process asks the source until the feed has been deleted.
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Feed;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let feed = Feed::new(&cache, key!("feed"), Duration::from_secs(60), 10, |_| async { Ok::<_, Infallible>(vec![2, 1]) });
    /// feed.invalidate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn invalidate(&self) -> Result<(), Error> {
        self.handle.cache.invalidate(&self.handle.key).await
    }

    fn fingerprint(&self) -> u64 {
        fingerprint::<T, T>(self.format, self.version)
    }

    /// What of a list's header says how its items are written: format, flags and fingerprint.
    fn kind(&self) -> [u8; 10] {
        let mut kind = [0; 10];
        kind[0] = self.format.id();
        kind[2..].copy_from_slice(&self.fingerprint().to_be_bytes());
        kind
    }

    /// `None`: the format cannot write it, or it is too large.
    fn encoded(&self, item: &T) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        encode_readable::<T, T>(self.format, item, &mut bytes).ok()?;
        let most = self.handle.engine().settings().max_value_bytes;
        (bytes.len() <= most).then_some(bytes)
    }

    fn built(&self, items: &Items<T>) -> Option<Built> {
        let items = items.0.iter().map(|item| self.encoded(item));
        Some(Built::List {
            items: items.collect::<Option<_>>()?,
            format: self.format.id(),
            fingerprint: self.fingerprint(),
        })
    }
}

struct Latest<'f, T, E> {
    feed: &'f Feed<T, E>,
    n: usize,
}

impl<T, E> Question<Items<T>> for Latest<'_, T, E>
where
    T: Cacheable + Clone + Send + Sync + 'static,
    E: Send + 'static,
{
    type Raw = Vec<Vec<u8>>;
    type Answer = Vec<T>;

    fn ask<'a>(&'a self, store: &'a dyn Structures, key: &'a str) -> Reply<'a, Held<Self::Raw>> {
        store.items(key, self.n as u64, Size::Ordinary)
    }

    fn read(&self, raw: Self::Raw) -> Option<Self::Answer> {
        let (head, items) = raw.split_first()?;
        let is_header = head.len() == HEADER && matches!(read(head), Entry::Value { .. });
        if !is_header || head[LEASE..LEASE + 10] != self.feed.kind() {
            return None;
        }
        let items = items.iter().take(self.n);
        let items = items.map(|item| decode(self.feed.format, item).ok());
        items.collect()
    }

    fn empty(&self) -> Option<Self::Answer> {
        None
    }

    fn of(&self, source: &Items<T>) -> Self::Answer {
        source.0.iter().take(self.n).cloned().collect()
    }
}

impl<T, E> Clone for Feed<T, E> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            cap: self.cap,
            format: self.format,
            version: self.version,
            source: Arc::clone(&self.source),
            items: PhantomData,
        }
    }
}

impl<T, E> fmt::Debug for Feed<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("key", &self.handle.key)
            .field("cap", &self.cap)
            .finish_non_exhaustive()
    }
}
