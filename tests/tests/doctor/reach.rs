//! Servers that are away, the wrong one, or several.

use std::time::Duration;

use cached_redis_runtime::Cache;
use cached_redis_runtime::doctor::{Place, Report, Severity};
use cached_redis_tests::{Cluster, Sentinels, Server, Stopwatch, eventually};

use crate::common::PATIENCE;
use crate::{GOOD, but_for, codes, connect, examine, good, only};

fn at(server: &Server) -> String {
    format!("127.0.0.1:{}", server.port().unwrap())
}

fn places(report: &Report) -> Vec<(&'static str, Option<&str>)> {
    let findings = report.findings.iter();
    findings
        .map(|one| (one.code, one.node.as_deref()))
        .collect()
}

#[tokio::test]
async fn a_server_that_was_never_there() {
    let server = good();
    server.kill();
    let cache = Cache::connect(server.url()).await.unwrap();
    let watch = Stopwatch::start();
    let report = cache.doctor().await;
    assert!(watch.elapsed() < Duration::from_secs(2));
    let finding = only(&report, "unreachable", Severity::Critical);
    assert_eq!(finding.node, Some(at(&server)));
    assert!(
        finding.sentence.contains("nobody listens there"),
        "{report}"
    );
    assert!(report.to_string().contains("not reached"), "{report}");
}

#[tokio::test]
async fn a_server_that_is_gone_and_comes_back() {
    let server = good();
    let cache = connect(server.url()).await;
    server.kill();
    eventually(PATIENCE, || !cache.stats().connected).await;
    only(&cache.doctor().await, "unreachable", Severity::Critical);
    server.restart();
    eventually(PATIENCE, || cache.stats().connected).await;
    assert_eq!(codes(&cache.doctor().await), [""; 0]);
}

#[tokio::test]
async fn a_server_that_hangs() {
    let server = good();
    let cache = Cache::connect(server.url()).await.unwrap();
    assert!(cache.stats().connected);
    server.stop();
    let watch = Stopwatch::start();
    let report = cache.doctor().await;
    let took = watch.elapsed();
    server.cont();
    let finding = only(&report, "unreachable", Severity::Critical);
    assert!(finding.sentence.contains("within the deadline"), "{report}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_replica() {
    let primary = but_for(&["--repl-diskless-sync-delay", "0"]);
    let port = primary.port().unwrap().to_string();
    let replica = Server::builder()
        .args(&GOOD)
        .args(&["--replicaof", "127.0.0.1", &port])
        .start();
    let linked = || replica.info("replication")["master_link_status"] == "up";
    eventually(PATIENCE, linked).await;
    let report = examine(&replica).await;
    let finding = only(&report, "replica", Severity::Critical);
    assert!(
        !finding.sentence.contains("nor is it connected"),
        "{report}"
    );
    assert_eq!(codes(&examine(&primary).await), [""; 0]);
    primary.kill();
    eventually(PATIENCE, || !linked()).await;
    let report = examine(&replica).await;
    let finding = only(&report, "replica", Severity::Critical);
    assert!(finding.sentence.contains("nor is it connected"), "{report}");
}

#[tokio::test]
async fn the_primary_behind_sentinels() {
    let sentinels = Sentinels::start();
    for server in [sentinels.first(), sentinels.second()] {
        server.run(&["CONFIG", "SET", "maxmemory", "100mb"]);
        server.run(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    }
    let cache = connect(sentinels.url()).await;
    let report = cache.doctor().await;
    assert_eq!(codes(&report), [""; 0], "{report}");
    assert_eq!(report.place, Place::Sentinel);
    assert_eq!(report.nodes[0].address, at(sentinels.first()));
    sentinels.second().kill();
    let alone = || sentinels.first().info("replication")["connected_slaves"] == "0";
    eventually(PATIENCE, alone).await;
    let report = cache.doctor().await;
    let finding = only(&report, "no_replica", Severity::Warning);
    assert_eq!(finding.node, Some(at(sentinels.first())));
}

#[tokio::test]
async fn every_primary_of_a_cluster() {
    let cluster = Cluster::builder().args(&GOOD).start();
    let [first, second, third] = cluster.primaries() else {
        panic!("three")
    };
    // One of them will be waited for.
    let builder = Cache::builder(cluster.url()).deadline(Duration::from_secs(1));
    let cache = builder.connect().await.unwrap();
    eventually(PATIENCE, || cache.stats().connected).await;
    let report = cache.doctor().await;
    assert_eq!(codes(&report), [""; 0], "{report}");
    assert_eq!((report.place, report.nodes.len()), (Place::Cluster, 3));
    let counted =
        |node: &cached_redis_runtime::doctor::Node| node.latency.map(|latency| latency.count);
    assert!(
        report.nodes.iter().all(|node| counted(node) == Some(32)),
        "{report}"
    );

    second.run(&["CONFIG", "SET", "tcp-keepalive", "0"]);
    let second = at(second);
    let report = cache.doctor().await;
    assert_eq!(places(&report), [("no_keepalive", Some(second.as_str()))]);

    third.stop();
    let report = cache.doctor().await;
    let third_at = at(third);
    third.cont();
    let expected = [
        ("unreachable", Some(third_at.as_str())),
        ("no_keepalive", Some(second.as_str())),
    ];
    assert_eq!(places(&report), expected, "{report}");

    only(
        &examine(first).await,
        "one_node_of_a_cluster",
        Severity::Critical,
    );
}

#[tokio::test]
async fn a_cluster_without_replicas_and_with_slots_that_nobody_has() {
    let cluster = Cluster::builder().without_replicas().args(&GOOD).start();
    let cache = connect(cluster.url()).await;
    let report = cache.doctor().await;
    assert_eq!(codes(&report), ["no_replica"; 3], "{report}");
    for node in cluster.nodes() {
        node.run(&["CLUSTER", "DELSLOTS", "7"]);
    }
    let cache = Cache::builder(cluster.url())
        .deadline(Duration::from_secs(5))
        .connect()
        .await
        .unwrap();
    let report = cache.doctor().await;
    assert_eq!(
        places(&report)[0],
        ("slots_without_owner", None),
        "{report}"
    );
    assert_eq!(codes(&report)[1..], ["no_replica"; 3], "{report}");
}

#[tokio::test]
async fn a_cluster_that_was_never_there() {
    let server = good();
    server.kill();
    let url = format!("redis-cluster://app:s3cret-word@{}", at(&server));
    let cache = Cache::connect(url).await.unwrap();
    let report = cache.doctor().await;
    let finding = only(&report, "unreachable", Severity::Critical);
    assert_eq!(finding.node, Some(at(&server)));
    assert!(!report.to_string().contains("s3cret-word"));
}
