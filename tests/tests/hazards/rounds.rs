//! Many callers of one key while the cache cannot be used: the body runs once per round.

use std::time::Duration;

use cached_redis_runtime::{Served, bypass, cache_aside, cache_invalidate, inspect, transaction};
use cached_redis_tests::{CountingLoader, Gate, eventually};
use tokio::task::JoinHandle;

use crate::common::{PATIENCE, World};

type Source = CountingLoader<u32>;

const CALLERS: usize = 1000;

#[cache_aside(key = "r:<id>", ttl = 60, skip(source))]
async fn read(source: Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "r:<id>", ttl = 60, skip(source))]
async fn read_text(source: CountingLoader<String>, id: u64) -> String {
    source.load().await
}

#[cache_aside(key = "e:<id>", ttl = 60, skip(source))]
async fn failing(source: CountingLoader<Result<u32, String>>, id: u64) -> Result<u32, String> {
    source.load().await
}

#[cache_invalidate(key = "r:<id>")]
async fn write(source: &Source, id: u64, value: u32) {
    source.set(value);
}

async fn world() -> World {
    World::redis_with(|builder| builder.deadline(Duration::from_millis(100))).await
}

/// A world whose server is gone, and is known to be.
async fn dead() -> World {
    let world = world().await;
    world.server().kill();
    eventually(PATIENCE, || !world.cache.stats().connected).await;
    world
}

fn call(world: &World, source: &Source) -> JoinHandle<(u32, Served)> {
    world.spawn(inspect(read(source.clone(), 1)))
}

async fn nothing_is_left_behind(world: &World) {
    eventually(PATIENCE, || {
        let stats = world.cache.stats();
        (stats.waiting, stats.under_way) == (0, 0)
    })
    .await;
}

/// The first caller is held; all others come meanwhile. They are one more round, however many they are.
async fn two_bodies(world: &World) {
    let source = Source::behind(Gate::closed(), 7);
    let first = call(world, &source);
    source.gate().reached().await;
    let others: Vec<_> = (1..CALLERS).map(|_| call(world, &source)).collect();
    world.waiting(CALLERS - 1).await;
    source.gate().open();
    assert_eq!(first.await.unwrap(), (7, Served::Uncached));
    let mut led = 0;
    for other in others {
        let (value, served) = other.await.unwrap();
        assert_eq!(value, 7);
        match served {
            Served::Uncached => led += 1,
            Served::Joined => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!((source.runs(), led), (2, 1));
    let stats = world.family("r:<id>");
    assert_eq!((stats.loads, stats.joined), (2, CALLERS as u64 - 2));
    nothing_is_left_behind(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed() {
    let world = world().await;
    world.server().kill();
    two_bodies(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_breaker_is_open() {
    two_bodies(&dead().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen() {
    let world = world().await;
    world.server().stop();
    two_bodies(&world).await;
    world.server().cont();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_guards_the_key() {
    let world = world().await;
    world.server().set("r:1", b"\xFB0123456789abcdef");
    two_bodies(&world).await;
}

/// All callers wait for another process's load when the server hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frozen_while_all_wait_for_another_process() {
    // Long enough for all to see the lease on a busy machine.
    let world = World::redis_with(|builder| builder.deadline(Duration::from_secs(1))).await;
    world.server().set("r:1", b"\xFA0123456789abcdef");
    let source = Source::behind(Gate::closed(), 7);
    let callers: Vec<_> = (0..CALLERS).map(|_| call(&world, &source)).collect();
    // One polls.
    world.waiting(CALLERS - 1).await;
    world.server().stop();
    source.gate().reached().await;
    // All have left the flight of the other process's lease, and all but one are in line.
    eventually(PATIENCE, || {
        let stats = world.cache.stats();
        (stats.under_way, stats.waiting) == (1, CALLERS - 1)
    })
    .await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap().0, 7);
    }
    assert_eq!(source.runs(), 2);
    nothing_is_left_behind(&world).await;
    world.server().cont();
}

#[tokio::test]
async fn a_call_that_began_after_a_write_never_sees_the_load_before_it() {
    let world = dead().await;
    let source = Source::behind(Gate::closed(), 1);
    let before = call(&world, &source);
    source.gate().reached().await;
    world.run(write(&source, 1, 2)).await;
    let after = call(&world, &source);
    world.waiting(1).await;
    source.gate().open();
    assert_eq!(before.await.unwrap().0, 1, "it read before the write");
    assert_eq!(after.await.unwrap(), (2, Served::Uncached));
    assert_eq!(source.runs(), 2);
}

/// The same, where the load before the write is one that others share.
#[tokio::test]
async fn a_call_that_began_after_a_write_does_not_share_with_those_who_began_before() {
    let world = dead().await;
    let first = Source::behind(Gate::closed(), 1);
    let leader = call(&world, &first);
    first.gate().reached().await;
    let source = Source::behind(Gate::closed(), 1);
    let second = call(&world, &source);
    world.waiting(1).await;
    let passenger = call(&world, &source);
    world.waiting(2).await;
    first.gate().open();
    leader.await.unwrap();
    source.gate().reached().await;
    world.run(write(&source, 1, 2)).await;
    let after = call(&world, &source);
    world.waiting(2).await;
    source.gate().open();
    assert_eq!(second.await.unwrap(), (1, Served::Uncached));
    assert_eq!(passenger.await.unwrap(), (1, Served::Joined));
    assert_eq!(after.await.unwrap(), (2, Served::Uncached));
}

#[tokio::test]
async fn errors_are_not_shared_and_come_one_after_the_other() {
    let world = dead().await;
    let source = CountingLoader::behind(Gate::closed(), Err("away".to_owned()));
    let callers: Vec<_> = (0..20)
        .map(|_| world.spawn(failing(source.clone(), 1)))
        .collect();
    source.gate().reached().await;
    world.waiting(19).await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Err("away".to_owned()));
    }
    assert_eq!((source.runs(), source.most_at_once()), (20, 1));
    nothing_is_left_behind(&world).await;
}

#[tokio::test]
async fn a_cancelled_leader_passes_its_turn_on() {
    let world = dead().await;
    let source = Source::behind(Gate::closed(), 7);
    let first = call(&world, &source);
    source.gate().reached().await;
    let others: Vec<_> = (0..10).map(|_| call(&world, &source)).collect();
    world.waiting(10).await;
    first.abort();
    source.gate().reached_by(2).await;
    assert_eq!(world.cache.stats().waiting, 9, "one body, not ten");
    source.gate().open();
    for other in others {
        assert_eq!(other.await.unwrap().0, 7);
    }
    assert_eq!(source.runs(), 2);
    nothing_is_left_behind(&world).await;
}

#[tokio::test]
async fn a_result_that_cannot_be_shared_makes_nobody_queue() {
    #[cache_aside(key = "f:<id>", ttl = 60, codec = json, skip(source))]
    async fn unencodable(source: CountingLoader<f64>, id: u64) -> f64 {
        source.load().await
    }

    let world = dead().await;
    let held = CountingLoader::behind(Gate::closed(), f64::INFINITY);
    let first = world.spawn(unencodable(held.clone(), 1));
    held.gate().reached().await;
    // They are one round. Its leader finds out, and then all are at the gate at once.
    let source = CountingLoader::behind(Gate::closed(), f64::INFINITY);
    let leads = world.spawn(unencodable(CountingLoader::new(f64::INFINITY), 1));
    world.waiting(1).await;
    let others: Vec<_> = (0..20)
        .map(|_| world.spawn(unencodable(source.clone(), 1)))
        .collect();
    world.waiting(21).await;
    held.gate().open();
    source.gate().reached_by(20).await;
    source.gate().open();
    assert!(first.await.unwrap().is_infinite());
    assert!(leads.await.unwrap().is_infinite());
    for other in others {
        assert!(other.await.unwrap().is_infinite());
    }
    nothing_is_left_behind(&world).await;
}

#[tokio::test]
async fn functions_of_different_types_do_not_share() {
    let world = dead().await;
    let number = Source::behind(Gate::closed(), 7);
    let held = call(&world, &number);
    number.gate().reached().await;
    // The same key: it does not even wait.
    let text = CountingLoader::new("seven".to_owned());
    let served = world.run(inspect(read_text(text, 1))).await;
    assert_eq!(served, ("seven".to_owned(), Served::Uncached));
    number.gate().open();
    held.await.unwrap();
}

#[tokio::test]
async fn whoever_asks_for_no_cache_is_in_no_round() {
    let world = dead().await;
    let held = Source::behind(Gate::closed(), 7);
    let leader = call(&world, &held);
    held.gate().reached().await;
    world
        .run(async {
            assert_eq!(bypass(read(Source::new(8), 1)).await, 8);
            let inside = transaction(async { Ok::<_, ()>(read(Source::new(9), 1).await) });
            assert_eq!(inside.await, Ok(9));
        })
        .await;
    held.gate().open();
    leader.await.unwrap();
}

#[tokio::test]
async fn a_call_inside_a_body_of_its_function_waits_for_nobody() {
    #[cache_aside(key = "tree:<id>", ttl = 60, skip(gate))]
    async fn tree(gate: Gate, id: u64) -> u64 {
        if id < 2 {
            gate.pass().await;
            // The other's key. Each would wait for the round that the other leads.
            return 10 + Box::pin(tree(gate, 3 - id.max(1))).await;
        }
        id
    }

    let world = dead().await;
    let gate = Gate::closed();
    let one = world.spawn(tree(gate.clone(), 1));
    gate.reached().await;
    gate.open();
    assert_eq!(one.await.unwrap(), 12);
}

#[tokio::test]
async fn waiting_for_a_round_ends_after_wait() {
    let world = World::redis_with(|builder| builder.wait(Duration::from_millis(50))).await;
    world.server().kill();
    eventually(PATIENCE, || !world.cache.stats().connected).await;
    let held = Source::behind(Gate::closed(), 1);
    let leader = call(&world, &held);
    held.gate().reached().await;
    let impatient = world.run(inspect(read(Source::new(2), 1))).await;
    assert_eq!(impatient, (2, Served::Uncached));
    assert_eq!(world.family("r:<id>").expired_waits, 1);
    held.gate().open();
    leader.await.unwrap();
    nothing_is_left_behind(&world).await;
}
