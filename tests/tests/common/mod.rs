//! One set of tests for every store: a [`World`] is a cache and, on Redis, the server or the cluster behind it.

#![allow(
    dead_code,
    reason = "each test binary includes this file and uses its own part of it"
)]

pub(crate) mod shared;

use std::future::Future;
use std::time::Duration;

use cached_redis_runtime::{Cache, CacheBuilder, FamilyStats};
use cached_redis_tests::{Server, eventually};
use tokio::task::JoinHandle;

use self::shared::Shared;

/// Longer than any healthy test needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What has failed is not tried again while a test runs; tests of just that set their own.
const RETRY: Duration = Duration::from_secs(3600);

/// Takes so many milliseconds off the time at which an entry was written, and off what it has left.
const AGE: &str = "
if redis.call('STRLEN', KEYS[1]) < 40 then return 0 end
local written = 0
for at = 1, 6 do
  written = written * 256 + redis.call('GETRANGE', KEYS[1], 26 + at, 26 + at):byte()
end
written = written - ARGV[1]
local bytes = ''
for _ = 1, 6 do
  bytes = string.char(written % 256) .. bytes
  written = math.floor(written / 256)
end
redis.call('SETRANGE', KEYS[1], 27, bytes)
local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left - ARGV[1]) end
return left";

/// Lets an entry on a server become older.
pub(crate) fn age(server: &Server, key: &str, by: Duration) {
    server.run(&["EVAL", AGE, "1", key, &by.as_millis().to_string()]);
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) cache: Cache,
    behind: Behind,
}

#[derive(Debug)]
enum Behind {
    Memory,
    Server(Server),
    Cluster {
        cluster: Shared,
        /// What stands before the keys.
        prefix: String,
    },
}

impl World {
    pub(crate) async fn memory() -> Self {
        Self::memory_with(|builder| builder).await
    }

    pub(crate) async fn memory_with(settings: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        let builder = settings(Cache::builder("memory://").refresh_retry(RETRY));
        Self {
            cache: builder.connect().await.expect("a store in memory"),
            behind: Behind::Memory,
        }
    }

    pub(crate) async fn redis() -> Self {
        Self::redis_on(Server::start(), |builder| builder).await
    }

    pub(crate) async fn redis_with(settings: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        Self::redis_on(Server::start(), settings).await
    }

    /// With a deadline that a busy machine does not miss; tests of the deadline itself set their own.
    pub(crate) async fn redis_on(
        server: Server,
        settings: impl FnOnce(CacheBuilder) -> CacheBuilder,
    ) -> Self {
        let builder = Cache::builder(server.url())
            .deadline(Duration::from_secs(5))
            .refresh_retry(RETRY);
        let cache = settings(builder).connect().await.expect("a good URL");
        assert!(cache.stats().connected, "the server answered");
        Self {
            cache,
            behind: Behind::Server(server),
        }
    }

    /// On a cluster that others use as well.
    pub(crate) async fn cluster() -> Self {
        let cluster = Shared::get();
        let (namespace, url) = (Shared::namespace(), cluster.url());
        let builder = Cache::builder(url)
            .deadline(Duration::from_secs(5))
            .refresh_retry(RETRY);
        let cache = builder.namespace(&*namespace).connect().await;
        let cache = cache.expect("a good URL");
        // The first look may be given up on a busy machine; the next follows at once.
        eventually(PATIENCE, || cache.stats().connected).await;
        Self {
            cache,
            behind: Behind::Cluster {
                cluster,
                prefix: format!("{namespace}:"),
            },
        }
    }

    /// Whether there is one server, to be looked into.
    pub(crate) fn is_redis(&self) -> bool {
        matches!(self.behind, Behind::Server(_))
    }

    pub(crate) fn server(&self) -> &Server {
        match &self.behind {
            Behind::Server(server) => server,
            _ => panic!("a test for one server only"),
        }
    }

    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        self.cache.scope(future).await
    }

    /// A task of its own with this world's cache.
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let cache = self.cache.clone();
        tokio::spawn(async move { cache.scope(future).await })
    }

    /// What another client does, in whatever language.
    pub(crate) async fn plain_delete(&self, key: cached_redis_runtime::Key) {
        match &self.behind {
            Behind::Server(server) => server.run(&["DEL", key.as_str()]),
            Behind::Cluster { cluster, prefix } => {
                cluster.run(&["DEL", &format!("{prefix}{}", key.as_str())]);
            }
            Behind::Memory => self.cache.invalidate(key).await.expect("never fails"),
        }
    }

    /// Lets the entry at `key` become older, as it would if so much time went by. In memory all time does; a server's clock
    /// cannot be set, so there the entry is written as if it had come earlier.
    pub(crate) async fn age(&self, key: &str, by: Duration) {
        match &self.behind {
            Behind::Memory => {
                tokio::time::pause();
                tokio::time::advance(by).await;
                tokio::time::resume();
            }
            Behind::Server(server) => age(server, key, by),
            Behind::Cluster { cluster, prefix } => {
                let (key, millis) = (format!("{prefix}{key}"), by.as_millis().to_string());
                cluster.run(&["EVAL", AGE, "1", &key, &millis]);
            }
        }
    }

    pub(crate) fn family(&self, template: &str) -> FamilyStats {
        let stats = self.cache.stats();
        stats.family(template).cloned().unwrap_or_default()
    }

    /// Waits until this many callers wait for another's load.
    pub(crate) async fn waiting(&self, callers: usize) {
        eventually(PATIENCE, || self.cache.stats().waiting >= callers).await;
    }

    /// Waits until this process has made good every deletion that failed or was left behind.
    pub(crate) async fn deletions_made_good(&self) {
        eventually(PATIENCE, || self.cache.stats().pending_deletes == 0).await;
    }
}

/// Makes three tests of one: `name::memory`, `name::redis` and `name::cluster`.
#[macro_export]
macro_rules! on_every_store {
    ($($(#[$attr:meta])* async fn $name:ident($world:ident: &World) $body:block)+) => {$(
        $(#[$attr])*
        mod $name {
            use super::*;

            async fn test($world: &World) $body

            #[tokio::test]
            async fn memory() {
                let world = World::memory().await;
                Box::pin(world.run(test(&world))).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn redis() {
                let world = World::redis().await;
                Box::pin(world.run(test(&world))).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "the test `on_a_cluster` runs it, with others on the same cluster"]
            async fn cluster() {
                let world = World::cluster().await;
                Box::pin(world.run(test(&world))).await;
            }
        }
    )+};
}
