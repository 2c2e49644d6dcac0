//! Nodes that hang, and clusters that are gone.

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{Served, inspect};
use cached_redis_tests::{Cluster, Stopwatch, Table, eventually, pause};

use super::{PATIENCE, World, forget_rows, read, rows, write};

const DEADLINE: Duration = Duration::from_millis(100);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_millis(400);

/// For tests in which what comes late has to come before it is over.
const LONG: Duration = Duration::from_secs(2);

async fn world() -> World {
    let cluster = Cluster::builder().without_replicas().start();
    World::on(cluster, DEADLINE).await
}

#[tokio::test]
async fn a_node_that_hangs_costs_two_deadlines_and_its_own_keys() {
    let world = world().await;
    let frozen = &world.cluster.primaries()[0];
    let (lost, kept) = (world.ids(frozen, true, 1)[0], world.ids(frozen, false, 5));
    for id in kept.iter().chain([&lost]) {
        world.run(read(*id, 1)).await;
    }
    frozen.stop();
    for value in 2..4 {
        let watch = Stopwatch::start();
        assert_eq!(world.served(lost, value).await, (value, Served::Uncached));
        assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    }
    let mut costs = Vec::new();
    for value in 0..301 {
        let watch = Stopwatch::start();
        assert_eq!(world.served(lost, value).await, (value, Served::Uncached));
        costs.push(watch.elapsed());
        let id = kept[value as usize % kept.len()];
        assert_eq!(world.served(id, 2).await, (1, Served::Hit), "{id}");
    }
    costs.sort();
    assert!(costs[150] < Duration::from_micros(100), "{:?}", costs[150]);
    frozen.cont();
    world.hits(lost).await;
}

#[tokio::test]
async fn a_batch_loads_only_what_the_node_that_hangs_has() {
    let world = world().await;
    // The one whose slots come first.
    let frozen = &world.cluster.primaries()[0];
    let lost = world.places("row", frozen, true, 10);
    let kept = world.places("row", frozen, false, 20);
    let table = Table::of(0..1000);
    let all: Vec<u64> = lost.iter().chain(&kept).copied().collect();
    world.run(rows(&table, &all)).await;
    frozen.stop();
    let watch = Stopwatch::start();
    assert_eq!(world.run(rows(&table, &all)).await.len(), 30);
    // One look; then claims are not even tried.
    assert!(
        watch.elapsed() < 2 * DEADLINE + SLACK,
        "{:?}",
        watch.elapsed()
    );
    assert_eq!(table.queries(), [all.clone(), lost.clone()]);

    // So is a deletion: the others are gone at once.
    world.run(forget_rows(&all)).await;
    let stats = world.cache.stats();
    let family = stats.family("row:<ids>").unwrap();
    assert_eq!((family.invalidations, family.lost_deletes), (20, 10));
    assert_eq!(stats.pending_deletes, 10);
    frozen.cont();
    eventually(PATIENCE, || world.cache.stats().pending_deletes == 0).await;
    assert_eq!(world.cluster.keys(), [""; 0]);
}

/// The node that is asked takes its time to name another, which hangs.
#[tokio::test]
async fn a_redirect_has_no_deadline_of_its_own() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, LONG).await;
    world.run(read(1, 1)).await;
    let (slot, from) = (world.cluster.slot("c:1"), world.cluster.home("c:1"));
    let mut primaries = world.cluster.primaries().iter();
    let to = primaries.find(|node| node.port() != from.port()).unwrap();
    world.cluster.begin_move(slot, from, to);
    world.cluster.end_move(slot, from, to);
    from.stop();
    to.stop();
    let late = async {
        pause(LONG * 6 / 10).await;
        from.cont();
    };
    let watch = Stopwatch::start();
    let (served, ()) = tokio::join!(world.served(1, 2), late);
    assert_eq!(served, (2, Served::Uncached));
    assert!(watch.elapsed() < LONG + SLACK, "{:?}", watch.elapsed());
    to.cont();
}

/// Two keys of one slot are on two nodes, one of which hangs and has a third.
#[tokio::test]
async fn keys_that_are_asked_for_one_by_one_have_no_deadline_of_their_own() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, LONG).await;
    let [from, to, _] = world.cluster.primaries() else {
        panic!("three primaries");
    };
    let other = world.places("row", to, true, 1)[0];
    let mut seen = HashMap::new();
    let pair = world
        .places("row", from, true, 1000)
        .into_iter()
        .find_map(|id| {
            let slot = world.cluster.slot(&format!("row:{id}"));
            Some((seen.insert(slot, id)?, id, slot))
        });
    let (stays, moves, slot) = pair.unwrap();
    let table = Table::of(0..10_000);
    let all = [stays, moves, other];
    world.run(rows(&table, &all)).await;
    world.cluster.begin_move(slot, from, to);
    let key = format!("row:{moves}");
    world.cluster.move_keys(&[key.as_str()], from, to);
    to.stop();
    let watch = Stopwatch::start();
    assert_eq!(world.run(rows(&table, &all)).await.len(), 3);
    assert!(watch.elapsed() < LONG + SLACK, "{:?}", watch.elapsed());
    let version = &from.info("server")["redis_version"];
    if version.starts_with("6.") {
        // It names the other node for both keys, where later ones say that they have one of them.
        assert_eq!(table.queries()[1], [stays, moves, other]);
    } else {
        assert_eq!(table.queries()[1], [moves, other]);
    }
    to.cont();
}

/// Other processes may read them there.
#[tokio::test]
async fn deletions_are_made_good_on_nodes_that_are_there() {
    let cluster = Cluster::builder()
        .without_replicas()
        .args(&["--cluster-require-full-coverage", "no"])
        .start();
    let world = World::on(cluster, DEADLINE).await;
    let [dead, frozen, _] = world.cluster.primaries() else {
        panic!("three primaries");
    };
    let many = world.places("row", dead, true, 300);
    let few = world.places("row", frozen, true, 10);
    let table = Table::of(0..2000);
    world.run(rows(&table, &few)).await;
    dead.kill();
    world.run(forget_rows(&many)).await;
    frozen.stop();
    world.run(forget_rows(&few)).await;
    assert_eq!(world.cache.stats().pending_deletes, 310);
    frozen.cont();
    eventually(PATIENCE, || world.cache.stats().pending_deletes == 300).await;
    assert_eq!(frozen.keys(), [""; 0]);
}

#[tokio::test]
async fn a_cluster_that_is_gone_is_as_a_server_that_is_gone() {
    let world = world().await;
    world.run(read(1, 1)).await;
    for node in world.cluster.nodes() {
        node.kill();
    }
    let watch = Stopwatch::start();
    assert_eq!(world.served(1, 2).await, (2, Served::Uncached));
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    world.run(write(1)).await;
    assert!(world.cache.ping().await.is_err());
    for node in world.cluster.nodes() {
        node.restart();
    }
    world.cluster.await_steady();
    world.connected().await;
    world.cache.ping().await.unwrap();
    world.hits(1).await;
}

/// It answers, and refuses.
#[tokio::test]
async fn a_slot_without_an_owner_costs_its_keys() {
    let cluster = Cluster::builder()
        .without_replicas()
        .args(&["--cluster-require-full-coverage", "no"])
        .start();
    let world = World::on(cluster, DEADLINE).await;
    let slot = world.cluster.slot("c:1").to_string();
    for node in world.cluster.nodes() {
        node.run(&["CLUSTER", "DELSLOTS", &slot]);
    }
    for value in 0..10 {
        assert_eq!(world.served(1, value).await, (value, Served::Uncached));
    }
    let is_in = |id: u64| world.cluster.slot(&format!("c:{id}")).to_string() == slot;
    let other = if is_in(2) { 3 } else { 2 };
    world.run(read(other, 1)).await;
    assert_eq!(world.served(other, 2).await, (1, Served::Hit));
    world
        .cluster
        .home("c:1")
        .run(&["CLUSTER", "ADDSLOTS", &slot]);
    world.hits(1).await;
    world.run(inspect(write(1))).await;
}
