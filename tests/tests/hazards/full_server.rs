//! A server at `maxmemory` under `noeviction` refuses every write and still executes `DEL`.

use std::collections::BTreeMap;

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::Server;

use crate::common::World;

#[cache_aside(key = "f:<id>", ttl = 60, skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "f:<id>")]
async fn write(id: u64) {
    let _ = id;
}

#[tokio::test]
async fn functions_answer_and_invalidation_works() {
    let world = World::redis_on(Server::start(), |builder| builder).await;
    world
        .run(async {
            read(1, 1).await;
            let server = world.server();
            server.run(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
            server.run(&["CONFIG", "SET", "maxmemory", "1"]);

            assert_eq!(
                inspect(read(1, 2)).await,
                (1, Served::Hit),
                "reads still work"
            );
            for _ in 0..3 {
                assert_eq!(inspect(read(2, 2)).await, (2, Served::Uncached));
            }
            write(1).await;
            assert!(server.keys().is_empty(), "the deletion was executed");
            assert_eq!(inspect(read(1, 2)).await, (2, Served::Uncached));
            let stats = world.family("f:<id>");
            assert_eq!((stats.invalidations, stats.lost_deletes), (1, 0));
            assert!(stats.errors >= 4, "{stats:?}");

            server.run(&["CONFIG", "SET", "maxmemory", "0"]);
            assert_eq!(inspect(read(2, 3)).await, (3, Served::Miss));
            assert_eq!(inspect(read(2, 4)).await, (3, Served::Hit));
        })
        .await;
}

#[tokio::test]
async fn a_server_that_fills_up_during_a_load_costs_nothing_but_the_entry() {
    #[cache_aside(key = "late:<id>", ttl = 60, skip(server))]
    async fn fills_up(server: &Server, id: u64) -> u64 {
        server.run(&["CONFIG", "SET", "maxmemory", "1"]);
        id
    }

    let world = World::redis().await;
    world
        .run(async {
            assert_eq!(
                inspect(fills_up(world.server(), 1)).await,
                (1, Served::Miss)
            );
            // The lease was given back: the next caller does not wait for it to expire.
            cached_redis_tests::eventually(std::time::Duration::from_secs(3), || {
                world.server().keys().is_empty()
            })
            .await;
        })
        .await;
}

#[cache_aside(key = "h:<id>", ttl = 60, layout = hash, skip(value))]
async fn by_field(id: u64, value: u32) -> BTreeMap<String, u32> {
    BTreeMap::from([("value".to_owned(), value)])
}

/// It must not grow beyond its limit, either.
#[tokio::test]
async fn an_entry_by_field_takes_no_room_that_is_not_there() {
    let world = World::redis().await;
    world
        .run(async {
            let server = world.server();
            by_field(1, 1).await;
            server.run(&["CONFIG", "SET", "maxmemory", "1"]);
            assert_eq!(inspect(by_field(1, 2)).await.1, Served::Hit);
            for _ in 0..3 {
                assert_eq!(inspect(by_field(2, 2)).await.1, Served::Uncached);
            }
            assert_eq!(server.keys(), ["h:1"]);
            server.run(&["CONFIG", "SET", "maxmemory", "0"]);
            assert_eq!(inspect(by_field(2, 3)).await.1, Served::Miss);
            assert_eq!(inspect(by_field(2, 4)).await.1, Served::Hit);
        })
        .await;
}

#[tokio::test]
async fn a_server_that_fills_up_during_a_load_keeps_no_entry_by_field() {
    #[cache_aside(key = "late:<id>", ttl = 60, layout = hash, skip(server))]
    async fn fills_up(server: &Server, id: u64) -> BTreeMap<String, u64> {
        server.run(&["CONFIG", "SET", "maxmemory", "1"]);
        BTreeMap::from([("id".to_owned(), id)])
    }

    let world = World::redis().await;
    world
        .run(async {
            fills_up(world.server(), 1).await;
            cached_redis_tests::eventually(std::time::Duration::from_secs(3), || {
                world.server().keys().is_empty()
            })
            .await;
        })
        .await;
}
