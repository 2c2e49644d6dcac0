//! Rate limits.

#[cfg(feature = "catalogue")]
use core::panic::Location;
use core::time::Duration;

use super::super::Cache;
use super::handle::{Handle, life};
#[cfg(feature = "catalogue")]
use crate::catalogue::Attribute;
use crate::error::Error;
use crate::key::Key;
use crate::observe::Count;
use crate::ttl::LONGEST;

/// A limit of how often something may happen in a window of time, for each key: tries of a login, calls of an API.
///
/// The window of a key begins with the first time, and ends after exactly as long. It takes one round to the server.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use cached_redis_runtime::structures::{Decision, RateLimit};
/// use cached_redis_runtime::{Cache, key};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// let cache = Cache::connect("memory://").await?;
/// let tries = RateLimit::new(&cache, 1, Duration::from_secs(60));
/// let address = "192.0.2.1";
/// assert!(tries.check(key!("login:<address>")).await.is_allowed());
/// match tries.check(key!("login:<address>")).await {
///     Decision::Denied { retry_in } => assert!(retry_in <= Duration::from_secs(60)),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a rate limit does nothing until it is asked"]
pub struct RateLimit {
    cache: Cache,
    limit: u64,
    window: Duration,
    allows_unchecked: bool,
    #[cfg(feature = "catalogue")]
    at: &'static Location<'static>,
}

/// What a rate limit says.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a limit that nobody looks at limits nothing"]
pub enum Decision {
    /// It may happen, and has been counted.
    Allowed {
        /// How often it may happen again before the window ends.
        remaining: u64,
        /// When the window ends.
        resets_in: Duration,
    },
    /// It has happened as often as it may.
    Denied {
        /// When the window ends.
        retry_in: Duration,
    },
    /// Redis could not be asked.
    Unchecked {
        /// What was decided for this case: see [`RateLimit::deny_when_down`].
        allowed: bool,
        /// Why.
        error: Error,
    },
}

impl Decision {
    /// Whether it may happen.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        match self {
            Self::Allowed { .. } => true,
            Self::Denied { .. } => false,
            Self::Unchecked { allowed, .. } => *allowed,
        }
    }
}

impl RateLimit {
    /// Allows `limit` times per `window`, for each key. Where Redis cannot be asked it allows, unless
    /// [`deny_when_down`](Self::deny_when_down) says otherwise.
    ///
    /// # Panics
    /// If either is zero.
    #[track_caller]
    pub fn new(cache: &Cache, limit: u64, window: Duration) -> Self {
        assert!(
            limit > 0,
            "`limit` must not be zero: nothing would ever be allowed"
        );
        // Redis counts milliseconds, and not as many as there are.
        let millis = life("window", window.min(LONGEST)).millis();
        Self {
            cache: cache.clone(),
            limit,
            window: millis.map_or(window, Duration::from_millis),
            allows_unchecked: true,
            #[cfg(feature = "catalogue")]
            at: Location::caller(),
        }
    }

    /// Denies where Redis cannot be asked: for what is worse than an outage.
    pub fn deny_when_down(mut self) -> Self {
        self.allows_unchecked = false;
        self
    }

    /// Asks whether it may happen once more, and counts it if so.
    ///
    /// # Cancel safety
    /// It may have been counted.
    ///
    /// # Concurrent calls on the same key
    /// Never more than the limit are allowed.
    ///
    /// # When Redis is down
    /// [`Decision::Unchecked`], after one deadline at most. It is counted among the errors of the key's family.
    ///
    /// # Examples
    /// ```
    /// # use std::time::Duration;
    /// # use cached_redis_runtime::structures::RateLimit;
    /// # use cached_redis_runtime::{Cache, key};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// let user = 7;
    /// let calls = RateLimit::new(&cache, 100, Duration::from_secs(1)).deny_when_down();
    /// assert!(calls.check(key!("calls:<user>")).await.is_allowed());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self, key: impl Into<Key>) -> Decision {
        let (limit, window) = (self.limit, self.window);
        let handle = Handle::new(&self.cache, key.into(), life("window", window));
        #[cfg(feature = "catalogue")]
        handle.listed(Attribute::RateLimit, None, self.at);
        let admitted = handle.only(|store, key| store.admit(key, limit, window));
        match admitted.await {
            Ok(admitted) if admitted.allowed => {
                handle.place.count(Count::Change);
                Decision::Allowed {
                    remaining: limit.saturating_sub(admitted.count),
                    resets_in: admitted.left,
                }
            }
            Ok(admitted) => {
                handle.place.count(Count::Denied);
                Decision::Denied {
                    retry_in: admitted.left,
                }
            }
            Err(error) => Decision::Unchecked {
                allowed: self.allows_unchecked,
                error,
            },
        }
    }
}
