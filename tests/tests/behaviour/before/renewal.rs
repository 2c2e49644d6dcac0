//! How long a guard stands, and who stands in it.

use std::time::Duration;

use cached_redis_runtime::{CacheBuilder, Served, key};
use cached_redis_tests::{Server, pause};

use super::{Source, Writer, price, served, set};
use crate::common::World;

/// Long enough for a busy machine to renew it.
const LEASE: Duration = Duration::from_millis(450);

async fn with_a_short_lease() -> [World; 2] {
    [
        World::memory_with(|builder| builder.lease(LEASE)).await,
        World::redis_with(|builder| builder.lease(LEASE)).await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_is_renewed_while_the_body_runs() {
    for world in with_a_short_lease().await {
        world
            .run(async {
                let source = Source::new(1);
                let writer = Writer::begun(&world, &source, 2).await;
                pause(2 * LEASE).await;
                assert_eq!(served(&source).await, (1, Served::Uncached));
                writer.ends().await;
                assert_eq!(served(&source).await, (2, Served::Miss));
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_is_gone_is_set_anew() {
    for world in with_a_short_lease().await {
        world
            .run(async {
                let source = Source::new(1);
                let writer = Writer::begun(&world, &source, 2).await;
                // A renewal may come in between, but not each time.
                while served(&source).await != (1, Served::Miss) {
                    world.plain_delete(key!("price:1")).await;
                }
                pause(LEASE).await;
                assert_eq!(served(&source).await, (1, Served::Uncached));
                writer.ends().await;
                assert_eq!(served(&source).await, (2, Served::Miss));
            })
            .await;
    }
}

/// A guard may be larger than any value, and is still not somebody else's content, to be replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_guard_has_any_number_of_writers() {
    let small = |builder: CacheBuilder| builder.max_value_bytes(64);
    for world in [
        World::memory_with(small).await,
        World::redis_with(small).await,
    ] {
        world
            .run(async {
                let source = Source::new(1);
                let mut writers = Vec::new();
                for value in 2..7 {
                    writers.push(Writer::begun(&world, &source, value).await);
                }
                assert_eq!(served(&source).await, (1, Served::Uncached));
                for writer in writers {
                    assert_eq!(served(&source).await.1, Served::Uncached);
                    writer.ends().await;
                }
                assert_eq!(served(&source).await, (6, Served::Miss));
            })
            .await;
    }
}

/// Of two writers one stays away: its place in the guard is not the other one's to keep.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_writer_whose_time_is_over() {
    let server = Server::start();
    let here = World::redis_on(server, |builder| builder.lease(Duration::from_secs(60))).await;
    let source = Source::new(1);
    // Somebody who died a while ago, in a guard that lives because of others.
    let dead = [
        &b"\xFB0123456789abcdefsomebody's token"[..],
        &[0, 0, 0, 0, 0, 9],
    ]
    .concat();
    assert_eq!(dead.len(), 39);
    here.server().set("price:1", &dead);
    here.run(async {
        let writer = Writer::begun(&here, &source, 2).await;
        assert_eq!(
            here.server().get("price:1").unwrap().len(),
            39,
            "one writer"
        );
        writer.ends().await;
        assert_eq!(served(&source).await, (2, Served::Miss));
    })
    .await;
}

#[tokio::test]
async fn it_costs_two_rounds_of_one_script_per_key() {
    let world = World::redis().await;
    world
        .run(async {
            let source = Source::new(1);
            price(&source, 1).await;
            world.server().reset_commandstats();
            set(&source, 1, 2).await.unwrap();
            let commands = world.server().data_commands();
            assert_eq!(commands.get("evalsha"), Some(&2), "{commands:?}");
            assert_eq!(commands.get("eval"), None, "{commands:?}");
            assert!(world.server().keys().is_empty());
        })
        .await;
}
