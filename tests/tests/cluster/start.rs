//! Finding the cluster.

use std::time::Duration;

use cached_redis_runtime::{Cache, ErrorKind, Served, inspect};
use cached_redis_tests::{Cluster, Server, Stopwatch, eventually};

use super::{GENEROUS, PATIENCE, World, read};

#[tokio::test]
async fn one_seed_that_answers_is_enough() {
    let cluster = Cluster::builder().without_replicas().start();
    let port = cluster.primaries()[2].port().unwrap();
    // Nobody listens at the first, and nothing comes back from the second.
    let url = format!("redis-cluster://127.0.0.1:1,192.0.2.1:7000,127.0.0.1:{port}");
    let watch = Stopwatch::start();
    let cache = Cache::builder(url)
        .deadline(GENEROUS)
        .connect()
        .await
        .unwrap();
    assert!(
        watch.elapsed() < Duration::from_millis(1500),
        "{:?}",
        watch.elapsed()
    );
    eventually(PATIENCE, || cache.stats().connected).await;
    for id in 0..30 {
        cache.scope(read(id, 1)).await;
        assert_eq!(cache.scope(inspect(read(id, 2))).await, (1, Served::Hit));
    }
    assert_eq!(cluster.errors("MOVED"), 0);
}

#[tokio::test]
async fn a_cluster_that_is_not_there_yet_is_no_error() {
    let cluster = Cluster::builder().without_replicas().start();
    let url = cluster.url();
    for node in cluster.nodes() {
        node.kill();
    }
    let watch = Stopwatch::start();
    let cache = Cache::connect(url).await.unwrap();
    assert!(
        watch.elapsed() < Duration::from_millis(1500),
        "{:?}",
        watch.elapsed()
    );
    assert_eq!(
        cache.ping().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    assert_eq!(
        cache.scope(inspect(read(1, 1))).await,
        (1, Served::Uncached)
    );
    for node in cluster.nodes() {
        node.restart();
    }
    eventually(PATIENCE, || cache.stats().connected).await;
}

#[tokio::test]
async fn a_server_that_belongs_to_no_cluster_is_told_apart() {
    let server = Server::start();
    let url = server.url().replace("redis://", "redis-cluster://");
    let error = Cache::connect(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert_eq!(
        error.to_string(),
        "the server is no node of a cluster: its URL begins with `redis://`"
    );
}

/// Behind a proxy or a name that changes, nodes say only on which ports they are.
#[tokio::test]
async fn nodes_that_do_not_say_where_they_are_are_where_they_were_found() {
    let server = Server::start();
    if server
        .try_cli(&["CONFIG", "GET", "cluster-preferred-endpoint-type"])
        .is_ok_and(|reply| matches!(reply, redis::Value::Array(found) if found.is_empty()))
    {
        eprintln!("SKIPPED: this server always says where it is");
        return;
    }
    let cluster = Cluster::builder()
        .without_replicas()
        .args(&["--cluster-preferred-endpoint-type", "unknown-endpoint"])
        .start();
    let world = World::on(cluster, GENEROUS).await;
    for id in 0..30 {
        world.run(read(id, 1)).await;
        assert_eq!(world.served(id, 2).await, (1, Served::Hit));
    }
    assert_eq!(world.cluster.errors("MOVED"), 0);
}
