//! Warm-up: many calls, a few at a time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cached_redis_runtime::{Cache, Served, Warmed, bypass, cache_aside, inspect, warm};
use cached_redis_tests::{CountingLoader, Gate};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u32>;

#[cache_aside(key = "warm:<id>", ttl = 60, skip(source))]
async fn find(source: Source, id: u32) -> Result<u32, String> {
    match id {
        13 => Err("thirteen".to_owned()),
        id => Ok(id + source.load().await),
    }
}

#[cache_aside(key = "warm:<ids>", each = ids, ttl = 60, skip(source))]
async fn find_many(source: Source, ids: Vec<u32>) -> Result<Vec<(u32, u32)>, String> {
    let added = source.load().await;
    match ids[..] {
        [13, ..] => Err("thirteen".to_owned()),
        _ => Ok(ids.into_iter().map(|id| (id, id + added)).collect()),
    }
}

fn numbers(warmed: Warmed) -> (usize, usize, Option<usize>) {
    (warmed.done, warmed.failed, warmed.remaining())
}

/// Calls, and how many of them the warm-up has asked for.
fn counted(source: &Source, ids: u32) -> (impl Iterator<Item: Future>, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let (source, count) = (source.clone(), Arc::clone(&taken));
    let calls = (0..ids).map(move |id| {
        count.fetch_add(1, Ordering::SeqCst);
        find(source.clone(), id)
    });
    (calls, taken)
}

on_every_store! {
    async fn what_is_warm_is_a_hit(_world: &World) {
        let source = Source::new(0);
        find(source.clone(), 1).await.unwrap();
        source.set(100);
        let warmed = warm((0..50).map(|id| find(source.clone(), id))).await;
        assert_eq!(numbers(warmed), (49, 1, Some(0)));
        for id in (0..50).filter(|id| *id != 13) {
            assert_eq!(inspect(find(source.clone(), id)).await, (Ok(id + 100), Served::Hit));
        }
        assert_eq!(inspect(find(source.clone(), 13)).await.1, Served::Miss);
    }

    async fn what_is_not_stored_has_failed(_world: &World) {
        let source = Source::new(0);
        let lists = [vec![1, 2], vec![13, 14], vec![3]];
        let warmed = warm(lists.map(|ids| find_many(source.clone(), ids))).await;
        assert_eq!(numbers(warmed), (2, 1, Some(0)));
        let warmed = warm([async { bypass(find(source.clone(), 1)).await }]).await;
        assert_eq!(numbers(warmed), (0, 1, Some(0)));
        // Nothing that is cached.
        assert_eq!(numbers(warm([async {}]).await), (0, 1, Some(0)));
        assert_eq!(numbers(warm(Vec::<std::future::Ready<()>>::new()).await), (0, 0, Some(0)));
    }

    async fn no_more_run_at_once_than_there_is_room_for(world: &World) {
        let source = Source::behind(Gate::closed(), 0);
        let (calls, taken) = counted(&source, 12);
        let mut seen = Vec::new();
        {
            let warming = warm(calls).concurrency(3).progress(|now| seen.push(numbers(now)));
            let opening = async {
                source.gate().reached_by(3).await;
                assert_eq!((source.running(), taken.load(Ordering::SeqCst)), (3, 3));
                source.gate().open();
            };
            let (warmed, ()) = tokio::join!(warming, opening);
            assert_eq!(numbers(warmed), (12, 0, Some(0)));
        }
        assert_eq!((source.runs(), source.most_at_once()), (12, 3));
        assert_eq!(seen.len(), 12);
        assert_eq!((seen[0], seen[11]), ((1, 0, Some(11)), (12, 0, Some(0))));
        assert_eq!(world.family("warm:<id>").fills, 12);
    }

    async fn dropped_it_stops(world: &World) {
        let source = Source::behind(Gate::closed(), 0);
        let (calls, taken) = counted(&source, 100);
        tokio::select! {
            _ = warm(calls) => panic!("the gate is closed"),
            () = source.gate().reached_by(8) => {}
        }
        assert_eq!((source.running(), taken.load(Ordering::SeqCst)), (0, 8));
        assert_eq!(world.family("warm:<id>").fills, 0);
    }

    async fn what_has_no_known_length_has_no_remainder(_world: &World) {
        let source = Source::new(0);
        let some = (0..20).filter(|id| id % 2 == 0);
        let warmed = warm(some.map(|id| find(source.clone(), id))).await;
        assert_eq!((warmed.done, warmed.total), (10, None));
    }
}

#[tokio::test]
async fn without_a_server_all_fails_and_all_is_tried() {
    let cache = Cache::connect("redis://127.0.0.1:1").await.unwrap();
    let source = Source::new(0);
    let calls = (0..20).map(|id| find(source.clone(), id));
    assert_eq!(numbers(cache.scope(warm(calls)).await), (0, 20, Some(0)));
    assert_eq!(source.runs(), 19);
}

#[tokio::test]
#[should_panic(expected = "`concurrency` must not be zero")]
async fn no_room_at_all_is_a_mistake() {
    drop(warm([async {}]).concurrency(0));
}
