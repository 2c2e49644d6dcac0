//! Rankings over sorted sets.

#[cfg(feature = "catalogue")]
use core::any::type_name;
use core::fmt;
use core::future::Future;
#[cfg(feature = "catalogue")]
use core::panic::Location;
use core::time::Duration;

use super::super::Cache;
use super::handle::{Handle, life};
use super::member::Member;
use super::questions::{At, Standing, Top};
use super::reading::{Loading, Question, Reading};
use super::rows::{Ranked, Rows, score_of};
use super::writing::Written;
#[cfg(feature = "catalogue")]
use crate::catalogue::Attribute;
use crate::engine::{Built, Change};
use crate::error::Error;
use crate::key::Key;
use crate::sync::Arc;

type Source<M, E> = Arc<dyn Fn() -> Loading<Result<Rows<M>, E>> + Send + Sync>;

#[doc = include_str!("../../../docs/ranking.md")]
#[must_use = "a ranking does nothing until it is asked"]
pub struct Ranking<M, E> {
    handle: Handle,
    source: Source<M, E>,
}

impl<M: Member, E> Ranking<M, E> {
    /// The ranking at `key`, which lives for `ttl`, shortened by up to a tenth of it; with [`Duration::MAX`] until it is
    /// invalidated. `source` loads all its members and scores, in any order.
    ///
    /// It is cheap to make. Those of one key and one `M` share what the source says.
    ///
    /// # Panics
    /// If `ttl` is zero.
    ///
    /// # Examples
    /// ```
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use cached_redis_runtime::structures::Ranking;
    /// use cached_redis_runtime::{Cache, key};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::connect("memory://").await?;
    /// let game = 7;
    /// let board = Ranking::new(&cache, key!("board:<game>"), Duration::from_secs(3600), || async {
    ///     Ok::<_, Infallible>(vec![("ada".to_owned(), 30.0), ("bob".to_owned(), 20.0)])
    /// });
    /// assert_eq!(board.top(1).await?[0].member, "ada");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn new<S, Fut>(cache: &Cache, key: impl Into<Key>, ttl: Duration, source: S) -> Self
    where
        S: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<(M, f64)>, E>> + Send + 'static,
    {
        let handle = Handle::new(cache, key.into(), life("ttl", ttl));
        #[cfg(feature = "catalogue")]
        handle.listed(
            Attribute::Ranking,
            Some(type_name::<M>()),
            Location::caller(),
        );
        Self {
            handle,
            source: Arc::new(move || {
                let loading = source();
                Box::pin(async move { loading.await.map(Rows::new) })
            }),
        }
    }

    /// Writes a member's score: `write` changes the source, and then the ranking changes. A score that is no number (NaN) takes
    /// the member out.
    ///
    /// # Errors
    /// Those of `write`: nothing has changed then. What Redis has to say is in [`Written::cached`].
    ///
    /// # Cancel safety
    /// Dropped after `write` has begun, its outcome is unknown: the ranking is deleted in the background, and this process asks
    /// the source until it is. A process that dies in between leaves the ranking as it was for a
    /// [`lease`](crate::CacheBuilder::lease) at most.
    ///
    /// # Concurrent calls on the same key
    /// Writes of different members do not hinder each other. Of two writes of one member at once nobody knows whom the source
    /// saw last: the ranking is built anew. A change that comes while it is built is not lost.
    ///
    /// In a [`transaction`](crate::transaction) the ranking is deleted when that ends.
    ///
    /// # When Redis is down
    /// `write` runs, after one deadline at most, and `cached` is an error.
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Ranking;
    /// # use cached_redis_runtime::{Cache, key};
    /// # async fn update_row(_player: u64, _points: u32) -> Result<(), std::io::Error> { Ok(()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let board = Ranking::new(&cache, key!("board"), Duration::from_secs(60), || async { Ok::<_, Infallible>(vec![(7_u64, 12.0)]) });
    /// let (player, points) = (7_u64, 12_u32);
    /// board.record(&player, points, update_row(player, points)).await?.cached?;
    /// assert_eq!(board.score(&player).await?, Some(12.0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn record<T, X>(
        &self,
        member: &M,
        score: impl Into<f64>,
        write: impl Future<Output = Result<T, X>>,
    ) -> Result<Written<T>, X> {
        let score = score_of(score.into());
        self.write(member, write, |_| Change::Score(score)).await
    }

    /// Writes a member's score that `write` returns, as the source has it now: `UPDATE … SET points = points + 5 RETURNING
    /// points`.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    ///
    /// # Cancel safety
    /// As for [`record`](Self::record).
    ///
    /// # Concurrent calls on the same key
    /// As for [`record`](Self::record).
    ///
    /// # When Redis is down
    /// As for [`record`](Self::record).
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Ranking;
    /// # use cached_redis_runtime::{Cache, key};
    /// # async fn add_points(_player: u64, points: u32) -> Result<u32, std::io::Error> { Ok(10 + points) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let board = Ranking::new(&cache, key!("board"), Duration::from_secs(60), || async { Ok::<_, Infallible>(vec![(7_u64, 15.0)]) });
    /// let player = 7_u64;
    /// assert_eq!(board.update(&player, add_points(player, 5)).await?.value, 15);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update<S: Into<f64> + Copy, X>(
        &self,
        member: &M,
        write: impl Future<Output = Result<S, X>>,
    ) -> Result<Written<S>, X> {
        let changed = |score: &S| Change::Score(score_of((*score).into()));
        self.write(member, write, changed).await
    }

    /// Takes a member out: `write` does so in the source, and then the ranking follows.
    ///
    /// # Errors
    /// As for [`record`](Self::record).
    ///
    /// # Cancel safety
    /// As for [`record`](Self::record).
    ///
    /// # Concurrent calls on the same key
    /// As for [`record`](Self::record), but what is being built meanwhile is not stored.
    ///
    /// # When Redis is down
    /// As for [`record`](Self::record).
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Ranking;
    /// # use cached_redis_runtime::{Cache, key};
    /// # async fn delete_row(_player: u64) -> Result<(), std::io::Error> { Ok(()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let board = Ranking::new(&cache, key!("board"), Duration::from_secs(60), || async { Ok::<_, Infallible>(Vec::<(u64, f64)>::new()) });
    /// board.remove(&7, delete_row(7)).await?.cached?;
    /// assert_eq!(board.rank(&7).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn remove<T, X>(
        &self,
        member: &M,
        write: impl Future<Output = Result<T, X>>,
    ) -> Result<Written<T>, X> {
        self.write(member, write, |_| Change::Score(None)).await
    }

    async fn write<T, X>(
        &self,
        member: &M,
        write: impl Future<Output = Result<T, X>>,
        change: impl FnOnce(&T) -> Change,
    ) -> Result<Written<T>, X> {
        let text = member.to_member();
        self.handle.write(Some(&text), write, change).await
    }

    /// Deletes the ranking, after writes of the source that it was not told of. The next read builds it anew.
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
    /// Returns an error. This process asks the source until the ranking has been deleted.
    ///
    /// # Examples
    /// ```
    /// # use std::convert::Infallible;
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::Ranking;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # let board = Ranking::new(&cache, key!("board"), Duration::from_secs(60), || async { Ok::<_, Infallible>(vec![(7_u64, 12.0)]) });
    /// board.invalidate().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn invalidate(&self) -> Result<(), Error> {
        self.handle.cache.invalidate(&self.handle.key).await
    }
}

/// Reads have in common what they say of Redis and of each other.
macro_rules! reads {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $answer:ty, $example:literal, |$this:ident| $body:expr;)*) => {
        impl<M: Member, E: Send + 'static> Ranking<M, E> {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// Those of the source, where it is asked.
            ///
            /// # Cancel safety
            /// Nothing is lost: a caller who waits takes over, or the right to build is given back.
            ///
            /// # Concurrent calls on the same key
            /// Where the ranking is not there, one asks the source, in all processes, and the others share what comes of it.
            ///
            /// # When Redis is down
            /// The source is asked, after one deadline at most. Callers who come meanwhile share the next time.
            ///
            /// # Examples
            /// ```
            /// # use std::convert::Infallible;
            /// # use std::time::Duration;
            /// # use cached_redis_runtime::structures::Ranking;
            /// # use cached_redis_runtime::{Cache, key};
            /// # #[tokio::main(flavor = "current_thread")]
            /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
            /// # let cache = Cache::connect("memory://").await?;
            /// # let board = Ranking::new(&cache, key!("board"), Duration::from_secs(60), || async {
            /// #     Ok::<_, Infallible>(vec![(1_u64, 10.0), (2, 20.0), (3, 30.0)])
            /// # });
            #[doc = $example]
            /// # Ok(())
            /// # }
            /// ```
            pub async fn $name(&self, $($arg: $ty),*) -> Result<$answer, E> {
                let $this = self;
                $body
            }
        )*}
    };
}

reads! {
    /// The first `n`, the best first. Of equal scores that member comes first whose text is greater, byte by byte.
    top(n: usize) -> Vec<Ranked<M>>,
    "let top = board.top(2).await?;\nassert_eq!((top[0].member, top[1].member), (3, 2));",
    |it| it.ask(Top { n: n as u64 }).await;

    /// How many are above a member: 0 for the best, `None` for one that is not ranked.
    rank(member: &M) -> Option<u64>,
    "assert_eq!(board.rank(&3).await?, Some(0));",
    |it| it.standing(Some(member), None).await.map(|at| Some(at.found?.0));

    /// A member's score.
    score(member: &M) -> Option<f64>,
    "assert_eq!(board.score(&3).await?, Some(30.0));",
    |it| it.standing(Some(member), None).await.map(|at| Some(at.found?.1));

    /// A member with the `n` above and the `n` below it, the best first. Empty for one that is not ranked.
    around(member: &M, n: usize) -> Vec<Ranked<M>>,
    "assert_eq!(board.around(&2, 1).await?.len(), 3);",
    |it| it.standing(Some(member), Some(n as u64)).await.map(|at| at.rows);

    /// How many members there are.
    len() -> u64,
    "assert_eq!(board.len().await?, 3);",
    |it| it.standing(None, None).await.map(|at| at.members);

    /// Whether there is no member.
    is_empty() -> bool,
    "assert!(!board.is_empty().await?);",
    |it| it.len().await.map(|members| members == 0);
}

impl<M: Member, E: Send + 'static> Ranking<M, E> {
    async fn standing(&self, member: Option<&M>, around: Option<u64>) -> Result<Standing<M>, E> {
        let text = member.map(|member| member.to_member());
        let text = text.as_deref();
        self.ask(At { text, around }).await
    }

    async fn ask<Q: Question<Rows<M>>>(&self, question: Q) -> Result<Q::Answer, E> {
        let reading = Reading {
            handle: &self.handle,
            load: &*self.source,
            build: &|rows: &Rows<M>| Some(Built::Ranking(rows.stored())),
            takes_changes: true,
        };
        reading.answer(question).await
    }
}

impl<M, E> Clone for Ranking<M, E> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            source: Arc::clone(&self.source),
        }
    }
}

impl<M, E> fmt::Debug for Ranking<M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ranking")
            .field("key", &self.handle.key)
            .finish_non_exhaustive()
    }
}
