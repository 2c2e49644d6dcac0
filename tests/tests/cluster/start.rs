//! Finding the cluster.

use std::time::Duration;

use cached_redis_runtime::{Cache, ErrorKind, Served, inspect, key};
use cached_redis_tests::{Cluster, Server, Stopwatch, Table, eventually};

use super::{GENEROUS, PATIENCE, World, read, rows, write};

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

/// Nobody waits for its connection, once the second is over that connecting may take.
#[tokio::test]
async fn a_node_that_hangs_at_the_start_costs_its_own_keys() {
    let cluster = Cluster::builder().without_replicas().start();
    let frozen = &cluster.primaries()[0];
    let is_elsewhere = |id: &u64| cluster.home(&format!("c:{id}")).port() != frozen.port();
    let others: Vec<u64> = (0..).filter(is_elsewhere).take(5).collect();
    frozen.stop();
    let builder = Cache::builder(cluster.url()).deadline(GENEROUS);
    let cache = builder.connect().await.unwrap();
    for id in others {
        let miss = cache.scope(inspect(read(id, 1))).await;
        assert_eq!(miss, (1, Served::Miss));
        let hit = cache.scope(inspect(read(id, 2))).await;
        assert_eq!(hit, (1, Served::Hit));
    }
    frozen.cont();
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

#[tokio::test]
async fn a_cluster_under_the_url_of_a_server_is_told_apart() {
    let cluster = Cluster::builder().without_replicas().start();
    // Half the keys would do, and half the functions.
    let elsewhere = cluster.primaries().iter();
    let elsewhere = elsewhere.filter(|node| node.port() != cluster.home("%tag:any").port());
    let cache = Cache::connect(elsewhere.last().unwrap().url())
        .await
        .unwrap();
    let error = cache.invalidate_tag(key!("any")).await.unwrap_err();
    let told = "the server is a node of a cluster: its URL begins with `redis-cluster://`";
    assert!(error.to_string().starts_with(told), "{error}");
}

/// What a user needs besides the commands that one server takes.
#[tokio::test]
async fn a_user_with_no_more_rights_than_needed() {
    let cluster = Cluster::builder()
        .without_replicas()
        .args(&["--user", "app", "on", ">pw", "~c:*", "~row:*"])
        .args(&[
            "+get",
            "+mget",
            "+set",
            "+del",
            "+getrange",
            "+pexpire",
            "+eval",
            "+evalsha",
        ])
        .args(&["+script|load", "+ping", "+cluster|slots", "+asking"])
        .args(&["--user", "blind", "on", ">pw", "~*", "+@all", "-cluster"])
        .args(&["--user", "mute", "on", ">pw", "~*", "+@all", "-eval"])
        .start();
    for (user, command) in [("blind", "`cluster"), ("mute", "`eval`")] {
        let url = cluster.url().replace("://", &format!("://{user}:pw@"));
        let error = Cache::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        let told = format!("may not run {command}");
        assert!(error.to_string().contains(&told), "{error}");
    }
    let url = cluster.url().replace("://", "://app:pw@");
    let cache = Cache::builder(url)
        .deadline(GENEROUS)
        .connect()
        .await
        .unwrap();
    eventually(PATIENCE, || cache.stats().connected).await;
    let world = World { cache, cluster };
    // Setting a connection up says who is there, to servers that let everybody say so.
    world.cluster.reset_stats();
    for id in 0..10 {
        world.run(read(id, 1)).await;
        assert_eq!(world.served(id, 2).await, (1, Served::Hit));
        world.run(write(id)).await;
    }
    let table = Table::of(0..100);
    let ids: Vec<u64> = (0..100).collect();
    for _ in 0..2 {
        world.run(rows(&table, &ids)).await;
    }
    assert_eq!(table.queries().len(), 1);
    let slot = world.cluster.slot("c:1");
    let from = world.cluster.home("c:1");
    let mut others = world.cluster.primaries().iter();
    let to = others.rfind(|node| node.port() != from.port());
    world.cluster.begin_move(slot, from, to.unwrap());
    assert_eq!(world.served(1, 5).await, (5, Served::Miss));
    assert_eq!(world.served(1, 6).await, (5, Served::Hit));
    assert_eq!(world.cluster.errors("NOPERM"), 0);
    assert_eq!(world.cache.stats().family("c:<id>").unwrap().errors, 0);
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
    // By the second they are to be called by names that they were not given.
    for endpoint in ["unknown-endpoint", "hostname"] {
        let cluster = Cluster::builder()
            .without_replicas()
            .args(&["--cluster-preferred-endpoint-type", endpoint])
            .start();
        let world = World::on(cluster, GENEROUS).await;
        for id in 0..30 {
            world.run(read(id, 1)).await;
            assert_eq!(world.served(id, 2).await, (1, Served::Hit));
        }
        assert_eq!(world.cluster.errors("MOVED"), 0);
        let (slot, from) = (world.cluster.slot("c:1"), world.cluster.home("c:1"));
        let mut others = world.cluster.primaries().iter();
        let to = others.find(|node| node.port() != from.port()).unwrap();
        world.cluster.begin_move(slot, from, to);
        world.cluster.end_move(slot, from, to);
        world.hits(1).await;
        world.run(write(1)).await;
        assert_eq!(world.served(1, 3).await, (3, Served::Miss));
    }
}
