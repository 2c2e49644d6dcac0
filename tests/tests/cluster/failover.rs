//! Replicas that take over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Served, key};
use cached_redis_tests::{Cluster, Server, Stopwatch, eventually};

use super::{GENEROUS, PATIENCE, World, read, write};

const DEADLINE: Duration = Duration::from_millis(100);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_millis(400);

#[tokio::test]
async fn a_replica_that_takes_over_in_order_loses_nothing() {
    let world = World::on(Cluster::start(), GENEROUS).await;
    let old = &world.cluster.primaries()[0];
    let ids = world.ids(old, true, 5);
    for id in &ids {
        world.run(read(*id, 1)).await;
    }
    let new = world.cluster.replica_of(old);
    world.cluster.fail_over(new);
    for id in &ids {
        world.hits(*id).await;
        assert_eq!(world.served(*id, 2).await, (1, Served::Hit));
        world.run(write(*id)).await;
        assert_eq!(world.served(*id, 3).await, (3, Served::Miss));
    }
    // The old one is a replica now: it serves nothing and is asked for nothing.
    world.connected().await;
    world.cluster.reset_stats();
    for id in &ids {
        assert_eq!(world.served(*id, 4).await, (3, Served::Hit));
    }
    let asked = |node: &Server| node.data_commands().get("get").copied();
    assert_eq!((asked(old), asked(new)), (None, Some(5)));
    assert_eq!(world.cluster.errors("READONLY"), 0);
    // Nor is it connected to; the one who asks is the harness.
    let is_used = |node: &Server| {
        let clients = node.cli(&["CLIENT", "LIST", "TYPE", "normal"]);
        let clients: String = redis::from_redis_value(clients).unwrap();
        clients.lines().count() > 1
    };
    eventually(PATIENCE, || !is_used(old) && is_used(new)).await;
    drop(world.cache);
    eventually(PATIENCE, || !world.cluster.nodes().iter().any(is_used)).await;
}

#[tokio::test]
async fn a_killed_primary_costs_its_own_keys_until_its_replica_has_taken_over() {
    let cluster = Cluster::builder()
        .node_timeout(Duration::from_millis(1500))
        .start();
    let world = World::on(cluster, DEADLINE).await;
    let dead = &world.cluster.primaries()[1];
    let (lost, kept) = (world.ids(dead, true, 3), world.ids(dead, false, 6));
    for id in lost.iter().chain(&kept) {
        world.run(read(*id, 1)).await;
    }
    dead.kill();
    let watch = Stopwatch::start();
    assert_eq!(world.run(read(lost[0], 2)).await, 2);
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    let mut costs = Vec::new();
    for value in 0..301 {
        let watch = Stopwatch::start();
        assert_eq!(
            world.served(lost[0], value).await,
            (value, Served::Uncached)
        );
        costs.push(watch.elapsed());
        let id = kept[value as usize % kept.len()];
        assert_eq!(world.served(id, 2).await, (1, Served::Hit), "{id}");
    }
    costs.sort();
    assert!(costs[150] < Duration::from_micros(100), "{:?}", costs[150]);
    assert!(!world.cache.stats().connected);

    // A write during the outage is made good by the new primary.
    world.run(write(lost[1])).await;
    assert_eq!(world.cache.stats().pending_deletes, 1);
    world.cluster.await_primary(world.cluster.replica_of(dead));
    world.connected().await;
    eventually(PATIENCE, || world.cache.stats().pending_deletes == 0).await;
    for id in &lost {
        world.hits(*id).await;
        world.run(write(*id)).await;
        assert_eq!(world.run(read(*id, 9)).await, 9, "no older value is left");
        assert_eq!(world.served(*id, 10).await, (9, Served::Hit));
    }

    // The one that comes back is a replica of the other.
    dead.restart();
    world.cluster.await_steady();
    for id in &lost {
        assert_eq!(world.served(*id, 11).await, (9, Served::Hit));
    }
    let id = lost[0];
    world.cache.invalidate(key!("c:<id>")).await.unwrap();
    assert_eq!(world.served(id, 12).await, (12, Served::Miss));
}

/// What callers see, and not what the cache says of itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_calls_answer_while_a_primary_dies_under_them() {
    let cluster = Cluster::builder()
        .node_timeout(Duration::from_millis(1500))
        .start();
    let world = World::on(cluster, DEADLINE).await;
    let dead = &world.cluster.primaries()[2];
    let over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..12_u64)
        .map(|id| {
            let (cache, over) = (world.cache.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut slowest = Duration::ZERO;
                for value in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let watch = Stopwatch::start();
                    // Whatever the new primary has not heard of: no read is older than this write.
                    cache.scope(write(id)).await;
                    let read = cache.scope(read(id, value)).await;
                    assert_eq!(read, value, "{id}");
                    slowest = slowest.max(watch.elapsed());
                }
                slowest
            })
        })
        .collect();
    let fills = || {
        world
            .cache
            .stats()
            .family("c:<id>")
            .map_or(0, |family| family.fills)
    };
    eventually(PATIENCE, || fills() > 100).await;
    dead.kill();
    world.cluster.await_primary(world.cluster.replica_of(dead));
    world.connected().await;
    eventually(PATIENCE, || world.cache.stats().pending_deletes == 0).await;
    let before = fills();
    eventually(PATIENCE, || fills() > before + 100).await;
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        let slowest = caller.await.unwrap();
        // A write and a read, each of which may find out about the dead node.
        assert!(slowest < 2 * (DEADLINE + SLACK), "{slowest:?}");
    }
}
