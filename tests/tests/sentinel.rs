//! Behind Sentinel: the primary is found, and found again after each failover, without a restart.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod common;
#[path = "behaviour/heard.rs"]
mod heard;

use std::time::Duration;

use cached_redis_runtime::{Cache, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key};
use cached_redis_tests::{Sentinels, Server, Stopwatch, eventually};

use crate::common::PATIENCE;
use crate::heard::Heard;

#[cache_aside(key = "s:<id>", ttl = 600, skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "s:<id>")]
async fn write(id: u64) {
    let _ = id;
}

async fn connect(url: String) -> Cache {
    let builder = Cache::builder(url).deadline(Duration::from_secs(2));
    builder.connect().await.expect("a good URL")
}

/// What was loaded is found again.
async fn caches(cache: &Cache, id: u64, value: u32) {
    assert_eq!(
        cache.scope(inspect(read(id, value))).await,
        (value, Served::Miss)
    );
    assert_eq!(
        cache.scope(inspect(read(id, 0))).await,
        (value, Served::Hit)
    );
}

/// Calls all the time, until what they load is stored by the new primary: each is answered, from its body at least.
async fn moves_to_the_second(cache: &Cache, servers: &Sentinels) {
    servers.await_second();
    let watch = Stopwatch::start();
    let calls = async {
        for n in 1000.. {
            assert_eq!(read(n.into(), n).await, n);
            if servers.second().get(&format!("s:{n}")).is_some() {
                return;
            }
            assert!(watch.elapsed() < PATIENCE, "no way to the new primary");
        }
    };
    cache.scope(calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_is_followed_without_a_restart() {
    let servers = Sentinels::start();
    let cache = connect(servers.url()).await;
    assert!(cache.stats().connected);
    caches(&cache, 1, 7).await;
    assert!(servers.first().get("s:1").is_some());
    servers.first().kill();
    // Nothing is cached, and every call is answered.
    assert_eq!(cache.scope(read(2, 8)).await, 8);
    moves_to_the_second(&cache, &servers).await;
    caches(&cache, 3, 9).await;
    assert!(servers.second().get("s:3").is_some());
    // What the replica had received is a hit, and an invalidation counts.
    cache.scope(write(1)).await;
    cache.scope(write(3)).await;
    assert_eq!(cache.scope(inspect(read(1, 17))).await, (17, Served::Miss));
    assert_eq!(cache.scope(inspect(read(3, 19))).await, (19, Served::Miss));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalidation_during_a_failover_is_made_good_on_the_new_primary() {
    let servers = Sentinels::start();
    let cache = connect(servers.url()).await;
    caches(&cache, 1, 7).await;
    let replicated = || {
        servers
            .second()
            .get("s:1")
            .is_some_and(|entry| entry.len() > 17)
    };
    eventually(PATIENCE, replicated).await;
    servers.first().kill();
    cache.scope(write(1)).await;
    assert_eq!(cache.stats().pending_deletes, 1);
    assert_eq!(
        cache.scope(inspect(read(1, 8))).await,
        (8, Served::Uncached)
    );
    servers.await_second();
    eventually(PATIENCE, || cache.stats().pending_deletes == 0).await;
    assert_eq!(cache.scope(inspect(read(1, 9))).await, (9, Served::Miss));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_passwords_and_some_sentinels_away() {
    let servers = Sentinels::builder()
        .count(3)
        .password("p@ss/wörd")
        .sentinel_password("an:other?")
        .start();
    // The first accepts connections and says nothing, the second is dead.
    servers.stop(0);
    servers.kill(1);
    let cache = connect(servers.url()).await;
    eventually(PATIENCE, || cache.stats().connected).await;
    caches(&cache, 1, 7).await;
    servers.restart(1);
    servers.kill(0);
    servers.fail_over_by(1);
    moves_to_the_second(&cache, &servers).await;
    caches(&cache, 2, 8).await;
}

/// The sentinels take eight seconds to make a replica of it. What would be deleted there until then would be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_primary_is_left_though_it_goes_on_answering() {
    let servers = Sentinels::start();
    let cache = connect(servers.url()).await;
    caches(&cache, 1, 7).await;
    servers.fail_over_by(0);
    moves_to_the_second(&cache, &servers).await;
    let role = servers.first().info("replication");
    assert_eq!(role["role"], "master", "still");
    caches(&cache, 2, 8).await;
}

/// As when a sentinel was away during the failover.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_named_and_is_no_primary_is_not_used() {
    let servers = Sentinels::start();
    let second = servers.second().port().unwrap().to_string();
    servers.second().run(&["REPLICAOF", "NO", "ONE"]);
    let first = servers.first();
    first.run(&["REPLICAOF", "127.0.0.1", &second]);
    let cache = connect(servers.url()).await;
    assert!(!cache.stats().connected);
    let answer = cache.scope(inspect(read(1, 7))).await;
    assert_eq!(answer, (7, Served::Uncached));
    first.run(&["REPLICAOF", "NO", "ONE"]);
    eventually(PATIENCE, || cache.stats().connected).await;
    caches(&cache, 2, 8).await;
}

/// As when the address of a managed server has moved to another one: nobody cuts the connection.
#[tokio::test]
async fn a_refused_write_closes_the_connection_to_a_replica() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let (server, other) = (Server::start(), Server::start());
    let cache = connect(server.url()).await;
    caches(&cache, 1, 7).await;
    let first = cache.stats().connected;
    let port = other.port().unwrap().to_string();
    server.run(&["REPLICAOF", "127.0.0.1", &port]);
    let id = 5;
    let error = cache.invalidate(key!("s:<id>")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("read-only replica"), "{error}");
    assert!(first && !cache.stats().connected, "retired at once");
    assert_eq!(
        cache.scope(inspect(read(1, 8))).await,
        (8, Served::Uncached)
    );
    eventually(PATIENCE, || cache.stats().connected).await;
    cache.scope(read(2, 9)).await;
    assert_eq!(heard.times("is a read-only replica"), 1, "said once");
    server.run(&["REPLICAOF", "NO", "ONE"]);
    eventually(PATIENCE, || cache.stats().pending_deletes == 0).await;
    caches(&cache, 6, 9).await;
}

#[tokio::test]
async fn a_wrong_name_is_an_error_that_says_so() {
    let servers = Sentinels::start();
    let error = Cache::connect(servers.url_of("other")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(
        error.to_string().contains("no master of the name `other`"),
        "{error}"
    );
}

#[tokio::test]
async fn what_the_sentinels_refuse_is_an_error_that_says_so() {
    let servers = Sentinels::builder().sentinel_password("secret").start();
    let url = servers.url_of(Sentinels::MASTER);
    for url in [url.clone(), format!("{url}?sentinel_password=wrong")] {
        let error = Cache::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.to_string().contains("`?sentinel_user="), "{error}");
    }
    // A password for one that asks for none.
    let open = Sentinels::start();
    let url = format!("{}?sentinel_password=needless", open.url());
    let error = Cache::connect(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
    let server = Server::start();
    let url = format!(
        "redis-sentinel://127.0.0.1:{}/mymaster",
        server.port().unwrap()
    );
    let error = Cache::connect(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(error.to_string().contains("is none"), "{error}");
}

#[tokio::test]
async fn without_any_sentinel_it_is_as_without_a_server() {
    let servers = Sentinels::start();
    servers.kill(0);
    let cache = connect(servers.url()).await;
    assert_eq!(
        cache.scope(inspect(read(1, 7))).await,
        (7, Served::Uncached)
    );
    assert_eq!(
        cache.ping().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    servers.restart(0);
    eventually(PATIENCE, || cache.stats().connected).await;
    caches(&cache, 1, 8).await;
    // A connection that works needs no sentinel.
    servers.kill(0);
    caches(&cache, 2, 9).await;
}
