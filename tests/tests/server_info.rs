//! `Cache::server`: what a server says about itself and can do, against what it does when it is asked by hand.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod common;
#[path = "behaviour/heard.rs"]
mod heard;

use std::collections::BTreeMap;
use std::time::Duration;

use cached_redis_runtime::{Cache, Capabilities, Served, cache_aside, inspect};
use cached_redis_tests::{Cluster, Server, eventually};

use crate::common::PATIENCE;
use crate::heard::Heard;

#[cache_aside(key = "v:<id>", ttl = 60)]
async fn read(id: u64) -> u64 {
    id
}

async fn connect(url: String) -> Cache {
    let builder = Cache::builder(url).namespace("shop");
    let builder = builder.deadline(Duration::from_secs(5));
    builder.connect().await.unwrap()
}

/// By trying, and with every right.
fn tried(server: &Server) -> Capabilities {
    let can = |command: &[&str]| server.try_cli(command).is_ok();
    let mut tried = Capabilities::default();
    tried.set_nx_get = can(&["SET", "tried", "a", "NX", "GET"]);
    server.set("tried", b"a");
    tried.set_ifeq = can(&["SET", "tried", "b", "IFEQ", "a"]);
    tried.tracking_bcast = can(&["CLIENT", "TRACKING", "ON", "BCAST"]);
    tried.waitaof = can(&["WAITAOF", "0", "0", "0"]);
    server.run(&["DEL", "tried"]);
    tried
}

fn said(server: &Server) -> BTreeMap<String, redis::Value> {
    redis::from_redis_value(server.cli(&["HELLO"])).unwrap()
}

#[tokio::test]
async fn a_server_is_what_it_says_and_can_what_it_does() {
    let server = Server::start();
    let expected = tried(&server);
    server.reset_commandstats();
    let cache = connect(server.url()).await;
    assert_eq!(server.keys(), [""; 0], "nothing is written");
    let info = cache.server().unwrap();
    assert_eq!(info.capabilities, expected);
    // Not a test of this test alone: every server has one of them.
    assert!(info.capabilities.tracking_bcast);
    let said = said(&server);
    let word = |name: &str| redis::from_redis_value::<String>(said[name].clone()).unwrap();
    assert_eq!(
        (info.kind, info.version, info.role),
        (word("server"), word("version"), word("role"))
    );
    assert_eq!((info.protocol, info.is_cluster), (3, false));
    assert_eq!(cache.scope(inspect(read(1))).await, (1, Served::Miss));
    assert_eq!(cache.scope(inspect(read(1))).await, (1, Served::Hit));
    // A claim that its server does not know is not tried.
    assert_eq!(cache.stats().total().errors, 0);
    let scripts = server.commandstats().get("evalsha").copied();
    let by_script = u64::from(!expected.set_nx_get);
    assert_eq!(scripts, Some(1 + by_script), "a fill, and the claim");
}

#[tokio::test]
async fn it_is_nothing_while_there_is_no_connection() {
    let server = Server::start();
    let cache = connect(server.url()).await;
    let info = cache.server();
    assert!(info.is_some());
    server.kill();
    eventually(PATIENCE, || cache.server().is_none()).await;
    server.restart();
    eventually(PATIENCE, || cache.server().is_some()).await;
    assert_eq!(cache.server(), info);
}

#[tokio::test]
async fn in_resp2_as_well() {
    let server = Server::start();
    let by_default = connect(server.url()).await.server().unwrap();
    let cache = connect(format!("{}?protocol=resp2", server.url())).await;
    let mut info = cache.server().unwrap();
    assert_eq!(info.protocol, 2);
    info.protocol = 3;
    assert_eq!(info, by_default);
}

/// With the rights that the README lists, on the keys of the namespace.
#[tokio::test]
async fn what_the_user_may_not_do_is_not_there_and_nobody_is_told() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let rules = "~shop:* +get +set +del +getrange +pexpire +eval +ping +evalsha +script|load";
    let server = Server::builder().user("app", "pw", rules).start();
    let expected = tried(&server);
    let cache = connect(server.url()).await;
    let found = cache.server().unwrap().capabilities;
    assert_eq!(
        (found.set_nx_get, found.set_ifeq),
        (expected.set_nx_get, expected.set_ifeq)
    );
    assert!(!found.tracking_bcast && !found.waitaof);
    assert_eq!(cache.scope(inspect(read(1))).await, (1, Served::Miss));
    assert_eq!(heard.times(""), 0);
}

/// What could not be tried does not count as missing: a claim finds out.
#[tokio::test]
async fn a_server_that_could_not_be_asked_is_used_as_well() {
    let server = Server::start();
    let expected = tried(&server);
    server.run(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.run(&["CONFIG", "SET", "maxmemory", "1"]);
    let cache = connect(server.url()).await;
    let found = cache.server().unwrap().capabilities;
    assert!(!found.set_nx_get && found.waitaof == expected.waitaof);
    server.run(&["CONFIG", "SET", "maxmemory", "0"]);
    for id in 0..3 {
        assert_eq!(cache.scope(inspect(read(id))).await, (id, Served::Miss));
        assert_eq!(cache.scope(inspect(read(id))).await, (id, Served::Hit));
    }
}

#[tokio::test]
async fn a_cluster_has_what_all_its_primaries_have() {
    let cluster = Cluster::builder().without_replicas().start();
    let lone = Server::start();
    let cache = connect(cluster.url()).await;
    eventually(PATIENCE, || cache.stats().connected).await;
    let info = cache.server().unwrap();
    assert_eq!(info.capabilities, tried(&lone));
    assert!(info.is_cluster);
    assert_eq!(
        info.version,
        connect(lone.url()).await.server().unwrap().version
    );
    assert_eq!(cluster.keys(), [""; 0], "nothing is written");
}

#[tokio::test]
async fn a_store_in_this_process() {
    let info = connect("memory://".to_owned()).await.server().unwrap();
    assert_eq!(info.kind, "memory");
    assert_eq!(info.capabilities, Capabilities::default());
}
