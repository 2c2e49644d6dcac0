//! The settings of a cache, with every default written down.

mod replicas;

use core::fmt;
#[cfg(feature = "redis")]
use core::num::NonZero;
use core::time::Duration;

use super::Cache;
use crate::backend::memory::MemoryStore;
#[cfg(feature = "test-util")]
pub(super) use crate::backend::memory::{Failure, MemoryStore as Stage};
#[cfg(feature = "redis")]
use crate::backend::redis::{
    Quorum, RedisStore, Settings as RedisSettings, TlsSettings, deadline_of,
};
use crate::codec::Format;
use crate::engine::{Engine, Settings};
use crate::error::{Error, ErrorKind};
use crate::store::Store;
use crate::sync::Arc;

const MEMORY: &str = "memory://";
const MOST_CONNECTIONS: usize = 64;

/// Settings for a [`Cache`], made by [`Cache::builder`], whose documentation has the URLs.
///
/// ```
/// use cached_redis_runtime::Cache;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), cached_redis_runtime::Error> {
/// let cache = Cache::builder("memory://")
///     .namespace("shop")
///     .deadline(Duration::from_millis(50))
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `connect`"]
pub struct CacheBuilder {
    url: String,
    namespace: Option<String>,
    memory_bytes: usize,
    connections: usize,
    /// How many are to confirm a deletion, within which time.
    replicas: Option<(usize, Duration)>,
    reads_replicas: bool,
    #[cfg(feature = "redis")]
    tls: TlsSettings,
    settings: Settings,
}

impl CacheBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            namespace: None,
            memory_bytes: 64 << 20,
            connections: 1,
            replicas: None,
            reads_replicas: false,
            #[cfg(feature = "redis")]
            tls: TlsSettings::default(),
            settings: Settings {
                namespace: String::new(),
                format: Format::default(),
                deadline: Duration::from_millis(100),
                confirmation: Duration::ZERO,
                lease: Duration::from_secs(10),
                wait: Duration::from_secs(5),
                max_value_bytes: 16 << 20,
                max_key_bytes: 8 << 10,
                max_refreshes: 64,
                refresh_retry: Duration::from_secs(1),
            },
        }
    }

    /// Text that stands before every key, followed by a colon: with `"shop"` the key `user:1` is stored as
    /// `shop:user:1`. Defaults to none. Braces are refused, which would decide on all keys' slots in a cluster.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// How long a call waits for the server, altogether, before it goes on without the cache. Defaults to 100 ms; at least
    /// 1 ms. What a call's first command took is missing to the next; a value that is not stored by then is stored in the
    /// background, and keys that are not deleted by then are bypassed until they are. It is looked at eight times per
    /// deadline, so a command may be given up an eighth earlier, never later.
    ///
    /// Each further 500 keys of a batch, each further 500 members of a tag, and each cache of a `transaction` have a deadline
    /// of their own. While a call waits for another's load (see [`wait`](Self::wait)) it waits for the load, not the server.
    /// Without effect on `memory://`.
    /// `?deadline=100ms` in the URL wins over this one: it is nearer to where the program runs.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// How many connections there are to the server, or to each node of a cluster. Defaults to 1; from 1 to 64. The keys are
    /// spread over them, and where one is lost the others take its keys until it is back, which is at once. Values above
    /// 256 KiB have one of their own besides, opened when there is the first.
    ///
    /// More than one is for processes with many cores, which may be held up by the one task that writes and reads for all:
    /// measure before you raise it. Each connection is one more client for the server, in each process that there is. Without
    /// effect on `memory://`.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How long a process that died while it loaded keeps others from loading, and one that died in a write with `before`
    /// keeps others from storing. A body may take longer: its lease, or its guard, is renewed. Defaults to 10 s; at least
    /// 10 ms.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long a call waits for another one's load, also while the server is away, before it runs its own body, without
    /// storing the result.
    /// Defaults to 5 s.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.settings.wait = wait;
        self
    }

    /// The largest entry, in bytes, that is stored or read. Defaults to 16 MiB; at least 64 bytes. That a value is too large is
    /// said once, and counted as [`unstored`](crate::FamilyStats::unstored).
    ///
    /// Entries above 256 KiB travel on a connection of their own, so that small ones do not wait behind them, and those above
    /// 1 MiB are read in pieces of 64 KiB, so that they do not wait for a server that copies one. The [`deadline`](Self::deadline) is the same: one that takes longer than that to travel is never a hit.
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_value_bytes = bytes;
        self
    }

    /// The longest key, in bytes, that is sent to the server, the namespace included. A call with a longer one runs its body,
    /// and a write has nothing to delete for it, so that a value from outside cannot make a key of any length. Defaults to
    /// 8 KiB; at least 64 bytes. Processes that share entries must agree on it. It is the limit of tags as well: what a longer
    /// one would be put on is not stored.
    pub fn max_key_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_key_bytes = bytes;
        self
    }

    /// How many entries `refresh_ahead` loads in the background at once, over all functions of this cache. What is due beyond
    /// them is served as it is, and counted in [`rejected_refreshes`](crate::FamilyStats::rejected_refreshes). Defaults to
    /// 64; with 0 nothing is loaded in the background. A load that hangs is ended, and counts as failed, when its result
    /// could not be stored any more: after another life of the entry, `ttl` and `stale` together.
    pub fn max_refreshes(mut self, refreshes: usize) -> Self {
        self.settings.max_refreshes = refreshes;
        self
    }

    /// How long an entry that is due, by `stale`, `early` or `refresh_ahead`, is left alone after a load that failed: a source
    /// in trouble is asked once per interval for each key, by one of all processes. Defaults to 1 s; at least 10 ms, at most a day.
    pub fn refresh_retry(mut self, interval: Duration) -> Self {
        self.settings.refresh_retry = interval.min(Duration::from_secs(24 * 60 * 60));
        self
    }

    /// How values are written where the attribute names no `codec`. Defaults to [`Format::MessagePack`].
    pub fn codec(mut self, format: Format) -> Self {
        self.settings.format = format;
        self
    }

    /// How many bytes `memory://` may hold, keys and bookkeeping included. Defaults to 64 MiB. Without effect on Redis.
    pub fn memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// The CA that issued the server's certificate, in PEM, for URLs with TLS such as `rediss://`: the content of a file, with one
    /// certificate or several. It is trusted instead of the CAs that the machine trusts, which is the default. A sentinel's
    /// certificate is checked in the same way.
    ///
    /// ```no_run
    /// use cached_redis_runtime::Cache;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cache = Cache::builder("rediss://cache.internal:6380")
    ///     .tls_ca(std::fs::read("/etc/ssl/internal-ca.pem")?)
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls-no-provider")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.ca = Some(pem.into());
        self
    }

    /// The certificate with which this program shows a server who it is, and its private key, both in PEM: the content of two
    /// files. The certificate may be followed by those of its issuers; the key must not be encrypted. Defaults to none.
    #[cfg(feature = "tls-no-provider")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_client_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls.client = Some((certificate.into(), key.into()));
        self
    }

    /// Makes the cache, and waits for the first attempt to reach the server, a second at most.
    ///
    /// # Errors
    /// A URL that cannot be used, a setting out of range, or what will not pass by itself: a server that refuses the user, the
    /// password, the database or scripts, a certificate that is not trusted, a name that the sentinels do not know.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    ///
    /// # When Redis is down
    /// Returns `Ok`; the cache connects in the background.
    pub async fn connect(mut self) -> Result<Cache, Error> {
        self.check()?;
        #[cfg(feature = "redis")]
        if !self.url.starts_with("memory:")
            && let Some(deadline) = deadline_of(&self.url)?
        {
            self.settings.deadline = deadline;
        }
        self.settle();
        let store = self.store().await?;
        let cache = Cache::from_engine(Engine::new(store, self.settings));
        // A store in memory needs no runtime, and what is published is a timer.
        #[cfg(feature = "metrics")]
        if tokio::runtime::Handle::try_current().is_ok() {
            cache.engine().publish_from_now_on();
        }
        Ok(cache)
    }

    /// The settings as the engine has them.
    fn settle(&mut self) {
        if let Some(namespace) = self.namespace.take() {
            self.settings.namespace = format!("{namespace}:");
        }
        // Timers are late, by a millisecond and more where there is much to do.
        self.settings.deadline -= self.settings.deadline / 25;
        #[cfg(feature = "redis")]
        if let Some(quorum) = self.quorum() {
            self.settings.confirmation = quorum.longest();
        }
        if self.url == MEMORY {
            // Nobody waits for it. A machine that is busy is no store that is late.
            self.settings.deadline = Duration::from_secs(24 * 60 * 60);
        }
    }

    /// A cache whose store a test decides about.
    #[cfg(feature = "test-util")]
    pub(super) fn rehearse(mut self) -> Result<(Cache, Arc<Stage>), Error> {
        self.check()?;
        let stage = Arc::new(MemoryStore::new(self.memory_bytes));
        self.settle();
        let engine = Engine::new(Arc::clone(&stage) as Arc<dyn Store>, self.settings);
        Ok((Cache::from_engine(engine), stage))
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |message| Err(Error::new(ErrorKind::Setting, message));
        if self.settings.deadline < Duration::from_millis(1) {
            return wrong("`deadline` must be at least 1 ms");
        }
        if self.settings.lease < Duration::from_millis(10) {
            return wrong("`lease` must be at least 10 ms");
        }
        if self.settings.refresh_retry < Duration::from_millis(10) {
            return wrong("`refresh_retry` must be at least 10 ms");
        }
        if self.settings.max_value_bytes < 64 {
            return wrong("`max_value_bytes` must be at least 64");
        }
        if self.settings.max_key_bytes < 64 {
            return wrong("`max_key_bytes` must be at least 64");
        }
        if !(1..=MOST_CONNECTIONS).contains(&self.connections) {
            return wrong("`connections` must be from 1 to 64");
        }
        if let Some(message) = self.wrong_replicas() {
            return wrong(message);
        }
        let namespace = self.namespace.as_deref();
        if namespace.is_some_and(|text| text.is_empty() || text.contains(['{', '}'])) {
            return wrong("`namespace` must not be empty and must not contain `{` or `}`");
        }
        let own = ["%tag", "%reload", "%beside"];
        if namespace.is_some_and(|text| own.iter().any(|own| text.contains(own))) {
            return wrong(
                "`namespace` must not contain `%tag`, `%reload` or `%beside`, with which names of the cache's own begin",
            );
        }
        Ok(())
    }

    async fn store(&self) -> Result<Arc<dyn Store>, Error> {
        if self.url == MEMORY {
            #[cfg(feature = "redis")]
            if let Some(given) = self.tls.given() {
                let message = format!("`{given}` is given, and `memory://` has no TLS");
                return Err(Error::new(ErrorKind::Setting, message));
            }
            return Ok(Arc::new(MemoryStore::new(self.memory_bytes)));
        }
        if self.url.starts_with("memory:") {
            return Err(Error::new(
                ErrorKind::Url,
                "the URL of the store in memory is `memory://`, with nothing after it",
            ));
        }
        self.redis().await
    }

    #[cfg(feature = "redis")]
    async fn redis(&self) -> Result<Arc<dyn Store>, Error> {
        let settings = RedisSettings {
            deadline: self.settings.deadline,
            connections: self.few_connections(),
            namespace: self.settings.namespace.clone(),
            tls: self.tls.clone(),
            quorum: self.quorum(),
            reads_replicas: self.reads_replicas,
        };
        let store = RedisStore::connect(&self.url, settings).await?;
        Ok(Arc::new(store))
    }

    #[cfg(feature = "redis")]
    fn quorum(&self) -> Option<Quorum> {
        let (replicas, limit) = self.replicas?;
        // Checked before.
        let replicas = u8::try_from(replicas).ok()?;
        Some(Quorum { replicas, limit })
    }

    /// Checked before.
    #[cfg(feature = "redis")]
    fn few_connections(&self) -> NonZero<u8> {
        let few = u8::try_from(self.connections).ok().and_then(NonZero::new);
        few.unwrap_or(NonZero::<u8>::MIN)
    }

    #[cfg(not(feature = "redis"))]
    #[expect(clippy::unused_async, reason = "the other variant awaits")]
    async fn redis(&self) -> Result<Arc<dyn Store>, Error> {
        Err(Error::new(
            ErrorKind::Url,
            "without the feature `redis` of `cached-redis-runtime`, the only URL is `memory://`",
        ))
    }
}

/// Without the URL: it may hold a password.
impl fmt::Debug for CacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("namespace", &self.namespace)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
