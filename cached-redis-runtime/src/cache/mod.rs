//! What users hold: a handle on one cache.

mod around;
mod batch;
mod builder;
mod call;
mod context;
mod doctor;
mod encoding;
mod global;
mod hash;
mod invalidation;
mod nesting;
mod read_through;
pub mod structures;
#[cfg(feature = "test-util")]
mod test_util;
mod transaction;
mod warm_up;
mod write;

pub use around::{bypass, inspect, refresh};
pub use batch::{BatchCall, BatchTags, cache_aside_each, cache_aside_each_tagged};
pub use builder::CacheBuilder;
pub use call::{
    Along, Call, CloneAlong, TagList, along, cache_aside, cache_aside_ahead, cache_aside_soft,
    cache_aside_tagged, cloned_along,
};
pub use context::Served;
pub use global::{CacheRef, explicit, installed};
pub use hash::{
    Field, FieldName, FieldOf, FieldWrite, Holds, begin_hash, field_of, glimpsed, held, write_field,
};
pub use invalidation::{Invalidation, KeyList, TemplateKey, cache_invalidate, guarded};
pub use read_through::ReadThrough;
#[cfg(feature = "test-util")]
pub use test_util::{Outage, TestCache};
pub use transaction::transaction;
pub use warm_up::{WarmUp, Warmed, warm};
pub use write::{WriteThrough, by_field, lasting, seized, write_through, write_through_value};

use core::fmt;
use core::future::Future;

use crate::engine::{Engine, Swept, all_gone, tag_prefix};
use crate::error::Error;
use crate::key::Key;
use crate::observe::{ServerInfo, Stats};
use crate::sync::Arc;

/// A cache: a connection to a server, or a store in this process, and the protocol over it.
///
/// A handle is cheap to clone and every clone is the same cache. Most programs make one in `main` and
/// [`install`](Cache::install) it; the annotated functions then find it by themselves.
///
/// ```
/// use cached_redis_runtime::Cache;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// let cache = Cache::connect("memory://").await?;
/// cache.ping().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cache {
    engine: Arc<Engine>,
}

impl Cache {
    /// Connects with all defaults; see [`CacheBuilder`] for them.
    ///
    /// A server that does not answer is no error: `connect` returns within a second, functions run uncached, and
    /// caching begins when the server is there.
    ///
    /// # Errors
    /// A URL that cannot be used, or a server that refuses the user, the password or the database; see
    /// [`CacheBuilder::connect`].
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    ///
    /// # When Redis is down
    /// Returns `Ok`. Call [`ping`](Cache::ping) to require a server.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let error = cached_redis_runtime::Cache::connect("http://localhost").await.unwrap_err();
    /// assert!(error.to_string().contains("must begin with `redis://`"));
    /// # }
    /// ```
    pub async fn connect(url: impl Into<String>) -> Result<Self, Error> {
        Self::builder(url).connect().await
    }

    /// A cache with settings of your own.
    ///
    /// | URL | |
    /// |---|---|
    /// | `redis://user:password@host:6379/2` | one server. The port defaults to 6379, the database to 0; a password alone is `:password@` |
    /// | `redis+unix:///run/redis.sock` | a unix socket, with `?db=2&user=…&pass=…` or `user:password@` before the path |
    /// | `redis-sentinel://user:password@host1,host2:26379/mymaster/2` | the primary that the sentinels call `mymaster`; their port defaults to 26379, the primary's database to 0. User and password are the primary's; `?sentinel_user=…&sentinel_password=…` those of the sentinels, which default to none |
    /// | `redis-cluster://user:password@host1:6379,host2` | a Redis Cluster. One of the hosts that answers is enough: from it the others are found, and all take the same login |
    /// | `rediss://…`, `rediss-sentinel://…`, `rediss-cluster://…` | the same by TLS, with the feature `tls`: sentinels and servers alike |
    /// | `memory://` | a store in this process |
    ///
    /// In place of `redis` may stand `valkey`, and `unix://` is short for `redis+unix://`. IPv6 addresses stand in brackets. In users,
    /// passwords, paths and the master's name, what is no letter or digit is percent-encoded: `@` as `%40`, `/` as `%2F`.
    ///
    /// | parameter | |
    /// |---|---|
    /// | `?deadline=100ms` | [`CacheBuilder::deadline`], in `ms` or `s` |
    /// | `?protocol=resp2` | for proxies that claim RESP3 and do not have it. Defaults to `resp3`; a server that has no RESP3 is asked in RESP2 by itself |
    ///
    /// # Cluster
    ///
    /// Each primary has one connection, with the deadline and the breaker of its own, so one that is down or hangs costs its own keys.
    /// Redirects are followed, also while slots move, and the map of slots is made anew in the background: no call waits for it. Until
    /// there is a connection to a node that has just come or taken over, functions with its keys run uncached.
    /// [`Stats::connected`](crate::Stats::connected) says whether every slot has an owner with a connection, and
    /// [`ping`](Cache::ping) asks all primaries. The names or addresses that the nodes announce must be ones that this process can
    /// reach, and with TLS ones that are in their certificates. There is no database but 0.
    ///
    /// # Sentinel
    ///
    /// The sentinels are asked one after another before each attempt to connect, each for 250 ms at most, and the server they name
    /// must call itself a primary. Once a second one of them is asked whether it still is. While there is no primary, functions run
    /// uncached. The name or address by which a sentinel knows a server must be one that this process can reach, and with TLS one
    /// that is in the server's certificate.
    pub fn builder(url: impl Into<String>) -> CacheBuilder {
        CacheBuilder::new(url.into())
    }

    pub(crate) fn from_engine(engine: Engine) -> Self {
        Self {
            engine: Arc::new(engine),
        }
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Makes this the cache of every annotated function in the process that does not name its own.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyInstalled`](crate::ErrorKind::AlreadyInstalled) if there is one. Tests that want a cache
    /// each use [`scope`](Cache::scope).
    pub fn install(&self) -> Result<(), Error> {
        global::install(self.clone())
    }

    /// Runs `future` with this cache in place of the installed one.
    ///
    /// A task spawned inside does not inherit it; let it enter `scope` again.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::{Cache, cache_aside};
    ///
    /// #[cache_aside(key = "double:<n>", ttl = 60)]
    /// async fn double(n: u64) -> u64 {
    ///     2 * n
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// let cache = Cache::connect("memory://").await?;
    /// assert_eq!(cache.scope(double(21)).await, 42);
    /// assert_eq!(cache.stats().family("double:<n>").unwrap().fills, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        context::scope(self, future).await
    }

    /// Asks the server for a sign of life, for programs that do not want to start without one.
    ///
    /// # Errors
    /// When there is no connection, or no answer within the deadline; on a cluster, from any of the primaries.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    ///
    /// # When Redis is down
    /// Returns an error, at once or after the deadline.
    pub async fn ping(&self) -> Result<(), Error> {
        self.engine.ping().await
    }

    /// Deletes one entry, for writes that no annotated function makes: the entry of a [`Key`], a `&Key` or a member of a
    /// [`KeyFamily`](crate::KeyFamily).
    ///
    /// # Errors
    /// When the server could not be asked. The key is then bypassed by this process and deleted as soon as the server
    /// is back, so the error needs no handling; it says that other processes may still serve the old value.
    ///
    /// # Cancel safety
    /// The key counts as not deleted yet: it is bypassed and deleted in the background.
    ///
    /// # Concurrent calls on the same key
    /// A load that began before keeps its result for its callers and does not store it.
    ///
    /// In a [`transaction`] the deletion waits for its end. A key longer than
    /// [`max_key_bytes`](CacheBuilder::max_key_bytes) has no entry, and nothing is sent.
    ///
    /// # When Redis is down
    /// Returns an error; see there.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::{Cache, key};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// let cache = Cache::connect("memory://").await?;
    /// let id = 7;
    /// cache.invalidate(key!("user:<id>")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn invalidate(&self, key: impl Into<Key>) -> Result<(), Error> {
        self.delete(key.into()).await
    }

    /// Deletes all entries that have this tag, for writes that no annotated function makes. The tag is named as in the
    /// [`tags`](macro@crate::cache_aside#tags) of the functions that read: by a [`Key`], a `&Key` or a member of a
    /// [`KeyFamily`](crate::KeyFamily).
    ///
    /// It reads the tag's members, and deletes them 500 at a time; nothing looks through the server's other keys. A tag
    /// that nothing has is no error.
    ///
    /// # Errors
    /// When the server could not be asked, or something else than a tag has its name. In the first case this process
    /// does not use the cache for functions that have tags until the tag has been invalidated, as soon as the server is
    /// back: the error needs no handling. It says that other processes may still serve old values.
    ///
    /// # Cancel safety
    /// The tag counts as not invalidated yet, and is invalidated in the background.
    ///
    /// # Concurrent calls on the same key
    /// A load that began before keeps its result for its callers and does not store it.
    ///
    /// In a [`transaction`] the invalidation waits for its end. A tag longer than
    /// [`max_key_bytes`](CacheBuilder::max_key_bytes) has no entries, and nothing is sent.
    ///
    /// # When Redis is down
    /// Returns an error; see there.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::{Cache, Served, cache_aside, inspect, key};
    ///
    /// #[cache_aside(key = "user:<id>", ttl = 60, tags("team:<team>"), skip(team))]
    /// async fn find(id: u64, team: u32) -> u64 {
    ///     id + u64::from(team)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// # let cache = Cache::connect("memory://").await?;
    /// # cache.scope(async {
    /// find(7, 1).await;
    /// let team = 1;
    /// cache.invalidate_tag(key!("team:<team>")).await?;
    /// assert_eq!(inspect(find(7, 1)).await.1, Served::Miss);
    /// # Ok(())
    /// # }).await
    /// # }
    /// ```
    pub async fn invalidate_tag(&self, tag: impl Into<Key>) -> Result<(), Error> {
        let prefix = tag_prefix(&self.engine.settings().namespace);
        let tag = format!("{prefix}{}", tag.into().as_str());
        if !self.engine.is_short(&tag) {
            return Ok(());
        }
        self.clear(&[], &[tag]).await
    }

    async fn delete(&self, key: Key) -> Result<(), Error> {
        let stored = format!("{}{}", self.engine.settings().namespace, key.as_str());
        if !self.engine.is_short(&stored) {
            return Ok(());
        }
        self.clear(&[stored], &[]).await
    }

    async fn clear(&self, keys: &[String], tags: &[String]) -> Result<(), Error> {
        let context = context::Context::current();
        let waits = context
            .transaction()
            .is_some_and(|pending| pending.add(self, None, keys, tags, &mut None));
        if waits {
            return Ok(());
        }
        let (deleted, swept) = self.engine.carry_out(keys, tags).await;
        all_gone(&deleted).and(swept.and_then(Swept::all_gone))
    }

    /// What the server calls itself and can do, as it said when it was connected to; nothing is sent. `None` while there is no
    /// connection. Of a cluster it is what the primaries that there is a connection to have in common.
    ///
    /// It is for logs and dashboards: the cache goes by it itself.
    ///
    /// # When Redis is down
    /// Returns `None`.
    ///
    /// # Examples
    /// ```
    /// use cached_redis_runtime::Cache;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// let cache = Cache::connect("memory://").await?;
    /// if let Some(server) = cache.server() {
    ///     println!("{} {}", server.kind, server.version);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn server(&self) -> Option<ServerInfo> {
        self.engine.server()
    }

    /// What this cache did so far, per family.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// Tells the recorder of the crate [`metrics`](https://docs.rs/metrics) what this cache has done until now. It is told once
    /// per second anyway; a handler of `/metrics` calls this before it renders, so that its numbers are those of the moment.
    ///
    /// Each counter of [`FamilyStats`](crate::FamilyStats) is `cached_redis_<field>_total`, with the template as the label `family` and
    /// the builder's namespace, if it has one, as `cache`. The `errors_<class>` are one, `cached_redis_errors_total`, with the label
    /// `class`. Loads and waits are in the histograms `cached_redis_load_duration_seconds` and
    /// `cached_redis_wait_duration_seconds`, which are told as they end: install the recorder before the first of them. What
    /// [`Stats`](crate::Stats) says of the cache as a whole are gauges, `cached_redis_<field>`, and so are the families' lifetimes,
    /// `cached_redis_ttl_seconds`. No key and no value is ever a label.
    ///
    /// Counters of several caches with the same labels add up. Without a recorder this does nothing, and nothing from inside one that is
    /// being told.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), cached_redis_runtime::Error> {
    /// // With metrics-exporter-prometheus, in `main`:
    /// // let prometheus = PrometheusBuilder::new().install_recorder()?;
    /// let cache = cached_redis_runtime::Cache::connect("memory://").await?;
    /// // In the handler:
    /// cache.publish_metrics();
    /// // prometheus.render()
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "metrics")]
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn publish_metrics(&self) {
        self.engine.publish();
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("engine", &self.engine)
            .finish()
    }
}
