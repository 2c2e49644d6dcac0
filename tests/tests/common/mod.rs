//! One set of tests for every store: a [`World`] is a cache and, on Redis, the server behind it.

#![allow(
    dead_code,
    reason = "each test binary includes this file and uses its own part of it"
)]

use std::future::Future;
use std::time::Duration;

use cached_redis_runtime::{Cache, CacheBuilder, FamilyStats};
use cached_redis_tests::{Server, eventually};
use tokio::task::JoinHandle;

/// Longer than any healthy test needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) cache: Cache,
    server: Option<Server>,
}

impl World {
    pub(crate) async fn memory() -> Self {
        Self::memory_with(|builder| builder).await
    }

    pub(crate) async fn memory_with(settings: impl FnOnce(CacheBuilder) -> CacheBuilder) -> Self {
        let builder = settings(Cache::builder("memory://"));
        Self {
            cache: builder.connect().await.expect("a store in memory"),
            server: None,
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
        let builder = Cache::builder(server.url()).deadline(Duration::from_secs(5));
        let cache = settings(builder).connect().await.expect("a good URL");
        assert!(cache.stats().connected, "the server answered");
        Self {
            cache,
            server: Some(server),
        }
    }

    pub(crate) fn is_redis(&self) -> bool {
        self.server.is_some()
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("a test for Redis only")
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
        match &self.server {
            Some(server) => server.run(&["DEL", key.as_str()]),
            None => self.cache.invalidate(key).await.expect("never fails"),
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

/// Makes two tests of one: `name::memory` and `name::redis`.
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
        }
    )+};
}
