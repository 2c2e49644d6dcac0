//! `refresh_ahead` and `soft_timeout`: an entry that is due is loaded anew in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_redis_runtime::{
    Cache, Served, cache_aside, cache_invalidate, inspect, key, transaction,
};
use cached_redis_tests::{CountingLoader, eventually, pause};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Source = CountingLoader<Result<u32, String>>;

const TEMPLATE: &str = "user:<id>";
const MINUTE: Duration = Duration::from_secs(60);
/// Past the share from which entries of a minute are loaded ahead, and before their end, however they are jittered.
const MOST: Duration = Duration::from_secs(50);

#[cache_aside(key = "user:<id>", ttl = "1m", refresh_ahead = 0.8, skip(source))]
async fn user(source: Source, id: u64) -> Result<u32, String> {
    source.load().await
}

#[cache_aside(
    key = "both:<id>",
    ttl = "1m",
    refresh_ahead = 0.8,
    stale = "1h",
    skip(source)
)]
async fn both(source: Source, id: u64) -> Result<u32, String> {
    source.load().await
}

#[cache_invalidate(key = "user:<id>")]
async fn set(source: Source, id: u64, user: u32) {
    let _ = id;
    source.set(Ok(user));
}

/// An entry that says 1, near its end, of a source that says 2 to those who pass the gate.
async fn near_its_end(world: &World) -> Source {
    let source = Source::new(Ok(1));
    assert_eq!(user(source.clone(), 1).await, Ok(1));
    assert_eq!(inspect(user(source.clone(), 1)).await.1, Served::Hit);
    world.age("user:1", MOST).await;
    source.set(Ok(2));
    source.gate().close();
    source
}

/// Waits until nothing is loaded any more.
async fn quiet(world: &World) {
    eventually(PATIENCE, || world.cache.stats().under_way == 0).await;
}

on_every_store! {
    async fn the_first_past_the_share_loads_and_nobody_waits(world: &World) {
        let source = near_its_end(world).await;
        for _ in 0..200 {
            assert_eq!(inspect(user(source.clone(), 1)).await, (Ok(1), Served::Hit));
        }
        source.gate().reached_by(2).await;
        assert_eq!(inspect(user(source.clone(), 1)).await, (Ok(1), Served::Hit));
        source.gate().open();
        quiet(world).await;
        assert_eq!(inspect(user(source.clone(), 1)).await, (Ok(2), Served::Hit));
        assert_eq!(source.runs(), 2);
        let stats = world.family(TEMPLATE);
        assert_eq!((stats.misses, stats.loads, stats.fills, stats.refreshes), (1, 2, 2, 1));
        assert_eq!((stats.skipped_refreshes, stats.rejected_refreshes, stats.hits), (200, 0, 203));
    }

    async fn a_hot_key_is_never_waited_for(world: &World) {
        let source = Source::new(Ok(0));
        user(source.clone(), 1).await.unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let reader = |_| {
            let (source, ended) = (source.clone(), Arc::clone(&ended));
            world.spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    assert_eq!(inspect(user(source.clone(), 1)).await.1, Served::Hit);
                    pause(Duration::from_millis(1)).await;
                }
            })
        };
        let readers: Vec<_> = (0..200).map(reader).collect();
        let hits = || world.family(TEMPLATE).hits;
        for period in 1..=3 {
            source.set(Ok(period));
            source.gate().close();
            world.age("user:1", MOST).await;
            source.gate().reached_by(1 + period as usize).await;
            let before = hits();
            eventually(PATIENCE, || hits() > before + 400).await;
            source.gate().open();
            quiet(world).await;
            assert_eq!(user(source.clone(), 1).await, Ok(period));
        }
        ended.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.await.unwrap();
        }
        assert_eq!(source.runs(), 4, "once, and once per period");
        let stats = world.family(TEMPLATE);
        assert_eq!((stats.misses, stats.joined, stats.fills, stats.refreshes), (1, 0, 4, 3));
    }

    async fn an_invalidation_drops_what_was_loaded_before_it(world: &World) {
        let source = near_its_end(world).await;
        assert_eq!(user(source.clone(), 1).await, Ok(1));
        source.gate().reached_by(2).await;
        set(source.clone(), 1, 3).await;
        let later = world.spawn(inspect(user(source.clone(), 1)));
        source.gate().reached_by(3).await;
        source.gate().open();
        assert_eq!(later.await.unwrap(), (Ok(3), Served::Miss));
        quiet(world).await;
        assert_eq!(inspect(user(source.clone(), 1)).await, (Ok(3), Served::Hit));
        assert_eq!(world.family(TEMPLATE).rejected_fills, 1);
    }

    async fn a_failure_is_not_tried_again_at_once(world: &World) {
        let source = near_its_end(world).await;
        source.set(Err("away".to_owned()));
        source.gate().open();
        for _ in 0..10 {
            assert_eq!(inspect(user(source.clone(), 1)).await, (Ok(1), Served::Hit));
            quiet(world).await;
        }
        assert_eq!(source.runs(), 2);
        assert_eq!(world.family(TEMPLATE).failed_loads, 1);
    }

    async fn a_panic_in_the_background_counts_as_a_failure(world: &World) {
        #[cache_aside(key = "panic:<id>", ttl = "1m", refresh_ahead = 0.8, skip(source))]
        async fn read(source: CountingLoader<Option<u32>>, id: u64) -> u32 {
            source.load().await.expect("a value")
        }

        let source = CountingLoader::new(Some(1));
        read(source.clone(), 1).await;
        world.age("panic:1", MOST).await;
        source.set(None);
        for _ in 0..10 {
            assert_eq!(inspect(read(source.clone(), 1)).await, (1, Served::Hit));
            quiet(world).await;
        }
        assert_eq!(source.runs(), 2);
        assert_eq!(world.family("panic:<id>").failed_loads, 1);
    }

    async fn past_the_ttl_everybody_has_the_old_value(world: &World) {
        let source = Source::new(Ok(1));
        both(source.clone(), 1).await.unwrap();
        world.age("both:1", MINUTE).await;
        source.set(Ok(2));
        source.gate().close();
        for _ in 0..5 {
            let (value, served) = inspect(both(source.clone(), 1)).await;
            assert_eq!(value, Ok(1));
            assert!(matches!(served, Served::Stale { age } if age < MINUTE), "{served}");
        }
        source.gate().open();
        quiet(world).await;
        assert_eq!(inspect(both(source.clone(), 1)).await, (Ok(2), Served::Hit));
        assert_eq!((source.runs(), world.family("both:<id>").stale_hits), (2, 5));
    }

    async fn what_is_loaded_ahead_is_found_by_its_tag(world: &World) {
        #[cache_aside(key = "member:<id>", ttl = "1m", refresh_ahead = 0.8, tags("team:<team>"), skip(source, team))]
        async fn read(source: CountingLoader<u32>, id: u64, team: u32) -> u32 {
            source.load().await
        }

        let source = CountingLoader::new(1);
        read(source.clone(), 1, 7).await;
        world.age("member:1", MOST).await;
        source.gate().close();
        // By then it is in another team.
        assert_eq!(read(source.clone(), 1, 8).await, 1);
        source.gate().reached_by(2).await;
        source.set(2);
        world.cache.invalidate_tag(key!("team:8")).await.unwrap();
        source.gate().open();
        quiet(world).await;
        assert_eq!(world.family("member:<id>").rejected_fills, 1);
        assert_eq!(inspect(read(source.clone(), 1, 8)).await, (2, Served::Miss));
        world.age("member:1", MOST).await;
        source.set(3);
        assert_eq!(read(source.clone(), 1, 9).await, 2);
        quiet(world).await;
        assert_eq!(inspect(read(source.clone(), 1, 9)).await, (3, Served::Hit));
        world.cache.invalidate_tag(key!("team:9")).await.unwrap();
        assert_eq!(inspect(read(source.clone(), 1, 9)).await.1, Served::Miss);
    }

    async fn a_body_in_the_background_has_the_cache_of_its_scope(world: &World) {
        #[cache_aside(key = "inner:<id>", ttl = "1m", skip(source))]
        async fn inner(source: CountingLoader<u32>, id: u64) -> u32 {
            source.load().await
        }

        #[cache_aside(key = "outer:<id>", ttl = "1m", refresh_ahead = 0.8, skip(source))]
        async fn outer(source: CountingLoader<u32>, id: u64) -> u32 {
            let value = inner(source.clone(), id).await;
            // Its own key: as if there were no cache.
            if value == 2 { Box::pin(again(source, id)).await } else { value }
        }

        #[cache_aside(key = "outer:<id>", ttl = "1m", skip(source))]
        async fn again(source: CountingLoader<u32>, id: u64) -> u32 {
            10 + source.load().await
        }

        let source = CountingLoader::new(1);
        outer(source.clone(), 1).await;
        world.age("outer:1", MOST).await;
        world.cache.invalidate(key!("inner:1")).await.unwrap();
        source.set(2);
        assert_eq!(outer(source.clone(), 1).await, 1);
        quiet(world).await;
        assert_eq!(inspect(outer(source.clone(), 1)).await, (12, Served::Hit));
        assert_eq!(inspect(inner(source.clone(), 1)).await, (2, Served::Hit));
    }

    async fn a_transaction_loads_nothing_ahead(world: &World) {
        let source = near_its_end(world).await;
        let inside = transaction(user(source.clone(), 1)).await;
        assert_eq!(inside, Ok(1));
        assert_eq!((source.runs(), world.cache.stats().under_way), (1, 0));
        assert_eq!(user(source.clone(), 1).await, Ok(1));
        source.gate().reached_by(2).await;
        source.gate().open();
    }

    async fn a_call_may_wait_for_the_reload_a_little(world: &World) {
        #[cache_aside(key = "soft:<id>", ttl = "1m", stale = "1h", soft_timeout = "10s", skip(source))]
        async fn patient(source: Source, id: u64) -> Result<u32, String> {
            source.load().await
        }

        let source = Source::new(Ok(1));
        patient(source.clone(), 1).await.unwrap();
        world.age("soft:1", MINUTE).await;
        source.set(Ok(2));
        assert_eq!(inspect(patient(source.clone(), 1)).await, (Ok(2), Served::Refreshed));
        quiet(world).await;
        assert_eq!(inspect(patient(source.clone(), 1)).await, (Ok(2), Served::Hit));
        world.age("soft:1", MINUTE).await;
        source.set(Err("away".to_owned()));
        let (value, served) = inspect(patient(source.clone(), 1)).await;
        assert_eq!(value, Ok(2), "at once: there is nothing to wait for any more");
        assert!(matches!(served, Served::Stale { .. }), "{served}");
    }

    async fn those_who_come_meanwhile_wait_for_the_same(world: &World) {
        #[cache_aside(key = "same:<id>", ttl = "1m", stale = "1h", soft_timeout = "10s", skip(source))]
        async fn patient(source: Source, id: u64) -> Result<u32, String> {
            source.load().await
        }

        let source = Source::new(Ok(1));
        patient(source.clone(), 1).await.unwrap();
        world.age("same:1", MINUTE).await;
        source.set(Ok(2));
        source.gate().close();
        let first = world.spawn(inspect(patient(source.clone(), 1)));
        source.gate().reached_by(2).await;
        let others = [(); 10].map(|()| world.spawn(inspect(patient(source.clone(), 1))));
        world.waiting(10).await;
        source.gate().open();
        assert_eq!(first.await.unwrap(), (Ok(2), Served::Refreshed));
        for other in others {
            assert_eq!(other.await.unwrap(), (Ok(2), Served::Hit));
        }
        assert_eq!(source.runs(), 2);
        // An invalidation meanwhile leaves nothing to wait for.
        world.age("same:1", MINUTE).await;
        source.gate().close();
        let first = world.spawn(inspect(patient(source.clone(), 1)));
        source.gate().reached_by(3).await;
        let other = world.spawn(inspect(patient(source.clone(), 1)));
        world.waiting(1).await;
        source.set(Ok(3));
        world.cache.invalidate(key!("same:1")).await.unwrap();
        source.gate().open();
        assert_eq!(first.await.unwrap(), (Ok(2), Served::Refreshed));
        assert_eq!(other.await.unwrap(), (Ok(3), Served::Miss));
    }

    async fn and_no_longer_than_that(world: &World) {
        #[cache_aside(key = "short:<id>", ttl = "1m", stale = "1h", soft_timeout = "5ms", skip(source))]
        async fn impatient(source: Source, id: u64) -> Result<u32, String> {
            source.load().await
        }

        let source = Source::new(Ok(1));
        impatient(source.clone(), 1).await.unwrap();
        world.age("short:1", MINUTE).await;
        source.set(Ok(2));
        source.gate().close();
        let (value, served) = inspect(impatient(source.clone(), 1)).await;
        assert_eq!(value, Ok(1));
        assert!(matches!(served, Served::Stale { .. }), "{served}");
        source.gate().reached_by(2).await;
        source.gate().open();
        quiet(world).await;
        assert_eq!(inspect(impatient(source.clone(), 1)).await, (Ok(2), Served::Hit));
    }
}

async fn one_seat(world: &World) {
    let source = Source::new(Ok(1));
    for id in 1..=2 {
        user(source.clone(), id).await.unwrap();
    }
    world.age("user:1", MOST).await;
    if world.is_redis() {
        world.age("user:2", MOST).await;
    }
    source.gate().close();
    assert_eq!(user(source.clone(), 1).await, Ok(1));
    source.gate().reached_by(3).await;
    assert_eq!(user(source.clone(), 2).await, Ok(1));
    assert_eq!(world.family(TEMPLATE).rejected_refreshes, 1);
    source.gate().open();
    quiet(world).await;
    assert_eq!(user(source.clone(), 2).await, Ok(1));
    quiet(world).await;
    let stats = world.family(TEMPLATE);
    assert_eq!(
        (stats.refreshes, stats.rejected_refreshes, stats.fills),
        (2, 1, 4)
    );
}

#[tokio::test]
async fn as_many_at_once_as_there_are_seats_memory() {
    let world = World::memory_with(|builder| builder.max_refreshes(1)).await;
    world.run(one_seat(&world)).await;
}

#[tokio::test]
async fn as_many_at_once_as_there_are_seats_redis() {
    let world = World::redis_with(|builder| builder.max_refreshes(1)).await;
    world.run(one_seat(&world)).await;
}

/// When the entry is gone that it was to replace, what it brings could not be stored any more.
#[tokio::test(start_paused = true)]
async fn a_load_that_hangs_gives_back_its_seat() {
    let world = World::memory_with(|builder| builder.max_refreshes(1)).await;
    let (stuck, other) = (Source::new(Ok(1)), Source::new(Ok(1)));
    world.run(user(stuck.clone(), 1)).await.unwrap();
    world.run(user(other.clone(), 2)).await.unwrap();
    tokio::time::advance(MOST).await;
    stuck.gate().close();
    world.run(user(stuck.clone(), 1)).await.unwrap();
    stuck.gate().reached_by(2).await;
    world.run(user(other.clone(), 2)).await.unwrap();
    let stats = || world.family(TEMPLATE);
    assert_eq!((stats().refreshes, stats().rejected_refreshes), (1, 1));
    // Its entry may live for so long, and ended before.
    tokio::time::advance(MOST).await;
    assert_eq!(stuck.running(), 1);
    world.run(user(other.clone(), 2)).await.unwrap();
    eventually(PATIENCE, || stuck.running() == 0).await;
    eventually(PATIENCE, || world.cache.stats().under_way == 0).await;
    assert_eq!((stats().failed_loads, stats().fills), (1, 3));
    // That took some of the others' time as well.
    world.run(user(other.clone(), 3)).await.unwrap();
    tokio::time::advance(MOST).await;
    world.run(user(other, 3)).await.unwrap();
    eventually(PATIENCE, || stats().refreshes == 2).await;
}

/// With the last handle on the cache: not one poll later, and with it the connection.
#[tokio::test]
async fn what_runs_in_the_background_ends_with_the_cache() {
    let world = World::redis().await;
    let source = world.run(near_its_end(&world)).await;
    let other = Cache::connect(world.server().url()).await.unwrap();
    let clients = || world.server().info("clients")["connected_clients"].clone();
    other.scope(user(source.clone(), 1)).await.unwrap();
    source.gate().reached_by(2).await;
    assert_eq!(source.running(), 1);
    let before = clients();
    drop(other);
    eventually(PATIENCE, || source.running() == 0).await;
    eventually(PATIENCE, || clients() < before).await;
    let given_up = || world.server().keys() == ["user:1"];
    eventually(PATIENCE, given_up).await;
}
