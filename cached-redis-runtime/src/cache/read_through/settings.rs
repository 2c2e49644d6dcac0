//! What may be set on a `ReadThrough`, as an attribute's arguments set it for a function.

use core::future::Future;
use core::num::NonZero;
use core::time::Duration;

use super::{Id, Many, ReadThrough};
use crate::codec::Format;
use crate::key::Loadable;
use crate::shape::Returns;
use crate::sync::Arc;
use crate::ttl::{IntoTtl, Keep, Lifetimes};

impl<F, R> ReadThrough<F, R>
where
    F: Loadable<Args: ToOwned>,
    R: Returns<F::Value>,
{
    /// Each value says how long it lives, as a token knows when it expires: in seconds, or as a `Duration`. It lives no longer
    /// than the TTL that [`Cache::read_through`](crate::Cache::read_through) was given, and jitter may shorten it.
    ///
    /// A value whose TTL is zero is returned and shared with those who wait for it, and not stored. "Not found" has its own life:
    /// [`none_ttl`](Self::none_ttl).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use cached_redis_runtime::{Cache, key_family};
    /// # #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// # pub struct Token { expires_in: u64 }
    /// # async fn log_in(_client: String) -> Result<Token, String> { Ok(Token { expires_in: 3600 }) }
    ///
    /// key_family! { pub TokenOf(client: &str) -> Token = "token:<client>"; }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let a_day = Duration::from_secs(24 * 60 * 60);
    /// let tokens = cache
    ///     .read_through(TokenOf, a_day, log_in)
    ///     .ttl_of(|token| token.expires_in.saturating_sub(30));
    /// tokens.get("shop").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ttl_of<T: IntoTtl>(
        mut self,
        ttl: impl Fn(&F::Value) -> T + Send + Sync + 'static,
    ) -> Self {
        let most = self.settings.ttl;
        self.lives = Some(Arc::new(move |value| {
            match ttl(value).into_ttl() {
                // Until it is invalidated.
                Duration::MAX if most == Duration::MAX => Keep::USUAL,
                ttl => Keep::lasting(ttl.min(most)),
            }
        }));
        self.set(|it| it.per_value = true)
    }

    /// Stores "not found" too, for this long. Without it a loader that finds nothing runs each time.
    ///
    /// # Panics
    /// If it is zero: leave it out to store no "not found".
    #[track_caller]
    pub fn none_ttl(self, ttl: Duration) -> Self {
        assert!(
            !ttl.is_zero(),
            "`none_ttl` must not be zero: leave it out to store no \"not found\""
        );
        self.set(|it| {
            it.lifetimes = it.lifetimes.none_ttl(ttl);
            it.none_ttl = Some(ttl);
        })
    }

    /// The share by which a TTL may be shortened, so that entries that were stored together do not expire together. Defaults to
    /// 0.1; `0.0` is none.
    ///
    /// # Panics
    /// If it is below 0 or above 1.
    #[track_caller]
    pub fn jitter(self, share: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&share),
            "`jitter` is a share of the TTL, and {share} is none: give it a number from 0.0 to 1.0, such as 0.1"
        );
        self.set(|it| it.constants.jitter = share)
    }

    /// Bump it when the value's meaning changes: entries of other versions are misses. Defaults to 1.
    ///
    /// All readers of a key must agree on it.
    pub fn version(self, version: u32) -> Self {
        self.set(|it| it.constants.version = version)
    }

    /// How values are written. Defaults to the cache's format.
    ///
    /// All readers of a key must agree on it.
    pub fn codec(self, format: Format) -> Self {
        self.set(|it| it.constants.format = Some(format))
    }

    /// At most so many loads at once in this process; further callers wait in line. Defaults to no limit.
    ///
    /// The number is that of all `ReadThrough`s that are made by the same line of the program with the same settings.
    ///
    /// # Panics
    /// If it is zero: no call could ever load.
    #[track_caller]
    pub fn max_loads(self, loads: usize) -> Self {
        let Some(loads) = NonZero::new(loads) else {
            panic!("`max_loads` must not be zero: no call could ever load");
        };
        self.set(|it| it.constants.max_loads = Some(loads))
    }

    /// A second loader, for many ids at once: [`get_many`](Self::get_many) calls it with the ids that are not cached, each
    /// once. It returns a `HashMap` with a value for each id that there is, in a `Result` if the first loader returns one.
    ///
    /// # Examples
    /// ```
    /// use std::collections::HashMap;
    /// use std::time::Duration;
    ///
    /// use cached_redis_runtime::{Cache, key_family};
    ///
    /// key_family! { pub Name(id: u64) -> String = "name:<id>"; }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let names = cache
    ///     .read_through(Name, Duration::from_secs(60), async |id| Some(format!("user {id}")))
    ///     .many(async |ids: Vec<u64>| {
    ///         let named = ids.into_iter().map(|id| (id, format!("user {id}")));
    ///         named.collect::<HashMap<_, _>>()
    ///     });
    /// assert_eq!(names.get_many(&[1, 2]).await.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn many<L, Fut>(mut self, loader: L) -> Self
    where
        L: Fn(Vec<Id<F>>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Many<F, R>> + Send + 'static,
    {
        self.many = Some(Arc::new(move |ids| Box::pin(loader(ids))));
        self
    }
}

/// What decides about the entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) constants: super::sites::Constants,
    pub(super) lifetimes: Lifetimes,
    /// As they were given, for the catalogue.
    pub(super) ttl: Duration,
    pub(super) none_ttl: Option<Duration>,
    /// The `ttl` is the longest: each value has its own.
    pub(super) per_value: bool,
}
