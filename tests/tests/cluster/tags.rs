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
