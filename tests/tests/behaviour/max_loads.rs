//! `max_loads`: so many bodies at once, and a fair line in front of them.
//!
//! A limit belongs to its function, and a test binary may run its tests in one process, so each test has its own.

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{Served, bypass, cache_aside, inspect, refresh, transaction};
use cached_redis_tests::{CountingLoader, Gate, eventually};

use crate::common::{PATIENCE, World};

type Source = CountingLoader<u32>;

async fn queued(world: &World, callers: usize) {
    eventually(PATIENCE, || world.cache.stats().queued == callers).await;
}

/// Annotated functions of one test, each in a module of the store's, so that the two do not share limits.
macro_rules! on_each_store {
    ($name:ident, { $($items:item)* }, |$world:ident| $test:block) => {
        mod $name {
            mod memory {
                use super::super::*;
                $($items)*
                #[tokio::test]
                async fn test() {
                    let $world = &World::memory().await;
                    Box::pin($world.run(async $test)).await;
                }
            }
            mod redis {
                use super::super::*;
                $($items)*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn test() {
                    let $world = &World::redis().await;
                    Box::pin($world.run(async $test)).await;
                }
            }
        }
    };
}

on_each_store!(
    as_many_as_it_says_and_no_more,
    {
        #[cache_aside(key = "m:<id>", ttl = 60, skip(source), max_loads = 3)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        let source = Source::behind(Gate::closed(), 7);
        let callers: Vec<_> = (0..20)
            .map(|id| world.spawn(read(source.clone(), id)))
            .collect();
        source.gate().reached_by(3).await;
        queued(world, 17).await;
        assert_eq!(source.running(), 3);
        source.gate().open();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 7);
        }
        assert_eq!((source.runs(), source.most_at_once()), (20, 3));
        assert_eq!(world.cache.stats().queued, 0);
    }
);

on_each_store!(
    a_hot_key_stands_in_line_once,
    {
        #[cache_aside(key = "h:<id>", ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        let held = Source::behind(Gate::closed(), 1);
        let other = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let source = Source::behind(Gate::closed(), 7);
        let callers: Vec<_> = (0..100)
            .map(|_| world.spawn(inspect(read(source.clone(), 2))))
            .collect();
        queued(world, 1).await;
        // Hits need no permit.
        held.gate().open();
        assert_eq!(other.await.unwrap(), 1);
        source.gate().reached().await;
        assert_eq!(inspect(read(Source::new(9), 1)).await, (1, Served::Hit));
        source.gate().open();
        let mut led = 0;
        for caller in callers {
            let (value, served) = caller.await.unwrap();
            assert_eq!(value, 7);
            led += u32::from(served == Served::Miss);
        }
        assert_eq!((source.runs(), led), (1, 1));
    }
);

on_each_store!(
    what_was_stored_while_it_was_in_line_is_taken,
    {
        #[cache_aside(key = "f:<id>", ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
        // Another function for the same entries, without a limit.
        #[cache_aside(key = "f:<id>", ttl = 60, skip(source))]
        async fn read_freely(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        let held = Source::behind(Gate::closed(), 1);
        let other = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let source = Source::new(2);
        let waiting = world.spawn(read(source.clone(), 2));
        queued(world, 1).await;
        assert_eq!(
            inspect(read_freely(Source::new(3), 2)).await,
            (3, Served::Miss)
        );
        held.gate().open();
        other.await.unwrap();
        assert_eq!(waiting.await.unwrap(), 3);
        assert_eq!(source.runs(), 0);
    }
);

on_each_store!(
    who_leaves_the_line_costs_nobody_his_place,
    {
        #[cache_aside(key = "c:<id>", ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        let held = Source::behind(Gate::closed(), 1);
        let first = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let impatient = world.spawn(read(Source::new(2), 2));
        queued(world, 1).await;
        let patient = world.spawn(inspect(read(Source::new(3), 3)));
        queued(world, 2).await;
        impatient.abort();
        queued(world, 1).await;
        // Its body's permit comes back as well if it is dropped.
        first.abort();
        assert_eq!(patient.await.unwrap(), (3, Served::Miss));
        assert_eq!(inspect(read(Source::new(4), 2)).await, (4, Served::Miss));
    }
);

on_each_store!(
    who_takes_over_a_load_takes_over_its_permit,
    {
        #[cache_aside(key = "t:<id>", ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        let source = Source::behind(Gate::closed(), 7);
        let leader = world.spawn(read(source.clone(), 1));
        source.gate().reached().await;
        let follower = world.spawn(read(source.clone(), 1));
        world.waiting(1).await;
        let other = world.spawn(read(source.clone(), 2));
        queued(world, 1).await;
        leader.abort();
        source.gate().reached_by(2).await;
        assert_eq!(world.cache.stats().queued, 1, "the other is still in line");
        source.gate().open();
        assert_eq!(follower.await.unwrap(), 7);
        assert_eq!(other.await.unwrap(), 7);
        assert_eq!((source.runs(), source.most_at_once()), (3, 1));
    }
);

on_each_store!(
    who_has_no_permit_takes_over_nothing,
    {
        #[cache_aside(key = "n:<id>", ttl = 60, skip(source))]
        async fn read_freely(source: Source, id: u64) -> u32 {
            source.load().await
        }
        #[cache_aside(key = "n:<id>", ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        // The one permit is out.
        let held = Source::behind(Gate::closed(), 1);
        let other = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let free = Source::behind(Gate::closed(), 2);
        let leader = world.spawn(read_freely(free.clone(), 2));
        free.gate().reached().await;
        let source = Source::new(3);
        let follower = world.spawn(inspect(read(source.clone(), 2)));
        world.waiting(1).await;
        leader.abort();
        queued(world, 1).await;
        assert_eq!(source.runs(), 0);
        // It gave the lease back before it got in line: whoever needs no permit loads at once.
        assert_eq!(
            inspect(read_freely(Source::new(4), 2)).await,
            (4, Served::Miss)
        );
        held.gate().open();
        other.await.unwrap();
        assert_eq!(follower.await.unwrap().0, 4);
    }
);

on_each_store!(
    a_call_inside_a_body_of_its_function_needs_no_permit,
    {
        #[cache_aside(key = "fib:<n>", ttl = 60, max_loads = 1)]
        async fn fib(n: u64) -> u64 {
            if n < 2 {
                n
            } else {
                Box::pin(fib(n - 1)).await + Box::pin(half(n - 2)).await
            }
        }
        // A level of another function in between.
        #[cache_aside(key = "half:<n>", ttl = 60)]
        async fn half(n: u64) -> u64 {
            Box::pin(fib(n)).await
        }
    },
    |world| {
        let both = [world.spawn(fib(20)), world.spawn(fib(21))];
        for (one, expected) in both.into_iter().zip([6765, 10946]) {
            let ended = tokio::time::timeout(PATIENCE, one)
                .await
                .expect("no deadlock");
            assert_eq!(ended.unwrap(), expected);
        }
    }
);

on_each_store!(
    a_forced_reload_needs_a_permit,
    {
        #[cache_aside(key = "r:<id>", ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }
    },
    |world| {
        read(Source::new(1), 2).await;
        let held = Source::behind(Gate::closed(), 1);
        let other = world.spawn(read(held.clone(), 1));
        held.gate().reached().await;
        let source = Source::new(2);
        let reloads: Vec<_> = (2..5)
            .map(|id| world.spawn(inspect(refresh(read(source.clone(), id)))))
            .collect();
        queued(world, 3).await;
        assert_eq!(source.runs(), 0);
        held.gate().open();
        other.await.unwrap();
        for reload in reloads {
            assert_eq!(reload.await.unwrap().0, 2);
        }
        assert_eq!((source.runs(), source.most_at_once()), (3, 1));
        assert_eq!(inspect(read(Source::new(9), 2)).await, (2, Served::Hit));
    }
);

on_each_store!(
    a_batch_needs_one_permit,
    {
        #[cache_aside(key = "b:<ids>", each = ids, ttl = 60, skip(source), max_loads = 1)]
        async fn read(source: Source, ids: Vec<u64>) -> HashMap<u64, u32> {
            let value = source.load().await;
            ids.into_iter().map(|id| (id, value)).collect()
        }
    },
    |world| {
        let source = Source::behind(Gate::closed(), 7);
        let batches = [vec![1, 2, 3], vec![3, 4], vec![5], vec![2, 5]];
        let calls: Vec<_> = batches
            .iter()
            .map(|ids| world.spawn(read(source.clone(), ids.clone())))
            .collect();
        source.gate().reached().await;
        source.gate().open();
        for (ids, call) in batches.iter().zip(calls) {
            assert_eq!(call.await.unwrap().len(), ids.len());
        }
        assert_eq!(source.most_at_once(), 1);
        let forced = refresh(read(source.clone(), vec![1, 9])).await;
        assert_eq!(forced.len(), 2);
        assert_eq!(refresh(read(source.clone(), vec![])).await.len(), 0);
        assert_eq!(world.cache.stats().queued, 0);
    }
);

on_each_store!(
    what_goes_past_the_cache_goes_past_the_line,
    {
        #[cache_aside(key = "p:<id>", ttl = 60, skip(source, cached), when = cached, max_loads = 1)]
        async fn read(source: Source, id: u64, cached: bool) -> u32 {
            source.load().await
        }
    },
    |world| {
        let held = Source::behind(Gate::closed(), 1);
        let other = world.spawn(read(held.clone(), 1, true));
        held.gate().reached().await;
        assert_eq!(bypass(read(Source::new(2), 2, true)).await, 2);
        assert_eq!(read(Source::new(3), 2, false).await, 3);
        let inside = transaction(async { Ok::<_, ()>(read(Source::new(4), 2, true).await) });
        assert_eq!(inside.await, Ok(4));
        held.gate().open();
        other.await.unwrap();
    }
);

#[tokio::test]
async fn functions_that_call_each_other_do_not_wait_for_ever() {
    #[cache_aside(key = "left:<id>", ttl = 60, skip(gate), max_loads = 1)]
    async fn left(gate: Gate, id: u64) -> u64 {
        gate.pass().await;
        if id == 0 {
            0
        } else {
            1 + Box::pin(right(gate, id - 1)).await
        }
    }

    #[cache_aside(key = "right:<id>", ttl = 60, skip(gate), max_loads = 1)]
    async fn right(gate: Gate, id: u64) -> u64 {
        gate.pass().await;
        if id == 0 {
            0
        } else {
            1 + Box::pin(left(gate, id - 1)).await
        }
    }

    // Each holds the permit that the other wants. `wait` is what ends it.
    let world = World::memory_with(|builder| builder.wait(Duration::from_millis(50))).await;
    let gate = Gate::closed();
    let both = [
        world.spawn(left(gate.clone(), 5)),
        world.spawn(right(gate.clone(), 6)),
    ];
    gate.reached_by(2).await;
    gate.open();
    for (one, expected) in both.into_iter().zip([5, 6]) {
        assert_eq!(one.await.unwrap(), expected);
    }
}

/// A call inside a body waits for a limited time, also where another call of its key, which waits for ever, was first.
#[tokio::test]
async fn calls_inside_bodies_do_not_wait_behind_those_that_are_not() {
    #[cache_aside(key = "east:<id>", ttl = 60, skip(gate), max_loads = 1)]
    async fn east(gate: Gate, id: u64) -> u64 {
        gate.pass().await;
        if id == 0 {
            Box::pin(west(gate, 1)).await
        } else {
            id
        }
    }

    #[cache_aside(key = "west:<id>", ttl = 60, skip(gate), max_loads = 1)]
    async fn west(gate: Gate, id: u64) -> u64 {
        gate.pass().await;
        if id == 0 {
            Box::pin(east(gate, 1)).await
        } else {
            id
        }
    }

    let world = World::memory_with(|builder| builder.wait(Duration::from_millis(50))).await;
    let gate = Gate::closed();
    let outer = [
        world.spawn(east(gate.clone(), 0)),
        world.spawn(west(gate.clone(), 0)),
    ];
    gate.reached_by(2).await;
    let first = [
        world.spawn(east(gate.clone(), 1)),
        world.spawn(west(gate.clone(), 1)),
    ];
    queued(&world, 2).await;
    gate.open();
    for one in outer.into_iter().chain(first) {
        let ended = tokio::time::timeout(PATIENCE, one).await;
        assert_eq!(ended.expect("an end").unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_holds_while_redis_is_dead() {
    #[cache_aside(key = "d:<id>", ttl = 60, skip(source), max_loads = 2)]
    async fn read(source: Source, id: u64) -> u32 {
        source.load().await
    }

    let world = World::redis().await;
    world.server().kill();
    eventually(PATIENCE, || !world.cache.stats().connected).await;
    let source = Source::behind(Gate::closed(), 7);
    let callers: Vec<_> = (0..50)
        .map(|n| world.spawn(inspect(read(source.clone(), n % 10))))
        .collect();
    source.gate().reached_by(2).await;
    queued(&world, 8).await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap().0, 7);
    }
    assert_eq!(source.most_at_once(), 2);
    assert!(source.runs() <= 20, "{} bodies for ten keys", source.runs());
    let stats = world.cache.stats();
    assert_eq!((stats.queued, stats.waiting, stats.under_way), (0, 0, 0));
}

/// Those who share a load go on doing so however long it stands in line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hot_key_stays_one_load_while_redis_is_dead() {
    #[cache_aside(key = "o:<id>", ttl = 60, skip(source), max_loads = 1)]
    async fn read(source: Source, id: u64) -> u32 {
        source.load().await
    }

    let wait = Duration::from_millis(200);
    let world = World::redis_with(|builder| builder.wait(wait)).await;
    world.server().kill();
    eventually(PATIENCE, || !world.cache.stats().connected).await;
    let held = Source::behind(Gate::closed(), 1);
    let other = world.spawn(read(held.clone(), 1));
    held.gate().reached().await;
    let source = Source::new(7);
    let callers: Vec<_> = (0..50)
        .map(|_| world.spawn(read(source.clone(), 2)))
        .collect();
    // All have waited for as long as they would for a load that has begun.
    queued(&world, 50).await;
    held.gate().open();
    other.await.unwrap();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 7);
    }
    assert!(source.runs() <= 2, "{} bodies", source.runs());
    let stats = world.cache.stats();
    assert_eq!((stats.queued, stats.waiting, stats.under_way), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_hand_the_permit_on() {
    #[cache_aside(key = "e:<id>", ttl = 60, skip(source), max_loads = 1)]
    async fn read(source: CountingLoader<Result<u32, String>>, id: u64) -> Result<u32, String> {
        source.load().await
    }

    let world = World::memory().await;
    let source = CountingLoader::behind(Gate::closed(), Err("away".to_owned()));
    let callers: Vec<_> = (0..20)
        .map(|n| world.spawn(read(source.clone(), n % 4)))
        .collect();
    source.gate().reached().await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Err("away".to_owned()));
    }
    assert_eq!((source.runs(), source.most_at_once()), (20, 1));
    assert_eq!(world.cache.stats().queued, 0);
}

/// A call that stood in line for longer than `wait` can still wait for another process's load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standing_in_line_is_not_waiting_for_a_load() {
    #[cache_aside(key = "w:<id>", ttl = 60, skip(source), max_loads = 1)]
    async fn read(source: Source, id: u64) -> u32 {
        source.load().await
    }

    let wait = Duration::from_millis(300);
    let world = World::redis_with(|builder| builder.wait(wait)).await;
    let held = Source::behind(Gate::closed(), 1);
    let other = world.spawn(read(held.clone(), 1));
    held.gate().reached().await;
    let callers = [2, 3].map(|value| world.spawn(inspect(read(Source::new(value), 2))));
    queued(&world, 1).await;
    // Time is what is tested.
    cached_redis_tests::pause(wait * 2).await;
    world.server().set("w:2", b"\xFA0123456789abcdef");
    held.gate().open();
    other.await.unwrap();
    // One polls, one waits for it.
    world.waiting(1).await;
    world.server().run(&["DEL", "w:2"]);
    let mut served = Vec::new();
    for caller in callers {
        served.push(caller.await.unwrap().1);
    }
    assert!(!served.contains(&Served::Uncached), "{served:?}");
}
