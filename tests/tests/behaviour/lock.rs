//! `lock`, `lease`, `wait`: how one function's calls deal with a load that is under way.

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{
    Cache, Served, cache_aside, cache_invalidate, inspect, key, write_through,
};
use cached_redis_tests::{CountingLoader, Gate, Stopwatch, eventually, pause};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Source = CountingLoader<u32>;

#[cache_aside(key = "n:<id>", ttl = 60, lock = false, skip(source))]
async fn unlocked(source: Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "n:<id>", ttl = 60, wait = "50ms", skip(source))]
async fn impatient(source: Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "n:<id>", ttl = 60, lease = "1s", skip(source))]
async fn brief(source: Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "n:<id>", ttl = 60, skip(source))]
async fn usual(source: Source, id: u64) -> u32 {
    source.load().await
}

on_every_store! {
    async fn without_the_lock_nobody_waits_and_one_stores(world: &World) {
        let leads = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(unlocked(leads.clone(), 1));
        leads.gate().reached().await;
        let source = Source::new(2);
        for _ in 0..3 {
            assert_eq!(inspect(unlocked(source.clone(), 1)).await, (2, Served::Uncached));
        }
        assert_eq!((source.runs(), world.cache.stats().waiting), (3, 0));
        assert_eq!(world.family("n:<id>").fills, 0);
        leads.gate().open();
        assert_eq!(leader.await.unwrap(), 1);
        assert_eq!(inspect(unlocked(source, 1)).await, (1, Served::Hit));
        assert_eq!(world.family("n:<id>").fills, 1);
    }

    async fn who_does_wait_shares_the_load_of_one_who_does_not(world: &World) {
        let leads = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(unlocked(leads.clone(), 1));
        leads.gate().reached().await;
        let source = Source::new(2);
        let waits = world.spawn(inspect(usual(source.clone(), 1)));
        world.waiting(1).await;
        leads.gate().open();
        assert_eq!(leader.await.unwrap(), 1);
        assert_eq!(waits.await.unwrap(), (1, Served::Joined));
        assert_eq!(source.runs(), 0);
    }

    async fn what_was_invalidated_meanwhile_is_not_stored(world: &World) {
        let source = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(unlocked(source.clone(), 1));
        source.gate().reached().await;
        source.set(2);
        let id = 1_u64;
        world.cache.invalidate(key!("n:<id>")).await.unwrap();
        source.gate().open();
        assert_eq!(leader.await.unwrap(), 1);
        assert_eq!(world.family("n:<id>").rejected_fills, 1);
        assert_eq!(inspect(unlocked(source, 1)).await, (2, Served::Miss));
    }

    async fn under_a_guard_without_the_lock_nobody_waits_either(world: &World) {
        #[cache_invalidate(key = "n:<id>", before)]
        async fn write(gate: Gate, id: u64) {
            let _ = id;
            gate.pass().await;
        }

        let gate = Gate::closed();
        let writer = world.spawn(write(gate.clone(), 1));
        gate.reached().await;
        let source = Source::behind(Gate::closed(), 1);
        let callers: Vec<_> = (0..5).map(|_| world.spawn(unlocked(source.clone(), 1))).collect();
        source.gate().reached_by(5).await;
        source.gate().open();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 1);
        }
        gate.open();
        writer.await.unwrap();
        assert_eq!(world.family("n:<id>").fills, 0);
    }

    async fn a_batch_without_the_lock_loads_along_and_stores_the_rest(world: &World) {
        type Rows = HashMap<u64, u32>;

        #[cache_aside(key = "n:<ids>", each = ids, ttl = 60, lock = false, skip(source))]
        async fn many(source: Source, ids: Vec<u64>) -> Rows {
            let n = source.load().await;
            ids.into_iter().map(|id| (id, n)).collect()
        }

        // More of them than a search goes round for.
        let ids = |range: std::ops::Range<u64>| range.collect::<Vec<_>>();
        let leads = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(many(leads.clone(), ids(0..100)));
        leads.gate().reached().await;
        let source = Source::new(2);
        let rows = many(source.clone(), ids(0..110)).await;
        assert!(rows.len() == 110 && rows.values().all(|&n| n == 2), "{rows:?}");
        assert_eq!(source.runs(), 1);
        assert_eq!(world.family("n:<ids>").fills, 10);
        leads.gate().open();
        assert!(leader.await.unwrap().values().all(|&n| n == 1));
        let rows = many(source.clone(), ids(0..110)).await;
        assert_eq!(rows.values().filter(|&&n| n == 1).count(), 100);
        assert_eq!(source.runs(), 1);
    }

    async fn a_call_waits_as_long_as_its_function_says(world: &World) {
        let leads = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(impatient(leads.clone(), 1));
        leads.gate().reached().await;
        let watch = Stopwatch::start();
        assert_eq!(inspect(impatient(Source::new(2), 1)).await, (2, Served::Uncached));
        // And not the five seconds of the cache.
        assert!(watch.elapsed() >= Duration::from_millis(50), "{:?}", watch.elapsed());
        assert!(watch.elapsed() < Duration::from_secs(4), "{:?}", watch.elapsed());
        assert_eq!(world.family("n:<id>").expired_waits, 1);
        leads.gate().open();
        assert_eq!(leader.await.unwrap(), 1);
    }
}

/// A second process, as far as the server can tell.
async fn other(world: &World) -> Cache {
    let builder = Cache::builder(world.server().url()).deadline(Duration::from_secs(5));
    builder.connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_is_not_waited_for_either() {
    let (world, leads) = (World::redis().await, Source::behind(Gate::closed(), 1));
    let leader = world.spawn(unlocked(leads.clone(), 1));
    leads.gate().reached().await;
    let (other, source) = (other(&world).await, Source::new(2));
    let read = || other.scope(inspect(unlocked(source.clone(), 1)));
    assert_eq!(read().await, (2, Served::Uncached));
    leads.gate().open();
    assert_eq!(leader.await.unwrap(), 1);
    assert_eq!(read().await, (1, Served::Hit));
}

/// Redis is away: no load is shared, and none is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_server_nobody_waits() {
    let world = World::redis().await;
    world.server().kill();
    let source = Source::behind(Gate::closed(), 1);
    let callers: Vec<_> = (0..5)
        .map(|_| world.spawn(unlocked(source.clone(), 1)))
        .collect();
    source.gate().reached_by(5).await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_lasts_as_the_function_says_and_is_renewed() {
    let (world, source) = (World::redis().await, Source::behind(Gate::closed(), 1));
    let leader = world.spawn(brief(source.clone(), 1));
    source.gate().reached().await;
    let left = world.server().ttl("n:1").unwrap();
    assert!(left <= Duration::from_secs(1), "{left:?}");
    // Two lives of the lease.
    let watch = Stopwatch::start();
    while watch.elapsed() < Duration::from_secs(2) {
        pause(Duration::from_millis(100)).await;
        assert!(world.server().ttl("n:1").is_some(), "{:?}", watch.elapsed());
    }
    source.gate().open();
    assert_eq!(leader.await.unwrap(), 1);
    assert_eq!(world.family("n:<id>").fills, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leases_of_a_batch_and_of_a_write_last_as_the_function_says() {
    #[cache_aside(key = "n:<ids>", each = ids, ttl = 60, lease = "1s", skip(source))]
    async fn many(source: Source, ids: Vec<u64>) -> HashMap<u64, u32> {
        let n = source.load().await;
        ids.into_iter().map(|id| (id, n)).collect()
    }
    #[write_through(key = "n:<id>", ttl = 60, lease = "1s")]
    async fn write(source: Source, id: u64) -> u32 {
        let _ = id;
        source.load().await
    }

    let (world, source) = (World::redis().await, Source::behind(Gate::closed(), 1));
    let batch = world.spawn(many(source.clone(), vec![1, 2]));
    source.gate().reached().await;
    let writer = world.spawn(write(source.clone(), 3));
    source.gate().reached_by(2).await;
    for key in ["n:1", "n:2", "n:3"] {
        let left = world.server().ttl(key).unwrap();
        assert!(left <= Duration::from_secs(1), "{key} {left:?}");
    }
    source.gate().open();
    batch.await.unwrap();
    writer.await.unwrap();
    assert!(world.server().ttl("n:3").unwrap() > Duration::from_secs(40));
}

/// A registration lasts for three leases of its own function. A longer lease, of another one, might store after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tags_a_longer_lease_is_not_taken_over() {
    #[cache_aside(key = "n:<id>", ttl = 60, lease = "1s", tags("all"), skip(source))]
    async fn tagged(source: Source, id: u64) -> u32 {
        source.load().await
    }

    let (world, leads) = (World::redis().await, Source::behind(Gate::closed(), 1));
    let leader = world.spawn(usual(leads.clone(), 1));
    leads.gate().reached().await;
    let source = Source::behind(Gate::closed(), 2);
    let next = world.spawn(inspect(tagged(source.clone(), 1)));
    world.waiting(1).await;
    leader.abort();
    source.gate().reached().await;
    let left = world.server().ttl("n:1").unwrap();
    assert!(left <= Duration::from_secs(1), "{left:?}");
    source.gate().open();
    assert_eq!(next.await.unwrap(), (2, Served::Miss));
    eventually(PATIENCE, || world.family("n:<id>").fills == 1).await;
}
