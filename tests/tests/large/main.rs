//! Large values have a connection of their own: nobody waits behind them who has nothing to do with them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../behaviour/heard.rs"]
mod heard;
mod huge;

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, inspect, key};
use cached_redis_tests::{Clog, Cluster, Gate, Server, eventually};
use tokio::task::JoinHandle;

use crate::common::PATIENCE;
use crate::heard::Heard;

/// Read in one go.
const LARGE: usize = 768 << 10;

#[cache_aside(key = "page:<id>", ttl = 600)]
async fn page(id: u64) -> String {
    let _ = id;
    "x".repeat(LARGE)
}

/// Nobody knows yet that these are large.
#[cache_aside(key = "page:<id>", ttl = 600)]
async fn unknown_page(id: u64) -> String {
    page(id).await
}

#[cache_aside(key = "book:<ids>", each = ids, ttl = 600)]
async fn books(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, "y".repeat(LARGE))).collect()
}

#[cache_aside(key = "row:<id>", ttl = 600, skip(value))]
async fn row(id: u64, value: u32) -> u32 {
    value
}

struct World {
    cache: Cache,
    clog: Clog,
    server: Server,
}

impl World {
    async fn start() -> Self {
        let server = Server::start();
        let clog = Clog::before(&server).await;
        let builder = Cache::builder(clog.url()).deadline(PATIENCE);
        let cache = builder.connect().await.unwrap();
        assert_eq!(cache.scope(inspect(row(1, 7))).await, (7, Served::Miss));
        Self {
            cache,
            clog,
            server,
        }
    }

    fn spawn<F: Future<Output: Send> + Send + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        let cache = self.cache.clone();
        tokio::spawn(async move { cache.scope(future).await })
    }

    async fn page(&self, id: u64) -> Served {
        let (page, served) = self.cache.scope(inspect(page(id))).await;
        assert_eq!(page.len(), LARGE);
        served
    }

    /// It was stored as a 7.
    async fn row(&self) -> (u32, Served) {
        self.cache.scope(inspect(row(1, 8))).await
    }

    async fn hits(&self) {
        assert_eq!(self.row().await, (7, Served::Hit));
    }

    /// Small hits go on while a large message of `call` is stuck.
    async fn hits_beside<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let gate: &Gate = self.clog.gate();
        gate.close();
        let stuck = gate.arrivals();
        let call = self.spawn(call);
        gate.reached_by(stuck + 1).await;
        for _ in 0..3 {
            self.hits().await;
        }
        assert!(!call.is_finished());
        gate.open();
        call.await.unwrap()
    }
}

#[tokio::test]
async fn a_small_hit_does_not_wait_for_a_large_value_to_be_stored() {
    let world = World::start().await;
    // The first one there is.
    let (_, served) = world.hits_beside(inspect(page(1))).await;
    assert_eq!(served, Served::Miss);
    assert_eq!(world.page(1).await, Served::Hit);
}

#[tokio::test]
async fn a_small_hit_does_not_wait_for_a_large_one() {
    let world = World::start().await;
    world.page(1).await;
    for _ in 0..2 {
        let (_, served) = world.hits_beside(inspect(page(1))).await;
        assert_eq!(served, Served::Hit);
    }
}

#[tokio::test]
async fn what_was_read_once_is_expected_to_be_large() {
    let world = World::start().await;
    world.page(1).await;
    let reader = Cache::builder(world.clog.url()).deadline(PATIENCE);
    let reader = reader.connect().await.unwrap();
    let before = world.clog.connections();
    reader.scope(unknown_page(1)).await;
    eventually(PATIENCE, || world.clog.connections() == before + 1).await;
    let (_, served) = world.hits_beside(inspect(unknown_page(1))).await;
    assert_eq!(served, Served::Hit);
}

#[tokio::test]
async fn batches_of_large_values_do_not_delay_others_either() {
    let world = World::start().await;
    let found = world.hits_beside(async { books(&[1, 2, 3]).await }).await;
    assert_eq!(found.len(), 3);
    let found = world.hits_beside(async { books(&[1, 2, 3]).await }).await;
    assert_eq!(found.len(), 3);
    let stats = world.cache.stats();
    let books = stats.family("book:<ids>").unwrap();
    assert_eq!((books.fills, books.hits, books.errors), (3, 3, 0));
}

#[tokio::test]
async fn only_who_has_large_values_has_another_connection() {
    let world = World::start().await;
    world.hits().await;
    let id = 1;
    world.cache.invalidate(key!("row:<id>")).await.unwrap();
    assert_eq!(world.clog.connections(), 1);
    for id in 0..3 {
        world.page(id).await;
        world.page(id).await;
        assert_eq!(world.clog.connections(), 2);
    }
}

#[tokio::test]
async fn a_connection_for_large_values_that_is_lost_comes_back() {
    let world = World::start().await;
    world.page(1).await;
    for _ in 0..3 {
        world.clog.cut();
        eventually(PATIENCE, || world.clog.connections() == 2).await;
        // Both, whichever is noticed last to have been cut.
        while world.page(1).await != Served::Hit {
            tokio::task::yield_now().await;
        }
        while world.row().await != (7, Served::Hit) {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_server_that_grants_one_connection_serves_large_values_as_well() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let world = World::start().await;
    world.clog.allow(1);
    assert_eq!(world.page(1).await, Served::Miss);
    assert_eq!(world.page(1).await, Served::Hit);
    world.hits().await;
    assert_eq!(heard.times("another connection to"), 1);
    // And makes room for another later.
    world.clog.allow(2);
    eventually(PATIENCE, || world.clog.connections() == 2).await;
}

/// The server is full, and its answer to a large value is an error like any other.
#[tokio::test]
async fn a_full_server_refuses_large_values_and_keeps_small_ones() {
    let world = World::start().await;
    world
        .server
        .run(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    world.server.run(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(world.page(1).await, Served::Uncached);
    world.hits().await;
    world.server.run(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(world.page(1).await, Served::Miss);
    assert_eq!(world.page(1).await, Served::Hit);
}

#[tokio::test]
async fn each_node_of_a_cluster_has_a_connection_for_large_values() {
    let cluster = Cluster::builder().without_replicas().start();
    let builder = Cache::builder(cluster.url()).deadline(Duration::from_secs(5));
    let cache = builder.connect().await.unwrap();
    eventually(PATIENCE, || cache.stats().connected).await;
    let clients = || -> Vec<u64> {
        let nodes = cluster.primaries().iter();
        let count = |node: &Server| node.info("clients")["connected_clients"].parse().unwrap();
        nodes.map(count).collect()
    };
    // Seeds that were asked hang up.
    eventually(PATIENCE, || clients() == [2, 2, 2]).await;
    for id in 0..30 {
        cache.scope(row(id, 1)).await;
    }
    assert_eq!(clients(), [2, 2, 2]);
    for id in 0..6 {
        cache.scope(page(id)).await;
        let (_, served) = cache.scope(inspect(page(id))).await;
        assert_eq!(served, Served::Hit);
    }
    eventually(PATIENCE, || clients() == [3, 3, 3]).await;
    assert_eq!(cache.stats().family("page:<id>").unwrap().errors, 0);
}
