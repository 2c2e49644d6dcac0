//! Many callers, one load.

use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, inspect};
use cached_redis_tests::{CountingLoader, Gate};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u32>;

#[cache_aside(key = "hot:<id>", ttl = 60, skip(source))]
async fn read(source: Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "bad:<id>", ttl = 60, skip(source))]
async fn failing(source: CountingLoader<Result<u32, String>>, id: u64) -> Result<u32, String> {
    source.load().await
}

#[cache_aside(key = "none:<id>", ttl = 60, skip(source))]
async fn missing(source: CountingLoader<Option<u32>>, id: u64) -> Option<u32> {
    source.load().await
}

on_every_store! {
    async fn trap_19_a_thousand_callers_cost_one_load(world: &World) {
        let source = Source::behind(Gate::closed(), 7);
        let callers: Vec<_> = (0..1000)
            .map(|_| world.spawn(read(source.clone(), 1)))
            .collect();
        source.gate().reached().await;
        world.waiting(999).await;
        source.gate().open();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 7);
        }
        assert_eq!(source.runs(), 1);
        let stats = world.family("hot:<id>");
        assert_eq!(stats.hits + stats.joined + stats.loads, 1000, "{stats:?}");
        if world.is_redis() {
            let claims = world.server().data_commands().get("set").copied().unwrap_or(0);
            assert!(claims < 50, "callers share their claims: {claims} sent");
        }
    }

    async fn sequential_calls_after_a_stampede_are_hits(world: &World) {
        let source = Source::new(1);
        let callers: Vec<_> = (0..50).map(|_| world.spawn(read(source.clone(), 1))).collect();
        for caller in callers {
            caller.await.unwrap();
        }
        for _ in 0..10 {
            assert_eq!(inspect(read(source.clone(), 1)).await.1, Served::Hit);
        }
        assert_eq!(source.runs(), 1);
    }

    async fn trap_17_when_the_leader_fails_the_waiters_load_one_at_a_time(world: &World) {
        let source = CountingLoader::behind(Gate::closed(), Err("away".to_owned()));
        let callers: Vec<_> = (0..20).map(|_| world.spawn(failing(source.clone(), 1))).collect();
        source.gate().reached().await;
        world.waiting(19).await;
        source.gate().open();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), Err("away".to_owned()));
        }
        assert_eq!((source.runs(), source.most_at_once()), (20, 1));
        // Nothing is left behind: the next caller loads at once.
        source.set(Ok(1));
        assert_eq!(inspect(failing(source, 1)).await, (Ok(1), Served::Miss));
    }

    async fn a_result_that_is_not_stored_is_still_shared(world: &World) {
        let source = CountingLoader::behind(Gate::closed(), None);
        let callers: Vec<_> = (0..20).map(|_| world.spawn(missing(source.clone(), 1))).collect();
        source.gate().reached().await;
        world.waiting(19).await;
        source.gate().open();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), None);
        }
        assert_eq!(source.runs(), 1);
        assert_eq!(inspect(missing(source, 1)).await.1, Served::Miss);
    }

    async fn a_value_that_cannot_be_shared_makes_nobody_queue(world: &World) {
        #[cache_aside(key = "unencodable:<id>", ttl = 60, codec = json, skip(source))]
        async fn unencodable(source: CountingLoader<f64>, id: u64) -> f64 {
            source.load().await
        }

        let leads = CountingLoader::behind(Gate::closed(), f64::INFINITY);
        let leader = world.spawn(unencodable(leads.clone(), 1));
        leads.gate().reached().await;
        let follows = CountingLoader::behind(Gate::closed(), f64::INFINITY);
        let followers: Vec<_> =
            (0..20).map(|_| world.spawn(unencodable(follows.clone(), 1))).collect();
        world.waiting(20).await;
        leads.gate().open();
        assert!(leader.await.unwrap().is_infinite());
        // All of them are at the gate at once, instead of one after the other.
        follows.gate().reached_by(20).await;
        follows.gate().open();
        for follower in followers {
            assert!(follower.await.unwrap().is_infinite());
        }
    }

    async fn different_keys_do_not_wait_for_each_other(world: &World) {
        let held = Source::behind(Gate::closed(), 1);
        let slow = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        assert_eq!(read(Source::new(2), 2).await, 2);
        held.gate().open();
        assert_eq!(slow.await.unwrap(), 1);
    }

    async fn a_body_that_calls_itself_for_its_own_key_does_not_wait_for_itself(_world: &World) {
        #[cache_aside(key = "recursive:<id>", ttl = 60, skip(depth))]
        async fn recursive(id: u64, depth: u32) -> u32 {
            if depth == 0 {
                return 0;
            }
            1 + Box::pin(recursive(id, depth - 1)).await
        }

        let within = tokio::time::timeout(Duration::from_secs(3), recursive(1, 3)).await;
        assert_eq!(within.expect("no deadlock"), 3);
        assert_eq!(inspect(recursive(1, 3)).await, (3, Served::Hit));
    }
}

#[tokio::test]
async fn a_waiter_gives_up_after_wait_and_stores_nothing() {
    let world = World::memory_with(|builder| builder.wait(Duration::from_millis(50))).await;
    world
        .run(async {
            let held = Source::behind(Gate::closed(), 1);
            let leader = world.spawn(read(held.clone(), 1));
            held.gate().reached().await;
            let impatient = inspect(read(Source::new(2), 1)).await;
            assert_eq!(impatient, (2, Served::Uncached));
            held.gate().open();
            assert_eq!(leader.await.unwrap(), 1);
            assert_eq!(inspect(read(Source::new(3), 1)).await, (1, Served::Hit));
            assert_eq!(world.family("hot:<id>").expired_waits, 1);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_caches_on_one_server_share_one_load() {
    let world = World::redis().await;
    let other = Cache::builder(world.server().url()).deadline(Duration::from_secs(5));
    let other = other.connect().await.unwrap();
    let source = Source::behind(Gate::closed(), 7);
    let mut callers = Vec::new();
    for cache in [&world.cache, &other] {
        for _ in 0..500 {
            let (cache, source) = (cache.clone(), source.clone());
            callers.push(tokio::spawn(
                async move { cache.scope(read(source, 1)).await },
            ));
        }
    }
    source.gate().reached().await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 7);
    }
    assert_eq!(source.runs(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_load_keeps_its_lease() {
    let world = World::redis_with(|builder| builder.lease(Duration::from_secs(1))).await;
    let other = Cache::builder(world.server().url())
        .lease(Duration::from_secs(1))
        .connect()
        .await
        .unwrap();
    let source = Source::behind(Gate::closed(), 1);
    let leader = world.spawn(read(source.clone(), 1));
    source.gate().reached().await;
    // Longer than two leases: time is what is tested.
    cached_redis_tests::pause(Duration::from_millis(2500)).await;
    let waiter = tokio::spawn({
        let source = source.clone();
        async move { other.scope(read(source, 1)).await }
    });
    cached_redis_tests::pause(Duration::from_millis(100)).await;
    source.gate().open();
    assert_eq!(leader.await.unwrap(), 1);
    assert_eq!(waiter.await.unwrap(), 1);
    assert_eq!(source.runs(), 1, "the lease was renewed");
    assert_eq!(world.family("hot:<id>").fills, 1);
}
