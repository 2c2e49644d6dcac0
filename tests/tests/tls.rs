//! `rediss://`: what works without TLS works with it, and what is wrong is said.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod common;
#[path = "behaviour/heard.rs"]
mod heard;

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{
    Cache, CacheBuilder, Error, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key,
};
use cached_redis_tests::{Authority, Cluster, Pair, Server, TlsSentinel, TlsServer, eventually};

use crate::common::PATIENCE;
use crate::heard::Heard;

#[cache_aside(key = "t:<id>", ttl = 600, tags("all"), skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_aside(key = "text:<length>", ttl = 600)]
async fn text(length: usize) -> String {
    "x".repeat(length)
}

#[cache_aside(key = "t:<ids>", each = ids, ttl = 600)]
async fn read_many(ids: &[u64]) -> HashMap<u64, u32> {
    ids.iter().map(|id| (*id, 5)).collect()
}

#[cache_invalidate(key = "t:<id>", before)]
async fn write(id: u64) {
    let _ = id;
}

#[cache_invalidate(tags("all"))]
async fn write_all() {}

fn trusting(url: String, authority: &Authority) -> CacheBuilder {
    let builder = Cache::builder(url).deadline(Duration::from_secs(5));
    builder.tls_ca(authority.pem())
}

async fn connect(url: String, authority: &Authority) -> Cache {
    let cache = trusting(url, authority)
        .connect()
        .await
        .expect("a good URL");
    assert!(cache.stats().connected, "the server answered");
    cache
}

async fn refused(builder: CacheBuilder) -> Error {
    builder.connect().await.expect_err("it cannot work")
}

/// Hits, misses, invalidations, tags and batches.
async fn works(cache: &Cache) {
    cache
        .scope(async {
            assert_eq!(inspect(read(1, 7)).await, (7, Served::Miss));
            assert_eq!(inspect(read(1, 8)).await, (7, Served::Hit));
            write(1).await;
            assert_eq!(inspect(read(1, 9)).await, (9, Served::Miss));
            write_all().await;
            assert_eq!(inspect(read(1, 10)).await, (10, Served::Miss));
            let ids: Vec<u64> = (100..1500).collect();
            assert_eq!(read_many(&ids).await.len(), ids.len());
            assert_eq!(inspect(read(777, 0)).await, (5, Served::Hit));
            assert_eq!(text(4 << 20).await.len(), 4 << 20);
            assert_eq!(inspect(text(4 << 20)).await.1, Served::Hit);
        })
        .await;
    let family = cache.stats().family("t:<id>").cloned().unwrap();
    assert_eq!(family.errors, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_over_tls() {
    let authority = Authority::new();
    let Some(server) = TlsServer::start(&authority) else {
        return;
    };
    works(&connect(server.url(), &authority).await).await;
    let stored = server.server().get("t:1");
    assert!(stored.is_some(), "on that server");
    works(
        &connect(
            format!("{}/3?protocol=resp2", server.url_of("127.0.0.1")),
            &authority,
        )
        .await,
    )
    .await;
}

#[tokio::test]
async fn a_server_that_goes_and_comes_back() {
    let authority = Authority::new();
    let Some(server) = TlsServer::start(&authority) else {
        return;
    };
    let cache = connect(server.url(), &authority).await;
    cache.scope(read(1, 7)).await;
    server.server().kill();
    // Without a command: the connection itself says so.
    eventually(PATIENCE, || !cache.stats().connected).await;
    assert_eq!(
        cache.scope(inspect(read(1, 8))).await,
        (8, Served::Uncached)
    );
    server.server().restart();
    eventually(PATIENCE, || cache.stats().connected).await;
    assert_eq!(cache.scope(inspect(read(1, 9))).await, (9, Served::Miss));
}

#[tokio::test]
async fn a_server_whose_ca_is_not_trusted() {
    let authority = Authority::new();
    let Some(server) = TlsServer::start(&authority) else {
        return;
    };
    let another = trusting(server.url(), &Authority::new());
    let system = Cache::builder(server.url());
    for builder in [another, system] {
        let error = refused(builder).await;
        assert_eq!(error.kind(), ErrorKind::Setting);
        assert!(error.to_string().contains("`tls_ca`"), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_host() {
    let authority = Authority::new();
    let pair = authority.issue(&["other.example"]);
    let Some(server) = TlsServer::start_with(Server::builder(), &authority, &pair, &[]) else {
        return;
    };
    for host in ["localhost", "127.0.0.1"] {
        let error = refused(trusting(server.url_of(host), &authority)).await;
        assert_eq!(error.kind(), ErrorKind::Setting);
        assert!(error.to_string().contains("another host"), "{error}");
    }
}

/// Whoever starts a program meanwhile has no certificate to change: it starts, and functions run.
#[tokio::test]
async fn an_expired_certificate_does_not_keep_a_program_from_starting() {
    let authority = Authority::new();
    let pair = authority.issue_expired(&["localhost"]);
    let Some(server) = TlsServer::start_with(Server::builder(), &authority, &pair, &[]) else {
        return;
    };
    let cache = trusting(server.url(), &authority).connect().await.unwrap();
    assert_eq!(
        cache.scope(inspect(read(1, 7))).await,
        (7, Served::Uncached)
    );
}

#[tokio::test]
async fn a_port_without_tls() {
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let server = Server::start();
    let url = format!("rediss://127.0.0.1:{}", server.port().unwrap());
    let cache = trusting(url, &Authority::new()).connect().await.unwrap();
    assert_eq!(
        cache.scope(inspect(read(1, 7))).await,
        (7, Served::Uncached)
    );
    eventually(PATIENCE, || {
        heard.times("is the port the one for TLS?") == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_asks_for_a_client_certificate() {
    let authority = Authority::new();
    let pair = authority.issue(&["localhost"]);
    let args = ["--tls-auth-clients", "yes"];
    let Some(server) = TlsServer::start_with(Server::builder(), &authority, &pair, &args) else {
        return;
    };
    let error = refused(trusting(server.url(), &authority)).await;
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(
        error.to_string().contains("asks for a client certificate"),
        "{error}"
    );
    let Pair { certificate, key } = Authority::new().issue(&["client"]);
    let stranger = trusting(server.url(), &authority).tls_client_certificate(certificate, key);
    let error = refused(stranger).await;
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(error.to_string().contains("does not accept"), "{error}");
    let Pair { certificate, key } = authority.issue(&["client"]);
    let known = trusting(server.url(), &authority).tls_client_certificate(certificate, key);
    works(&known.connect().await.unwrap()).await;
}

#[tokio::test]
async fn settings_that_cannot_be_used() {
    let authority = Authority::new();
    let Pair { certificate, key } = authority.issue(&["client"]);
    let url = || "rediss://127.0.0.1:1".to_owned();
    let with = |certificate: &str, key: &str| {
        Cache::builder(url()).tls_client_certificate(certificate, key)
    };
    let other = authority.issue(&["client"]).key;
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (builder, part) in [
        (
            Cache::builder(url()).tls_ca("/etc/ssl/ca.pem"),
            "`tls_ca` has no `-----BEGIN",
        ),
        (
            Cache::builder(url()).tls_ca(key.clone()),
            "`tls_ca` has no `-----BEGIN",
        ),
        (
            with("client.pem", &key),
            "the certificate of `tls_client_certificate` has no",
        ),
        (
            with(&certificate, "client.key"),
            "the key of `tls_client_certificate` has no",
        ),
        (with(&certificate, &encrypted), "not encrypted"),
        (with(&certificate, &other), "is not that of its certificate"),
        (
            Cache::builder("redis://127.0.0.1:1").tls_ca(authority.pem()),
            "without TLS",
        ),
        (
            Cache::builder("redis+unix:///none")
                .tls_client_certificate(certificate.clone(), key.clone()),
            "`tls_client_certificate` is given",
        ),
        (
            Cache::builder("memory://").tls_ca(authority.pem()),
            "has no TLS",
        ),
    ] {
        let shown = format!("{builder:?}");
        let error = refused(builder).await;
        assert_eq!(error.kind(), ErrorKind::Setting, "{error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
        let secret = key.lines().nth(1).unwrap();
        assert!(!format!("{shown}{error}{error:?}").contains(secret));
    }
}

/// The sentinels and what they name, under one CA.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_by_tls() {
    let authority = Authority::new();
    let Some(server) = TlsServer::start(&authority) else {
        return;
    };
    let sentinel = TlsSentinel::start(&server);
    works(&connect(sentinel.url(), &authority).await).await;
    assert!(server.server().get("t:1").is_some());
    let error = refused(trusting(sentinel.url(), &Authority::new())).await;
    assert!(error.to_string().contains("`tls_ca`"), "{error}");
    let id = 1;
    let cache = connect(sentinel.url(), &authority).await;
    cache.invalidate(key!("t:<id>")).await.unwrap();
    assert!(server.server().get("t:1").is_none());
}

/// The nodes are found from one another, and each by TLS, also where large values are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_by_tls() {
    let authority = Authority::new();
    let Some(cluster) = Cluster::builder().without_replicas().tls(&authority) else {
        return;
    };
    let cluster = cluster.start();
    let url = cluster.tls_url();
    let cache = trusting(url.clone(), &authority).connect().await.unwrap();
    eventually(PATIENCE, || cache.stats().connected).await;
    works(&cache).await;
    let homes = cluster.primaries().iter();
    assert!(
        homes.map(Server::keys).all(|keys| keys.len() > 100),
        "on all nodes"
    );
    assert!(cache.server().unwrap().is_cluster);
    let error = refused(trusting(url, &Authority::new())).await;
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(error.to_string().contains("`tls_ca`"), "{error}");
    // By TLS only: the other ports are the harness's.
    let encrypted = cluster.primaries().iter().map(|node| {
        let clients: String = redis::from_redis_value(node.cli(&["CLIENT", "LIST"])).unwrap();
        let port = node.port().unwrap();
        let plain = clients
            .lines()
            .filter(|line| line.contains(&format!("laddr=127.0.0.1:{port} ")));
        (clients.lines().count(), plain.count())
    });
    for (all, plain) in encrypted {
        assert!(all > plain && plain == 1, "{plain} of {all} without TLS");
    }
}
