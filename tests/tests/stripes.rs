//! Several connections to one server: keys are spread over them, and one that is lost is not missed.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod common;

use std::time::Duration;

use cached_redis_runtime::{
    Cache, CacheBuilder, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key,
};
use cached_redis_tests::{Clog, Cluster, Server, eventually};

use crate::common::PATIENCE;

const KEYS: u64 = 100;

#[cache_aside(key = "n:<id>", ttl = 600, tags("all"), skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "n:<id>", before)]
async fn write(id: u64) {
    let _ = id;
}

#[cache_invalidate(tags("all"))]
async fn write_all() {}

fn builder(url: String) -> CacheBuilder {
    Cache::builder(url).deadline(Duration::from_secs(5))
}

async fn all_are(cache: &Cache, served: Served) {
    for id in 0..KEYS {
        let (_, how) = cache.scope(inspect(read(id, 1))).await;
        assert_eq!(how, served, "{id}");
    }
}

async fn world(connections: usize) -> (Server, Clog, Cache) {
    let server = Server::start();
    let clog = Clog::before(&server).await;
    let cache = builder(clog.url()).connections(connections);
    let cache = cache.connect().await.unwrap();
    eventually(PATIENCE, || clog.connections() == connections).await;
    (server, clog, cache)
}

/// How many clients have read or stored last.
fn users(server: &Server) -> usize {
    let clients: String = redis::from_redis_value(server.cli(&["CLIENT", "LIST"])).unwrap();
    let last = |line: &str| line.contains("cmd=get ") || line.contains("cmd=evalsha ");
    clients.lines().filter(|line| last(line)).count()
}

#[tokio::test]
async fn keys_are_spread_and_everything_works() {
    let (server, clog, cache) = world(4).await;
    // Each has answered: what is filled is read by way of the same.
    eventually(PATIENCE, || {
        let clients: String = redis::from_redis_value(server.cli(&["CLIENT", "LIST"])).unwrap();
        clients.lines().count() == 5
    })
    .await;
    all_are(&cache, Served::Miss).await;
    all_are(&cache, Served::Hit).await;
    assert_eq!(users(&server), 4, "all have been used");
    cache.scope(write(7)).await;
    assert_eq!(cache.scope(inspect(read(7, 2))).await, (2, Served::Miss));
    cache.scope(write_all()).await;
    all_are(&cache, Served::Miss).await;
    assert_eq!(clog.connections(), 4);
    assert_eq!(cache.stats().total().errors, 0);
}

#[tokio::test]
async fn one_by_default() {
    let server = Server::start();
    let clog = Clog::before(&server).await;
    let cache = builder(clog.url()).connect().await.unwrap();
    all_are(&cache, Served::Miss).await;
    assert_eq!(clog.connections(), 1);
}

#[tokio::test]
async fn while_some_are_lost_the_others_take_their_keys() {
    let (_server, clog, cache) = world(4).await;
    all_are(&cache, Served::Miss).await;
    clog.allow(2);
    clog.cut();
    // The first two that come back are all there are.
    eventually(PATIENCE, || {
        clog.connections() == 2 && cache.stats().connected
    })
    .await;
    while cache.scope(inspect(read(0, 1))).await.1 != Served::Hit {
        tokio::task::yield_now().await;
    }
    let errors = cache.stats().total().errors;
    for _ in 0..3 {
        all_are(&cache, Served::Hit).await;
    }
    assert_eq!(cache.stats().total().errors, errors);
    clog.allow(4);
    eventually(PATIENCE, || clog.connections() == 4).await;
    all_are(&cache, Served::Hit).await;
}

/// Not two commands of each connection, which would be eight times as many deadlines.
#[tokio::test]
async fn a_server_that_is_silent_is_silent_on_all_of_them() {
    let server = Server::start();
    let cache = Cache::builder(server.url()).connections(16);
    let cache = cache.deadline(Duration::from_millis(200));
    let cache = cache.connect().await.unwrap();
    while cache.scope(inspect(read(0, 1))).await.1 != Served::Hit {
        tokio::task::yield_now().await;
    }
    server.stop();
    for id in 0..2 {
        cache.scope(read(id, 2)).await;
    }
    assert!(!cache.stats().connected);
    server.cont();
    eventually(PATIENCE, || cache.stats().connected).await;
}

#[tokio::test]
async fn each_node_of_a_cluster_has_as_many() {
    let cluster = Cluster::builder().without_replicas().start();
    let cache = builder(cluster.url()).connections(3);
    let cache = cache.connect().await.unwrap();
    let clients = || -> Vec<u64> {
        let nodes = cluster.primaries().iter();
        let count = |node: &Server| node.info("clients")["connected_clients"].parse().unwrap();
        nodes.map(count).collect()
    };
    // And the one that asks.
    eventually(PATIENCE, || clients() == [4, 4, 4]).await;
    all_are(&cache, Served::Miss).await;
    all_are(&cache, Served::Hit).await;
    let id = 7;
    cache.invalidate(key!("n:<id>")).await.unwrap();
    assert_eq!(cache.scope(inspect(read(7, 2))).await, (2, Served::Miss));
    cache.scope(write_all()).await;
    all_are(&cache, Served::Miss).await;
    assert_eq!(cache.stats().total().errors, 0);
}

#[tokio::test]
async fn from_1_to_64() {
    for connections in [0, 65, usize::MAX] {
        let refused = Cache::builder("memory://").connections(connections);
        let error = refused.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Setting);
        assert_eq!(error.to_string(), "`connections` must be from 1 to 64");
    }
    for connections in [1, 64] {
        let cache = Cache::builder("memory://").connections(connections);
        cache.connect().await.unwrap();
    }
}
