//! While nothing moves and nothing fails.

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect, transaction};
use cached_redis_tests::{Cluster, Server, Table};

use super::{GENEROUS, World, forget_rows, read, rows, write};

fn count(world: &World, command: &str) -> u64 {
    let commands = world.cluster.data_commands();
    commands.get(command).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_hit_is_one_get_and_nobody_is_sent_elsewhere() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    for id in 0..60 {
        assert_eq!(world.served(id, 1).await, (1, Served::Miss));
    }
    assert_eq!(world.cluster.keys().len(), 60);
    for node in world.cluster.primaries() {
        assert!(!node.keys().is_empty(), "{node:?} has its share");
    }
    assert_eq!(world.cluster.errors("MOVED"), 0);

    world.cluster.reset_stats();
    for id in 0..60 {
        assert_eq!(world.served(id, 2).await, (1, Served::Hit));
    }
    let hits = world.cluster.data_commands().into_iter();
    assert_eq!(hits.collect::<Vec<_>>(), [("get".to_owned(), 60)]);

    world.cluster.reset_stats();
    for id in 0..60 {
        world.run(write(id)).await;
    }
    let deletions = world.cluster.data_commands().into_iter();
    assert_eq!(deletions.collect::<Vec<_>>(), [("del".to_owned(), 60)]);
    assert_eq!(world.cluster.errors("MOVED"), 0);
    assert_eq!(world.cluster.keys(), [""; 0]);
}

#[tokio::test]
async fn a_hit_on_six_nodes_is_one_get_and_replicas_are_left_alone() {
    let world = World::on(Cluster::start(), GENEROUS).await;
    for id in 0..60 {
        world.run(read(id, 1)).await;
    }
    world.cluster.reset_stats();
    for id in 0..60 {
        assert_eq!(world.served(id, 2).await, (1, Served::Hit));
    }
    // A replica also counts what its primary tells it, and no read is among that.
    let (primaries, replicas) = world.cluster.nodes().split_at(3);
    let gets = |node: &Server| node.data_commands().get("get").copied().unwrap_or(0);
    assert_eq!(primaries.iter().map(gets).sum::<u64>(), 60);
    assert_eq!(replicas.iter().map(gets).sum::<u64>(), 0);
    let between_nodes = ["cluster", "replconf", "psync"];
    let others = |name: &String| {
        let command = name.split('|').next().unwrap_or_default();
        command != "get" && !between_nodes.contains(&command)
    };
    for node in primaries {
        let mut commands = node.data_commands().into_keys();
        assert_eq!(commands.find(others), None);
    }
}

#[tokio::test]
async fn a_batch_asks_each_node_for_its_own_keys() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    let table = Table::of(0..1200);
    let ids: Vec<u64> = (0..1200).collect();
    for _ in 0..2 {
        assert_eq!(world.run(rows(&table, &ids)).await.len(), 1200);
    }
    assert_eq!(table.queries().len(), 1, "the second time all were found");
    assert_eq!(world.cluster.keys().len(), 1200);
    world.run(forget_rows(&ids)).await;
    assert_eq!(world.cluster.keys(), [""; 0]);
    for code in ["MOVED", "CROSSSLOT", "TRYAGAIN"] {
        assert_eq!(world.cluster.errors(code), 0, "{code}");
    }
}

#[tokio::test]
async fn keys_of_one_slot_are_one_command() {
    #[cache_aside(key = "row:{<tenant>}:<ids>", each = ids, ttl = 60, skip(table))]
    async fn of_tenant(table: &Table, tenant: u64, ids: &[u64]) -> Vec<(u64, String)> {
        let _ = tenant;
        table.query(ids.iter().copied()).await
    }

    #[cache_invalidate(key = "row:{<tenant>}:<ids>", each = ids)]
    async fn forget(tenant: u64, ids: &[u64]) {
        let _ = (tenant, ids);
    }

    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    let table = Table::of(0..100);
    let ids: Vec<u64> = (0..100).collect();
    world.run(of_tenant(&table, 7, &ids)).await;
    world.cluster.reset_stats();
    world.run(of_tenant(&table, 7, &ids)).await;
    world.run(forget(7, &ids)).await;
    assert_eq!((count(&world, "mget"), count(&world, "del")), (1, 1));
    assert_eq!(table.queries().len(), 1);
    assert_eq!(world.cluster.keys(), [""; 0]);
}

#[tokio::test]
async fn a_transaction_deletes_on_all_nodes() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    for id in 0..30 {
        world.run(read(id, 1)).await;
    }
    let block = transaction(async {
        for id in 0..30 {
            write(id).await;
        }
        assert_eq!(world.cluster.keys().len(), 30);
        Ok::<_, ()>(())
    });
    world.run(block).await.unwrap();
    assert_eq!(world.cluster.keys(), [""; 0]);
    let stats = world.cache.stats();
    assert_eq!(stats.family("c:<id>").unwrap().invalidations, 30);
    assert_eq!(world.run(inspect(read(1, 2))).await, (2, Served::Miss));
}
