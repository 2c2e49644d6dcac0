//! Slots that move from one node to another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, Error, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{Cluster, Server, Stopwatch, Table, pause};

use super::{GENEROUS, PATIENCE, World, read, write};

#[cache_aside(key = "k:{tag}:<id>", ttl = 60, one_slot, skip(value))]
async fn tagged(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "k:{tag}:<id>", one_slot)]
async fn write_tagged(id: u64) {
    let _ = id;
}

#[cache_aside(key = "b:{tag}:<ids>", each = ids, ttl = 60, one_slot, skip(table))]
async fn batch(table: &Table, ids: &[u64]) -> Vec<(u64, String)> {
    table.query(ids.iter().copied()).await
}

#[cache_invalidate(key = "b:{tag}:<ids>", each = ids, one_slot)]
async fn forget(ids: &[u64]) {
    let _ = ids;
}

/// The slot of all keys above, and who owns it.
fn tag_slot(cluster: &Cluster) -> (u16, &Server) {
    (cluster.slot("{tag}"), cluster.home("{tag}"))
}

fn another<'a>(cluster: &'a Cluster, than: &Server) -> &'a Server {
    let mut primaries = cluster.primaries().iter();
    primaries.find(|node| node.port() != than.port()).unwrap()
}

/// Waits until calls go to the owner at once.
async fn map_is_true(world: &World, id: u64) {
    for _ in 0..1000 {
        world.cluster.reset_stats();
        world.run(read(id, 0)).await;
        if world.cluster.errors("MOVED") == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("still sent elsewhere");
}

#[tokio::test]
async fn a_redirect_is_followed_at_once_and_the_map_is_made_anew() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    world.run(read(1, 1)).await;
    let slot = world.cluster.slot("c:1");
    let from = world.cluster.home("c:1");
    let to = another(&world.cluster, from);
    world.cluster.begin_move(slot, from, to);
    world.cluster.end_move(slot, from, to);

    world.cluster.reset_stats();
    assert_eq!(world.served(1, 2).await, (1, Served::Hit));
    assert_eq!(world.cluster.errors("MOVED"), 1);
    map_is_true(&world, 1).await;
    assert_eq!(world.served(1, 2).await, (1, Served::Hit));
    world.run(write(1)).await;
    assert_eq!(world.served(1, 3).await, (3, Served::Miss));
    assert_eq!(world.cache.stats().family("c:<id>").unwrap().errors, 0);
}

#[tokio::test]
async fn during_a_move_keys_are_served_on_both_sides() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    for id in 0..10 {
        world.run(tagged(id, 1)).await;
    }
    let (slot, from) = tag_slot(&world.cluster);
    let to = another(&world.cluster, from);
    world.cluster.begin_move(slot, from, to);
    world
        .cluster
        .move_keys(&["k:{tag}:0", "k:{tag}:1"], from, to);

    for id in 0..10 {
        let (value, served) = world.run(inspect(tagged(id, 2))).await;
        assert_eq!((value, served), (1, Served::Hit), "{id}");
    }
    assert_eq!(world.cluster.errors("ASK"), 2);
    // A key that was on neither side is made on the new one, by a claim and a fill that were asked for there.
    assert_eq!(world.run(inspect(tagged(20, 3))).await, (3, Served::Miss));
    assert_eq!(world.run(inspect(tagged(20, 4))).await, (3, Served::Hit));
    for id in [0, 5, 20] {
        world.run(write_tagged(id)).await;
        assert_eq!(
            world.run(inspect(tagged(id, 5))).await,
            (5, Served::Miss),
            "{id}"
        );
    }
    world.cluster.end_move(slot, from, to);
    for (id, value) in [(0, 5), (1, 1), (2, 1), (5, 5), (20, 5)] {
        let found = world.run(inspect(tagged(id, 6))).await;
        assert_eq!(found, (value, Served::Hit), "{id}");
    }
    assert_eq!(
        world.cache.stats().family("k:{tag}:<id>").unwrap().errors,
        0
    );
}

#[tokio::test]
async fn a_command_for_keys_on_both_sides_is_sent_key_by_key() {
    let cluster = Cluster::builder().without_replicas().start();
    let world = World::on(cluster, GENEROUS).await;
    let table = Table::of(0..10);
    let ids: Vec<u64> = (0..10).collect();
    world.run(batch(&table, &ids)).await;
    let (slot, from) = tag_slot(&world.cluster);
    let to = another(&world.cluster, from);
    world.cluster.begin_move(slot, from, to);
    world
        .cluster
        .move_keys(&["b:{tag}:0", "b:{tag}:1"], from, to);

    assert_eq!(world.run(batch(&table, &ids)).await.len(), 10);
    assert_eq!(table.queries().len(), 1, "all are found");
    assert_eq!(world.cluster.errors("TRYAGAIN"), 1);
    world.run(forget(&ids)).await;
    assert_eq!(world.cluster.errors("TRYAGAIN"), 2);
    assert_eq!(world.cluster.keys(), [""; 0]);
    // All at once on the new side.
    assert_eq!(world.run(batch(&table, &ids)).await.len(), 10);
    assert_eq!(to.keys().len(), 10);
    let stats = world.cache.stats();
    let family = stats.family("b:{tag}:<ids>").unwrap();
    assert_eq!((family.errors, family.lost_deletes), (0, 0));
}

/// It owns no slot yet, so only a redirect tells of it.
#[tokio::test]
async fn a_node_that_has_just_come_is_connected_to_when_it_is_named() {
    let cluster = Cluster::builder().without_replicas().with_spare().start();
    let world = World::on(cluster, GENEROUS).await;
    world.run(tagged(1, 1)).await;
    let (slot, from) = tag_slot(&world.cluster);
    let to = world.cluster.spare();
    world.cluster.begin_move(slot, from, to);
    world.cluster.move_keys(&["k:{tag}:1"], from, to);

    // Nobody waits for the connection, so the first calls may do without the cache.
    let watch = Stopwatch::start();
    while world.run(inspect(tagged(1, 1))).await.1 != Served::Hit {
        assert!(watch.elapsed() < PATIENCE, "never connected");
        tokio::task::yield_now().await;
    }
    world.cluster.end_move(slot, from, to);
    for _ in 0..100 {
        assert_eq!(world.run(inspect(tagged(1, 2))).await, (1, Served::Hit));
    }
    world.run(write_tagged(1)).await;
    assert_eq!(world.run(inspect(tagged(1, 3))).await, (3, Served::Miss));
}

#[derive(Default)]
struct Version {
    written: AtomicU64,
    invalidated: AtomicU64,
}

#[cache_aside(key = "v:{tag}:<id>", ttl = 60, one_slot, skip(source))]
async fn versioned(id: u64, source: &AtomicU64) -> u64 {
    let read = source.load(Ordering::SeqCst);
    tokio::task::yield_now().await;
    read
}

#[cache_invalidate(key = "v:{tag}:<id>", one_slot, on_error = "fail")]
async fn changed(id: u64) -> Result<(), Error> {
    let _ = id;
    Ok(())
}

/// Two processes, as far as the cache is concerned, read and write what is moved to and fro.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_is_older_than_an_invalidation_while_a_slot_moves() {
    let cluster = Cluster::builder().without_replicas().start();
    let other = Cache::builder(cluster.url()).deadline(GENEROUS);
    let other = other.connect().await.unwrap();
    let world = World::on(cluster, GENEROUS).await;
    let versions: Arc<Vec<Version>> = Arc::new((0..5).map(|_| Version::default()).collect());
    let over = Arc::new(AtomicBool::new(false));
    let tasks = (0..24).map(|task| {
        let cache = if task % 2 == 0 { &world.cache } else { &other }.clone();
        let (versions, over) = (Arc::clone(&versions), Arc::clone(&over));
        tokio::spawn(async move {
            let mut done = 0_u64;
            while !over.load(Ordering::Relaxed) {
                let id = done / 7 % 5;
                let version = &versions[usize::try_from(id).unwrap()];
                // Seldom enough for hits.
                if task < 4 && done % 7 == 6 {
                    let written = version.written.fetch_add(1, Ordering::SeqCst) + 1;
                    if cache.scope(changed(id)).await.is_ok() {
                        version.invalidated.fetch_max(written, Ordering::SeqCst);
                    }
                } else {
                    let least = version.invalidated.load(Ordering::SeqCst);
                    let read = cache.scope(versioned(id, &version.written)).await;
                    assert!(read >= least, "{read} and not {least} of {id}");
                }
                done += 1;
            }
            done
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let (slot, home) = tag_slot(&world.cluster);
    let (mut from, mut to) = (home, another(&world.cluster, home));
    let watch = Stopwatch::start();
    while watch.elapsed() < Duration::from_secs(2) {
        world.cluster.begin_move(slot, from, to);
        for id in 0..5 {
            world
                .cluster
                .move_keys(&[&format!("v:{{tag}}:{id}")], from, to);
            pause(Duration::from_millis(20)).await;
        }
        world.cluster.end_move(slot, from, to);
        (from, to) = (to, from);
    }
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        assert!(task.await.unwrap() > 0);
    }
    assert!(world.cluster.errors("ASK") > 0);
    let stats = world.cache.stats();
    let family = stats.family("v:{tag}:<id>").unwrap();
    assert!(family.hits > 0);
}
