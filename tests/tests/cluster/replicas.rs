//! Answers from replicas: where they come from, and what a replica that is behind may not bring about.

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{Cluster, CountingLoader, Gate, Server, Stopwatch, eventually, pause};

use super::{GENEROUS, PATIENCE, World, read, replica_has, write};

#[cache_aside(key = "c:<id>", ttl = 60, version = 2, skip(value))]
async fn read_anew(id: u64, value: u32) -> u32 {
    value
}

#[cache_aside(key = "c:<ids>", each = ids, ttl = 60, skip(value))]
async fn read_all(ids: &[u64], value: u32) -> HashMap<u64, u32> {
    ids.iter().map(|id| (*id, value)).collect()
}

#[cache_aside(key = "c:<id>", ttl = 60, skip(source))]
async fn load(source: &CountingLoader<u32>, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(
    key = "t:<id>",
    ttl = "500ms",
    jitter = 0.0,
    stale = "60s",
    skip(value)
)]
async fn read_stale(id: u64, value: u32) -> u32 {
    value
}

/// Of two readers of a new entry about one loads it early: it takes 20 ms to load, and a minute to expire.
#[cache_aside(key = "e:<id>", ttl = 60, jitter = 0.0, early = 4328.0, skip(value))]
async fn read_early(id: u64, value: u32) -> u32 {
    pause(Duration::from_millis(20)).await;
    value
}

#[cache_invalidate(key = "t:<id>")]
async fn write_stale(id: u64) {
    let _ = id;
}

async fn world(deadline: Duration) -> World {
    // Twice as often as that each node hears how far a replica is, and until then it does not name it.
    let cluster = Cluster::builder().node_timeout(Duration::from_secs(4));
    on(cluster.start(), deadline).await
}

/// With a connection to each replica.
async fn on(cluster: Cluster, deadline: Duration) -> World {
    // A replica that has never heard of a change is not named either.
    for node in cluster.primaries() {
        let mut names = (0..).map(|n: u64| format!("{{{n}}}"));
        let here = |name: &String| cluster.home(name).port() == node.port();
        let name = names.find(here).unwrap();
        node.run(&["SET", &name, ""]);
        node.run(&["DEL", &name]);
    }
    let builder = Cache::builder(cluster.url()).deadline(deadline);
    let cache = builder.read_from_replicas(true).connect().await.unwrap();
    let world = World { cache, cluster };
    world.connected().await;
    let nodes = &world.cluster;
    let replicas = nodes.primaries().iter().map(|one| nodes.replica_of(one));
    let is_read = |replica: &Server| clients(replica).contains("flags=r ");
    let replicas: Vec<_> = replicas.collect();
    eventually(PATIENCE, || replicas.iter().all(|one| is_read(one))).await;
    world
}

/// Those who have said `READONLY` have the flag `r`.
fn clients(node: &Server) -> String {
    let clients = node.cli(&["CLIENT", "LIST", "TYPE", "normal"]);
    redis::from_redis_value(clients).unwrap()
}

impl World {
    fn replica(&self, key: &str) -> &Server {
        self.cluster.replica_of(self.cluster.home(key))
    }

    /// Stores it, and waits until the replica has it.
    async fn store(&self, id: u64, value: u32) {
        self.run(read(id, value)).await;
        self.is_copied(&format!("c:{id}")).await;
    }

    async fn is_copied(&self, key: &str) {
        let replica = self.replica(key);
        eventually(PATIENCE, || replica_has(replica, key)).await;
    }
}

fn gets(node: &Server) -> u64 {
    let commands = node.data_commands();
    let count = |name: &str| commands.get(name).copied().unwrap_or(0);
    count("get") + count("mget")
}

/// From now on it hears nothing of its primary, and answers with what it has.
async fn cut_off(replica: &Server) {
    replica.run(&["CONFIG", "SET", "masteruser", "nobody"]);
    replica.run(&["CONFIG", "SET", "masterauth", "wrong"]);
    replica.run(&["CLIENT", "KILL", "TYPE", "master"]);
    eventually(PATIENCE, || {
        replica.info("replication")["master_link_status"] == "down"
    })
    .await;
}

#[tokio::test]
async fn hits_come_from_replicas() {
    let world = world(GENEROUS).await;
    let ids: Vec<u64> = (0..30).collect();
    for id in &ids {
        world.store(*id, 1).await;
    }
    world.cluster.reset_stats();
    for id in &ids {
        assert_eq!(world.served(*id, 2).await, (1, Served::Hit));
    }
    let (primaries, replicas) = world.cluster.nodes().split_at(3);
    let sum = |nodes: &[Server]| nodes.iter().map(gets).sum::<u64>();
    assert_eq!((sum(primaries), sum(replicas)), (0, 30));

    world.cluster.reset_stats();
    let (found, served) = world.run(inspect(read_all(&ids, 2))).await;
    assert_eq!((found.len(), served), (30, Served::Hit));
    assert!(found.values().all(|value| *value == 1));
    assert_eq!(sum(primaries), 0);
    assert!(sum(replicas) > 0);
    assert_eq!(world.cluster.errors("MOVED"), 0);
}

#[tokio::test]
async fn what_a_replica_does_not_have_is_asked_of_its_primary() {
    let world = world(GENEROUS).await;
    let (home, replica) = (world.cluster.home("c:1"), world.replica("c:1"));
    let there = world.ids(home, true, 3);
    cut_off(replica).await;
    for id in &there {
        assert_eq!(world.served(*id, 1).await, (1, Served::Miss));
        assert_eq!(world.served(*id, 2).await, (1, Served::Hit));
    }
    let (found, served) = world.run(inspect(read_all(&there, 3))).await;
    assert_eq!(served, Served::Hit);
    assert!(found.values().all(|value| *value == 1), "{found:?}");
}

/// As the builder says: nothing but time, or what waits for the replica, closes this gap.
#[tokio::test]
async fn a_replica_that_is_behind_answers_with_what_it_has() {
    // Nobody is replaced meanwhile.
    let cluster = Cluster::builder().node_timeout(Duration::from_secs(8));
    let world = on(cluster.start(), Duration::from_secs(1)).await;
    world.store(1, 1).await;
    cut_off(world.replica("c:1")).await;
    world.run(write(1)).await;
    assert_eq!(world.served(1, 2).await, (1, Served::Hit));
    // What this process could not delete, it does not read from anywhere.
    world.cluster.home("c:1").stop();
    world.run(write(1)).await;
    assert_eq!(world.cache.stats().pending_deletes, 1);
    assert_eq!(world.run(read(1, 3)).await, 3);
    world.cluster.home("c:1").cont();
}

#[tokio::test]
async fn a_lease_on_a_replica_is_no_reason_to_wait() {
    let world = world(GENEROUS).await;
    let source = CountingLoader::behind(Gate::closed(), 7_u32);
    let (cache, loading) = (world.cache.clone(), source.clone());
    let load = tokio::spawn(async move { cache.scope(load(&loading, 1)).await });
    world.is_copied("c:1").await;
    cut_off(world.replica("c:1")).await;
    source.gate().open();
    assert_eq!(load.await.unwrap(), 7);
    assert_eq!(world.served(1, 8).await, (7, Served::Hit));
    let (found, served) = world.run(inspect(read_all(&[1], 9))).await;
    assert_eq!((found[&1], served), (7, Served::Hit));
}

#[tokio::test]
async fn an_entry_that_cannot_be_taken_is_looked_at_on_the_primary() {
    let world = world(GENEROUS).await;
    world.store(1, 1).await;
    cut_off(world.replica("c:1")).await;
    assert_eq!(world.run(read_anew(1, 2)).await, 2);
    let fills = || world.cache.stats().total().fills;
    let before = fills();
    for value in 3..6 {
        assert_eq!(world.run(read_anew(1, value)).await, 2, "it is there");
    }
    assert_eq!(fills(), before);
}

#[tokio::test]
async fn an_entry_that_is_due_is_looked_at_on_the_primary() {
    let world = world(GENEROUS).await;
    world.run(read_stale(1, 1)).await;
    world.is_copied("t:1").await;
    cut_off(world.replica("t:1")).await;
    pause(Duration::from_millis(600)).await;
    // As another process does it, which reads where it writes.
    let other = Cache::builder(world.cluster.url()).deadline(GENEROUS);
    let other = other.connect().await.unwrap();
    eventually(PATIENCE, || other.stats().connected).await;
    other.scope(write_stale(1)).await;
    other.scope(read_stale(1, 2)).await;
    let (value, served) = world.run(inspect(read_stale(1, 3))).await;
    // Unless this machine took longer than the new entry lives.
    assert!(
        value == 2 || value == 3 && served == Served::Refreshed,
        "{value} {served:?}"
    );
    assert_ne!(value, 1);
}

/// Or hardly anybody would load early: each would have to draw the lot twice.
#[tokio::test]
async fn who_has_drawn_to_load_early_does_not_draw_again_on_the_primary() {
    let world = world(GENEROUS).await;
    let (home, replica) = (world.cluster.home("e:1"), world.replica("e:1"));
    let heard = |node: &Server| node.info("replication")["master_repl_offset"].clone();
    world.run(read_early(1, 0)).await;
    eventually(PATIENCE, || replica_has(replica, "e:1")).await;
    home.reset_commandstats();
    for value in 1..=30 {
        // So that both say the same.
        eventually(PATIENCE, || heard(home) == heard(replica)).await;
        world.run(read_early(1, value)).await;
    }
    let early = world.cache.stats().total().early_loads;
    assert!(early >= 3, "{early}");
    // One for who has drawn, and one for who is elected; where a claim is a script, that looks as well.
    let server = world.cache.server().unwrap();
    let looks = 2 + u64::from(!server.capabilities.set_nx_get);
    assert_eq!(gets(home), looks * early);
}

#[tokio::test]
async fn a_replica_that_is_gone_costs_nothing() {
    let world = world(GENEROUS).await;
    let home = &world.cluster.primaries()[0];
    let ids = world.ids(home, true, 4);
    for id in &ids {
        world.store(*id, 1).await;
    }
    let replica = world.cluster.replica_of(home);
    replica.kill();
    home.reset_commandstats();
    for _ in 0..5 {
        for id in &ids {
            assert_eq!(world.served(*id, 2).await, (1, Served::Hit));
        }
        let (found, served) = world.run(inspect(read_all(&ids, 2))).await;
        assert_eq!((found.len(), served), (4, Served::Hit));
    }
    assert!(gets(home) >= 20);
    assert_eq!(world.cache.stats().total().errors, 0);
    assert!(world.cache.stats().connected);
    replica.restart();
    eventually(PATIENCE, || clients(replica).contains("flags=r ")).await;
}

#[tokio::test]
async fn a_replica_that_hangs_leaves_time_for_its_primary() {
    const DEADLINE: Duration = Duration::from_secs(2);
    let world = world(DEADLINE).await;
    let home = &world.cluster.primaries()[0];
    let ids = world.ids(home, true, 3);
    for id in &ids {
        world.store(*id, 1).await;
    }
    world.cluster.replica_of(home).stop();
    let watch = Stopwatch::start();
    let (found, served) = world.run(inspect(read_all(&ids, 2))).await;
    assert_eq!((found.len(), served), (3, Served::Hit));
    assert!(watch.elapsed() < DEADLINE + Duration::from_millis(500));
    assert_eq!(world.served(ids[0], 2).await, (1, Served::Hit));
    // Two commands in a row without an answer: it is not asked again.
    let watch = Stopwatch::start();
    for id in &ids {
        assert_eq!(world.served(*id, 2).await, (1, Served::Hit));
    }
    assert!(watch.elapsed() < DEADLINE / 2, "{:?}", watch.elapsed());
}

#[tokio::test]
async fn after_a_failover_the_other_one_is_read_from() {
    let world = world(GENEROUS).await;
    let old = &world.cluster.primaries()[0];
    let new = world.cluster.replica_of(old);
    let ids = world.ids(old, true, 4);
    for id in &ids {
        world.store(*id, 1).await;
    }
    world.cluster.fail_over(new);
    for id in &ids {
        world.hits(*id).await;
        world.run(write(*id)).await;
    }
    world.cluster.await_steady();
    // Those that are read are those of a map that is true.
    let watch = Stopwatch::start();
    loop {
        world.cluster.reset_stats();
        for id in &ids {
            world.run(read(*id, 2)).await;
        }
        if gets(old) >= 4 && gets(new) == 0 {
            break;
        }
        assert!(watch.elapsed() < PATIENCE, "{} {}", gets(old), gets(new));
        pause(Duration::from_millis(10)).await;
    }
    for id in &ids {
        assert_eq!(world.served(*id, 3).await, (2, Served::Hit));
    }
}

#[tokio::test]
async fn a_replica_that_has_lost_a_slot_says_where_it_is() {
    let world = world(GENEROUS).await;
    let (from, to) = (&world.cluster.primaries()[0], &world.cluster.primaries()[1]);
    let id = world.ids(from, true, 1)[0];
    let key = format!("c:{id}");
    world.store(id, 1).await;
    let slot = world.cluster.slot(&key);
    world.cluster.begin_move(slot, from, to);
    world.cluster.end_move(slot, from, to);
    world.cluster.reset_stats();
    assert_eq!(world.served(id, 2).await, (1, Served::Hit));
    assert!(world.cluster.errors("MOVED") > 0);
    // And then the replica of the one that has it is read from.
    let replica = world.cluster.replica_of(to);
    eventually(PATIENCE, || replica_has(replica, &key)).await;
    let watch = Stopwatch::start();
    while gets(replica) == 0 {
        assert_eq!(world.served(id, 2).await, (1, Served::Hit));
        assert!(watch.elapsed() < PATIENCE);
        replica.reset_commandstats();
        assert_eq!(world.served(id, 2).await, (1, Served::Hit));
    }
}

#[tokio::test]
async fn who_may_not_read_replicas_reads_primaries() {
    let cluster =
        Cluster::builder().args(&["--user", "app", "on", ">pw", "~*", "+@all", "-readonly"]);
    let cluster = cluster.start();
    let url = cluster.url().replace("://", "://app:pw@");
    let builder = Cache::builder(url).deadline(GENEROUS);
    let cache = builder.read_from_replicas(true).connect().await.unwrap();
    let world = World { cache, cluster };
    world.connected().await;
    world.store(1, 1).await;
    world.cluster.reset_stats();
    assert_eq!(world.served(1, 2).await, (1, Served::Hit));
    assert_eq!(gets(world.cluster.home("c:1")), 1);
}
