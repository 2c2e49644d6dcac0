//! Deletions that wait for replicas, each node's for its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, Error, ErrorKind, cache_invalidate};
use cached_redis_tests::{Cluster, eventually};

use super::{GENEROUS, PATIENCE, World, read, replica_has};

/// Longer than any replica takes.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);

#[cache_invalidate(key = "c:<id>", on_error = "fail")]
async fn write(id: u64) -> Result<(), Error> {
    let _ = id;
    Ok(())
}

#[cache_invalidate(key = "c:<ids>", each = ids, on_error = "fail")]
async fn write_all(ids: &[u64]) -> Result<(), Error> {
    let _ = ids;
    Ok(())
}

async fn world(limit: Duration) -> World {
    let cluster = Cluster::start();
    let builder = Cache::builder(cluster.url()).deadline(GENEROUS);
    let builder = builder.wait_for_replicas(1, limit);
    let cache = builder.connect().await.unwrap();
    let world = World { cache, cluster };
    world.connected().await;
    world
}

#[tokio::test]
async fn each_node_waits_for_its_own_replica() {
    let world = world(LONG).await;
    let ids: Vec<u64> = (0..12).collect();
    for id in &ids {
        world.run(read(*id, 1)).await;
        let key = format!("c:{id}");
        let replica = world.cluster.replica_of(world.cluster.home(&key));
        eventually(PATIENCE, || replica_has(replica, &key)).await;
    }
    world.run(write_all(&ids)).await.unwrap();
    for id in &ids {
        let key = format!("c:{id}");
        let replica = world.cluster.replica_of(world.cluster.home(&key));
        assert!(!replica_has(replica, &key), "{key}");
    }
    assert_eq!(world.cache.stats().unconfirmed, 0);
}

#[tokio::test]
async fn a_replica_that_hangs_costs_the_keys_of_its_node() {
    let world = world(SHORT).await;
    let node = &world.cluster.primaries()[0];
    let (here, there) = (world.ids(node, true, 2), world.ids(node, false, 4));
    world.cluster.replica_of(node).stop();
    for id in &here {
        let error = world.run(write(*id)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unconfirmed);
    }
    let before = world.cache.stats().unconfirmed;
    assert_eq!(before, 2);
    let all: Vec<_> = here.iter().chain(&there).copied().collect();
    let error = world.run(write_all(&all)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unconfirmed);
    // On a busy machine others may be late as well.
    assert!(world.cache.stats().unconfirmed >= before + 2);
    assert_eq!(world.cache.stats().pending_deletes, 0);
}

/// By `MOVED` and by `ASK`, to a node that has a replica of its own.
#[tokio::test]
async fn a_deletion_is_confirmed_where_it_was_redirected_to() {
    let world = world(LONG).await;
    let from = &world.cluster.primaries()[0];
    let to = &world.cluster.primaries()[1];
    let id = world.ids(from, true, 1)[0];
    let key = format!("c:{id}");
    let slot = world.cluster.slot(&key);
    world.run(read(id, 1)).await;
    world.cluster.begin_move(slot, from, to);
    world.cluster.move_keys(&[&key], from, to);
    world.cluster.reset_stats();
    world.run(write(id)).await.unwrap();
    assert_eq!(
        world.cluster.errors("ASK"),
        2,
        "the deletion, and what makes it wait"
    );
    assert_eq!(to.keys(), Vec::<String>::new());
    assert!(to.data_commands()["wait"] > 0);
    world.cluster.end_move(slot, from, to);
    world.cluster.reset_stats();
    world.run(write(id)).await.unwrap();
    assert!(to.data_commands()["wait"] > 0);
    let stats = world.cache.stats();
    assert_eq!((stats.unconfirmed, stats.total().lost_deletes), (0, 0));
}

/// What the old primary was told, the new one knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_in_order_loses_no_deletion() {
    let world = world(LONG).await;
    let shards = &world.cluster.primaries()[..2];
    let ids = shards.iter().flat_map(|old| world.ids(old, true, 3));
    let ids: Vec<_> = ids.collect();
    let over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let (cache, over) = (world.cache.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                for value in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    // What has failed is made good, and not used until then.
                    let _ = cache.scope(write(id)).await;
                    assert_eq!(cache.scope(read(id, value)).await, value, "{id}");
                }
            })
        })
        .collect();
    let fills = || {
        let stats = world.cache.stats();
        stats.family("c:<id>").map_or(0, |family| family.fills)
    };
    for old in shards {
        let before = fills();
        eventually(PATIENCE, || fills() > before + 50).await;
        world.cluster.fail_over(world.cluster.replica_of(old));
    }
    let before = fills();
    eventually(PATIENCE, || fills() > before + 50).await;
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
}
