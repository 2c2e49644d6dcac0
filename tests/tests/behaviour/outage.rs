//! A source that fails for a minute, behind `stale`: everybody has an answer, it is asked once per interval, and what it
//! says first when it is back is taken.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_runtime::{Cache, FamilyStats, Served, cache_aside, inspect};
use cached_redis_tests::{CountingLoader, Stopwatch, eventually, pause};
use futures_util::future::join_all;

use crate::common::{PATIENCE, World};

/// A source that notes when it was asked.
#[derive(Clone)]
struct Source {
    answer: CountingLoader<Result<u32, String>>,
    watch: Stopwatch,
    asked: Arc<Mutex<Vec<Duration>>>,
}

const TEMPLATE: &str = "price:<id>";
const MINUTE: Duration = Duration::from_secs(60);
const READERS: usize = 20;

#[cache_aside(key = "price:<id>", ttl = "1m", stale = "1h", skip(source))]
async fn price(source: &Source, id: u64) -> Result<u32, String> {
    source.asked.lock().unwrap().push(source.watch.elapsed());
    source.answer.load().await
}

/// An entry that says 1, past its TTL, of a source that is away.
async fn away(world: &World) -> Source {
    let source = Source {
        answer: CountingLoader::new(Ok(1)),
        watch: Stopwatch::start(),
        asked: Arc::default(),
    };
    assert_eq!(price(&source, 1).await, Ok(1));
    world.age("price:1", MINUTE).await;
    source.answer.set(Err("away".to_owned()));
    source.asked.lock().unwrap().clear();
    source
}

/// By a clock that the test moves: to the tick.
#[tokio::test]
async fn a_minute_of_failures_is_asked_about_sixty_times() {
    const TICK: Duration = Duration::from_millis(50);
    const TICKS: usize = 20;
    let interval = TICK * u32::try_from(TICKS).unwrap();
    let world = World::memory_with(|builder| builder.refresh_retry(interval)).await;
    let test = async {
        let source = away(&world).await;
        tokio::time::pause();
        let read = || join_all((0..READERS).map(|_| inspect(price(&source, 1))));
        let asked = || source.asked.lock().unwrap().len();
        for second in 0..60 {
            for tick in 0..TICKS {
                for (value, served) in read().await {
                    assert_eq!(value, Ok(1), "after {second} s, {tick} ticks");
                    assert!(matches!(served, Served::Stale { .. }), "{served}");
                }
                assert_eq!(asked(), second + 1, "after {second} s, {tick} ticks");
                tokio::time::advance(TICK).await;
            }
        }
        // It is back right before it is asked again.
        source.answer.set(Ok(2));
        let reads = read().await;
        let refreshed = reads
            .iter()
            .filter(|read| **read == (Ok(2), Served::Refreshed));
        assert_eq!(refreshed.count(), 1, "{reads:?}");
        for _ in 0..TICKS {
            for read in read().await {
                assert_eq!(read, (Ok(2), Served::Hit));
            }
            tokio::time::advance(TICK).await;
        }
        assert_eq!(asked(), 61);
        let stats = world.family(TEMPLATE);
        assert_eq!((stats.failed_loads, stats.fills), (60, 2));
    };
    world.run(test).await;
}

/// A minute of intervals that are shorter, on a server that two caches share, as two processes do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_caches_one_asks_per_interval() {
    const INTERVAL: Duration = Duration::from_millis(25);
    let world = World::redis_with(|builder| builder.refresh_retry(INTERVAL)).await;
    let builder = Cache::builder(world.server().url())
        .deadline(Duration::from_secs(5))
        .refresh_retry(INTERVAL);
    let caches = [world.cache.clone(), builder.connect().await.unwrap()];
    let source = world.run(away(&world)).await;
    let ended = Arc::new(AtomicBool::new(false));
    let readers = caches.iter().flat_map(|cache| vec![cache; READERS]);
    let readers = readers.map(|cache| {
        let (cache, source, ended) = (cache.clone(), source.clone(), Arc::clone(&ended));
        tokio::spawn(async move {
            let mut newest = 1;
            while !ended.load(Ordering::Relaxed) {
                let value = cache.scope(price(&source, 1)).await;
                let value = value.expect("an answer, whatever the source says");
                assert!(value >= newest, "{value} after {newest}");
                newest = value;
                pause(Duration::from_millis(2)).await;
            }
            newest
        })
    });
    let readers: Vec<_> = readers.collect();
    let asked = || source.asked.lock().unwrap().len();
    eventually(PATIENCE, || asked() == 60).await;
    source.answer.set(Ok(2));
    let total = |of: fn(&FamilyStats) -> u64| {
        let families = caches.iter().map(Cache::stats);
        families
            .map(|stats| stats.family(TEMPLATE).map_or(0, of))
            .sum::<u64>()
    };
    eventually(PATIENCE, || total(|family| family.fills) == 2).await;
    let hits = total(|family| family.hits);
    eventually(PATIENCE, || total(|family| family.hits) > hits + 100).await;
    ended.store(true, Ordering::Relaxed);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), 2);
    }
    // The first load that did not fail was the last one, and the entry's own.
    let failed = total(|family| family.failed_loads);
    assert_eq!(total(|family| family.loads), failed + 2);
    let asked = source.asked.lock().unwrap();
    assert_eq!(asked.len() as u64, failed + 1);
    for pair in asked.windows(2) {
        // A server's clock has milliseconds.
        let apart = pair[1].saturating_sub(pair[0]) + Duration::from_millis(1);
        assert!(apart >= INTERVAL, "{pair:?}");
    }
}
