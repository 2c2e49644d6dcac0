//! Futures are dropped all the time: a client hangs up, a timeout strikes, a `select!` takes the other branch.

use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, inspect};
use cached_redis_tests::{CountingLoader, Gate, Stopwatch};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u32>;

#[cache_aside(key = "c:<id>", ttl = 60, skip(source))]
async fn read(source: Source, id: u64) -> u32 {
    source.load().await
}

/// Well below the lease of 10 s: whoever waits for the lease to expire fails.
const AT_ONCE: Duration = Duration::from_secs(3);

on_every_store! {
    async fn a_waiter_takes_over_when_the_leader_is_dropped(world: &World) {
        let held = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let waiter = world.spawn(inspect(read(Source::new(2), 1)));
        world.waiting(1).await;
        let watch = Stopwatch::start();
        leader.abort();
        assert_eq!(waiter.await.unwrap(), (2, Served::Miss), "with its own body");
        assert!(watch.elapsed() < AT_ONCE);
        assert_eq!(inspect(read(Source::new(3), 1)).await, (2, Served::Hit));
        assert_eq!(world.family("c:<id>").failed_loads, 1);
    }

    async fn with_no_waiter_the_lease_is_given_back(world: &World) {
        let held = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        let watch = Stopwatch::start();
        assert_eq!(inspect(read(Source::new(2), 1)).await, (2, Served::Miss));
        assert!(watch.elapsed() < AT_ONCE);
    }

    async fn a_panic_reaches_its_caller_and_frees_the_key(world: &World) {
        #[cache_aside(key = "p:<id>", ttl = 60, skip(panics))]
        async fn panicking(id: u64, panics: bool) -> u64 {
            assert!(!panics, "as asked");
            id
        }

        let panicked = world.spawn(panicking(1, true)).await.unwrap_err().into_panic();
        assert_eq!(panicked.downcast_ref::<&str>(), Some(&"as asked"));
        let watch = Stopwatch::start();
        assert_eq!(inspect(panicking(1, false)).await, (1, Served::Miss));
        assert!(watch.elapsed() < AT_ONCE);
        assert_eq!(inspect(panicking(1, false)).await, (1, Served::Hit));
    }

    async fn dropped_waiters_leave_the_load_alone(world: &World) {
        let held = Source::behind(Gate::closed(), 1);
        let leader = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let waiters: Vec<_> = (0..10).map(|_| world.spawn(read(held.clone(), 1))).collect();
        world.waiting(10).await;
        for waiter in &waiters {
            waiter.abort();
        }
        held.gate().open();
        assert_eq!(leader.await.unwrap(), 1);
        assert_eq!(held.runs(), 1);
        assert_eq!(inspect(read(held, 1)).await.1, Served::Hit);
    }

    async fn a_storm_of_dropped_leaders_ends_with_one_value(world: &World) {
        let held = Source::behind(Gate::closed(), 1);
        for round in 1..=20 {
            let caller = world.spawn(read(held.clone(), 1));
            held.gate().reached_by(round).await;
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        let watch = Stopwatch::start();
        held.gate().open();
        assert_eq!(read(held.clone(), 1).await, 1);
        assert!(watch.elapsed() < AT_ONCE);
        assert_eq!(inspect(read(held, 1)).await.1, Served::Hit);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_takes_over_when_the_leader_is_dropped() {
    let world = World::redis().await;
    let other = Cache::connect(world.server().url()).await.unwrap();
    let held = Source::behind(Gate::closed(), 1);
    let leader = world.spawn(read(held.clone(), 1));
    held.gate().reached().await;
    let waiter = tokio::spawn(async move { other.scope(inspect(read(Source::new(2), 1))).await });
    // It polls the other cache's lease, which only the server sees.
    let before = world.server().data_commands()["get"];
    cached_redis_tests::eventually(Duration::from_secs(10), || {
        world.server().data_commands()["get"] > before + 2
    })
    .await;
    let watch = Stopwatch::start();
    leader.abort();
    assert_eq!(waiter.await.unwrap(), (2, Served::Miss));
    assert!(watch.elapsed() < AT_ONCE);
}

#[test]
fn a_runtime_that_ends_takes_its_loads_and_nothing_else() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let server = cached_redis_tests::Server::start();
    let first = runtime();
    let cache = first.block_on(Cache::connect(server.url())).unwrap();
    let held = Source::behind(Gate::closed(), 1);
    let load = {
        let (cache, held) = (cache.clone(), held.clone());
        first.spawn(async move { cache.scope(read(held, 1)).await })
    };
    first.block_on(held.gate().reached());
    first.shutdown_timeout(Duration::from_secs(5));
    drop(load);
    // The connection's driver and its supervisor went with the runtime; a call from another one starts them anew.
    let second = runtime();
    second.block_on(async {
        let caching = cached_redis_tests::eventually(Duration::from_secs(2), || {
            cache.stats().connected || {
                let call = futures_util::FutureExt::now_or_never(cache.ping());
                call.is_some_and(|answer| answer.is_ok())
            }
        });
        caching.await;
        cache.ping().await.ok();
        assert_eq!(cache.scope(read(Source::new(2), 2)).await, 2);
    });
}
