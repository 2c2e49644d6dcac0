//! A tag, and its members on other nodes.

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{Cluster, eventually};
use std::time::Duration;

use super::{GENEROUS, PATIENCE, World};

#[cache_aside(key = "t:<id>", ttl = 60, tags("team"), skip(value))]
async fn member(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(tags("team"))]
async fn forget_team() {}

#[cache_aside(key = "many:<ids>", each = ids, ttl = 60, tags("big"))]
async fn many(ids: Vec<u64>) -> Vec<(u64, u64)> {
    ids.into_iter().map(|id| (id, id)).collect()
}

#[cache_invalidate(tags("big"))]
async fn forget_big() {}

#[tokio::test]
async fn an_invalidation_finds_members_on_all_nodes() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    for id in 0..30 {
        world.run(member(id, 1)).await;
    }
    assert_eq!(world.cluster.keys().len(), 31);
    world.run(forget_team()).await;
    assert_eq!(world.cluster.keys(), ["%tag:team"]);
    for id in 0..30 {
        assert_eq!(world.run(inspect(member(id, 2))).await, (2, Served::Miss));
    }
    let stats = world.cache.stats();
    assert_eq!(stats.family("team").unwrap().tag_invalidations, 30);
}

#[tokio::test]
async fn a_member_that_cannot_be_deleted_does_not_keep_the_others() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, Duration::from_millis(100)).await;
    for id in 0..30 {
        world.run(member(id, 1)).await;
    }
    let tag = world.cluster.home("%tag:team").port();
    let mut primaries = world.cluster.primaries().iter();
    let frozen = primaries.find(|node| node.port() != tag).unwrap();
    let kept = frozen.keys().len();
    frozen.stop();
    world.run(forget_team()).await;
    let others = world
        .cluster
        .primaries()
        .iter()
        .filter(|node| node.is_running());
    let left: Vec<_> = others.flat_map(cached_redis_tests::Server::keys).collect();
    assert_eq!(left, ["%tag:team"]);
    assert_eq!(world.cache.stats().pending_deletes, 1, "the tag");
    // Until it is made good, nothing with tags is read.
    assert_eq!(
        world.run(inspect(member(1, 2))).await,
        (2, Served::Uncached)
    );
    frozen.cont();
    assert!(kept > 0);
    eventually(PATIENCE, || world.cache.stats().pending_deletes == 0).await;
    assert_eq!(world.cluster.keys(), ["%tag:team"]);
}

/// Each server keeps the members in an order of its own: what one calls the rest is not what is left on another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_moves_while_it_is_read_is_read_anew() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    let slot = world.cluster.slot("%tag:big");
    let home = world.cluster.home("%tag:big");
    let mut others = world.cluster.primaries().iter();
    let other = others.find(|node| node.port() != home.port()).unwrap();
    let (mut from, mut to) = (home, other);
    let ids: Vec<u64> = (0..10_000).collect();
    // It may have been read before it could be moved.
    for _ in 0..10 {
        world.run(many(ids.clone())).await;
        world.cluster.reset_stats();
        let cache = world.cache.clone();
        let sweep = tokio::spawn(async move { cache.scope(forget_big()).await });
        eventually(PATIENCE, || from.data_commands().contains_key("zscan")).await;
        world.cluster.begin_move(slot, from, to);
        world.cluster.end_move(slot, from, to);
        sweep.await.unwrap();
        eventually(PATIENCE, || world.cache.stats().pending_deletes == 0).await;
        assert_eq!(world.cluster.keys(), ["%tag:big"]);
        if world.cache.stats().family("big").unwrap().lost_deletes > 0 {
            return;
        }
        (from, to) = (to, from);
    }
    panic!("it never moved in time");
}
