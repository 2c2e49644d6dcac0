//! What this process remembers while the server is away has a bound, and is gone when the server is back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cached_redis_runtime::{cache_aside, cache_invalidate, refresh};
use cached_redis_tests::eventually;
use tokio::sync::Semaphore;

use crate::common::{PATIENCE, World};

#[cache_aside(key = "s:<id>", ttl = 60)]
async fn read(id: u64) -> u64 {
    tokio::task::yield_now().await;
    id
}

#[cache_aside(key = "l:<id>", ttl = 60, max_loads = 8)]
async fn read_limited(id: u64) -> Result<u64, u64> {
    tokio::task::yield_now().await;
    if id.is_multiple_of(3) {
        Err(id)
    } else {
        Ok(id)
    }
}

#[cache_aside(key = "s:<ids>", each = ids, ttl = 60)]
async fn read_many(ids: Vec<u64>) -> HashMap<u64, u64> {
    tokio::task::yield_now().await;
    ids.into_iter().map(|id| (id, id)).collect()
}

#[cache_invalidate(key = "s:<id>")]
async fn write(id: u64) {
    let _ = id;
}

/// One call of each sort in turn. Some are given up on the way, as a client does that hangs up.
async fn one_of_all(n: u64) {
    let id = n % 5000;
    match n % 8 {
        0 => write(id).await,
        1 => {
            read_many((id..id + 5).collect()).await;
        }
        2 => {
            let _ = read_limited(id % 100).await;
        }
        3 => {
            refresh(read(id)).await;
        }
        4 => {
            let hurried = tokio::time::timeout(Duration::from_micros(n % 3000), read(id));
            let _ = hurried.await;
        }
        _ => {
            read(id % 50).await;
        }
    }
}

/// Calls of all sorts, so many at once.
async fn storm(world: &World, calls: std::ops::Range<u64>, at_once: usize) {
    let room = Arc::new(Semaphore::new(at_once));
    for n in calls {
        let place = Arc::clone(&room).acquire_owned().await.unwrap();
        let call = world.spawn(one_of_all(n));
        tokio::spawn(async move {
            call.await.unwrap();
            drop(place);
        });
    }
    let _all = room
        .acquire_many(u32::try_from(at_once).unwrap())
        .await
        .unwrap();
}

async fn nothing_is_left(world: &World) {
    eventually(PATIENCE, || {
        let stats = world.cache.stats();
        let left = [
            stats.waiting,
            stats.queued,
            stats.under_way,
            stats.pending_deletes,
        ];
        stats.connected && left == [0; 4]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_storm_through_a_frozen_server() {
    let world = World::redis_with(|builder| builder.deadline(Duration::from_millis(100))).await;
    storm(&world, 0..2000, 200).await;
    world.server().stop();
    storm(&world, 2000..12000, 500).await;
    let stats = world.cache.stats();
    // Writes have failed, and every one of their keys is remembered, once.
    assert!((1..=5000).contains(&stats.pending_deletes), "{stats:?}");
    assert_eq!((stats.waiting, stats.queued), (0, 0));
    world.server().cont();
    storm(&world, 12000..14000, 200).await;
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_storm_through_a_restart() {
    let world = World::redis_with(|builder| builder.deadline(Duration::from_millis(100))).await;
    storm(&world, 0..2000, 200).await;
    world.server().kill();
    storm(&world, 2000..12000, 500).await;
    world.server().restart();
    storm(&world, 12000..14000, 200).await;
    nothing_is_left(&world).await;
}
