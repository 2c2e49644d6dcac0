//! Bytes from Redis are hostile: whatever lies under a key, the function answers rightly and the entry heals.

use std::time::Duration;

use cached_redis_runtime::{Served, cache_aside, inspect};
use cached_redis_tests::{Server, Stopwatch};
use serde::{Deserialize, Serialize};

use crate::common::World;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    names: Vec<String>,
}

fn user() -> User {
    User {
        id: 1,
        names: vec!["Ada".to_owned()],
    }
}

#[cache_aside(key = "u", ttl = 60)]
async fn read() -> User {
    user()
}

#[cache_aside(key = "u", ttl = 60, codec = bincode)]
async fn read_bincode() -> User {
    user()
}

#[cache_aside(key = "u", ttl = 60, codec = postcard)]
async fn read_postcard() -> User {
    user()
}

#[cache_aside(key = "u", ttl = 60, codec = json)]
async fn read_json() -> User {
    user()
}

/// The function answers, and from then on it is cached.
async fn heals(world: &World, what: &str) {
    world
        .run(async {
            assert_eq!(inspect(read()).await, (user(), Served::Miss), "{what}");
            assert_eq!(inspect(read()).await, (user(), Served::Hit), "{what}");
        })
        .await;
}

#[tokio::test]
async fn strings_of_others_are_replaced() {
    let world = World::redis().await;
    let long = vec![0xF8; 100_000];
    let strings: [&[u8]; 9] = [
        b"",
        b"x",
        b"{\"id\":1,\"names\":[\"Eve\"]}",
        b"\xF8",
        b"\xFA0123456789abcde",
        b"\xFA0123456789abcdefgh",
        b"\xF9 not found, and something after it, long enough for a header ...",
        &[0; 40],
        &long,
    ];
    for (n, bytes) in strings.iter().enumerate() {
        world.server().set("u", bytes);
        heals(&world, &format!("string {n}")).await;
    }
    let stats = world.family("u");
    assert!(stats.foreign >= 7, "{stats:?}");
    assert_eq!(stats.hits, 9);
}

#[tokio::test]
async fn an_entry_cut_short_or_changed_anywhere_is_never_a_wrong_value() {
    let world = World::redis().await;
    world.run(read()).await;
    let good = world.server().get("u").unwrap();
    for length in 0..good.len() {
        world.server().set("u", &good[..length]);
        heals(&world, &format!("cut to {length}")).await;
    }
    let mut longer = good.clone();
    longer.push(0);
    world.server().set("u", &longer);
    heals(&world, "one byte more").await;
}

#[tokio::test]
async fn hostile_payloads_behind_a_good_header() {
    macro_rules! check {
        ($read:ident) => {{
            let world = World::redis().await;
            world.run($read()).await;
            let header = world.server().get("u").unwrap()[..40].to_vec();
            // Lengths that promise more than any machine has, nesting without end, nothing at all.
            let payloads: [&[u8]; 7] = [
                b"",
                &[0xFF; 64],
                &[0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
                &[0xDF, 0x7F, 0xFF, 0xFF, 0xFF, 0x01],
                &vec![0x91; 100_000],
                &vec![b'['; 100_000],
                &[0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            ];
            for payload in payloads {
                let mut entry = header.clone();
                entry.extend_from_slice(payload);
                world.server().set("u", &entry);
                world
                    .run(async {
                        assert_eq!(inspect($read()).await, (user(), Served::Miss));
                        assert_eq!(inspect($read()).await, (user(), Served::Hit));
                    })
                    .await;
            }
        }};
    }
    check!(read);
    check!(read_json);
    check!(read_postcard);
    check!(read_bincode);
}

/// Three structs of one name: what a deploy makes of the first.
mod layouts {
    pub(super) mod old {
        #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(in super::super) struct Account {
            pub(in super::super) owner: u64,
            pub(in super::super) balance: u64,
        }
    }

    pub(super) mod swapped {
        /// The same types: only the fields have changed places.
        #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(in super::super) struct Account {
            pub(in super::super) balance: u64,
            pub(in super::super) owner: u64,
        }
    }

    pub(super) mod renamed {
        #[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(in super::super) struct Account {
            pub(in super::super) holder: u64,
            pub(in super::super) balance: u64,
        }
    }
}

#[tokio::test]
async fn another_layout_is_a_miss_in_every_format() {
    use layouts::{old, renamed, swapped};

    macro_rules! check {
        ($codec:ident) => {{
            #[cache_aside(key = "account", ttl = 60, codec = $codec)]
            async fn before() -> old::Account {
                old::Account {
                    owner: 7,
                    balance: 100,
                }
            }

            #[cache_aside(key = "account", ttl = 60, codec = $codec)]
            async fn after_swap() -> swapped::Account {
                swapped::Account {
                    balance: 100,
                    owner: 7,
                }
            }

            #[cache_aside(key = "account", ttl = 60, codec = $codec)]
            async fn after_rename() -> renamed::Account {
                renamed::Account {
                    holder: 7,
                    balance: 100,
                }
            }

            let world = World::redis().await;
            world
                .run(async {
                    before().await;
                    assert_eq!(
                        after_swap().await,
                        swapped::Account {
                            balance: 100,
                            owner: 7
                        }
                    );
                    assert_eq!(
                        after_rename().await,
                        renamed::Account {
                            holder: 7,
                            balance: 100
                        }
                    );
                    assert_eq!(inspect(after_rename()).await.1, Served::Hit);
                })
                .await;
        }};
    }
    check!(msgpack);
    check!(json);
    check!(postcard);
    check!(bincode);
}

#[tokio::test]
async fn a_key_of_another_redis_type_is_left_alone() {
    let world = World::redis().await;
    world.server().run(&["LPUSH", "u", "somebody's", "list"]);
    world
        .run(async {
            for _ in 0..3 {
                assert_eq!(inspect(read()).await, (user(), Served::Uncached));
            }
        })
        .await;
    let stats = world.family("u");
    assert_eq!((stats.foreign, stats.errors), (3, 3), "reported");
    let redis::Value::Int(length) = world.server().cli(&["LLEN", "u"]) else {
        panic!("no list any more");
    };
    assert_eq!(length, 2);
}

#[tokio::test]
async fn values_above_the_limit_are_neither_stored_nor_decoded() {
    #[cache_aside(key = "big:<size>", ttl = 60)]
    async fn big(size: usize) -> Vec<u8> {
        vec![1; size]
    }

    let world = World::redis_with(|builder| builder.max_value_bytes(10_000)).await;
    world
        .run(async {
            assert_eq!(big(1_000).await.len(), 1_000);
            assert_eq!(inspect(big(1_000)).await.1, Served::Hit);
            for _ in 0..2 {
                let (value, served) = inspect(big(20_000)).await;
                assert_eq!((value.len(), served), (20_000, Served::Miss));
            }
        })
        .await;
    assert_eq!(world.server().keys(), ["big:1000"]);
    assert_eq!(world.family("big:<size>").unstored, 2);
    // Somebody with a higher limit stored one: read as foreign, replaced, and not stored again.
    let other = cached_redis_runtime::Cache::connect(world.server().url())
        .await
        .unwrap();
    other.scope(big(20_000)).await;
    world
        .run(async {
            let (value, served) = inspect(big(20_000)).await;
            assert_eq!((value.len(), served), (20_000, Served::Miss));
        })
        .await;
}

#[tokio::test]
async fn a_lease_left_by_a_dead_process_is_waited_for_and_no_longer() {
    let server = Server::start();
    // As a process leaves it that was killed while it loaded.
    server.set("u", b"\xFA0123456789abcdef");
    server.run(&["PEXPIRE", "u", "400"]);
    let world = World::redis_on(server, |builder| builder).await;
    let watch = Stopwatch::start();
    world
        .run(async {
            assert_eq!(inspect(read()).await, (user(), Served::Miss));
        })
        .await;
    assert!(watch.elapsed() < Duration::from_secs(3));
    assert_eq!(world.family("u").fills, 1);
}

#[tokio::test]
async fn a_guard_means_load_and_store_nothing() {
    let server = Server::start();
    server.set("u", b"\xFB0123456789abcdef");
    let world = World::redis_on(server, |builder| builder).await;
    world
        .run(async {
            assert_eq!(inspect(read()).await, (user(), Served::Uncached));
        })
        .await;
    assert_eq!(world.server().get("u").unwrap(), b"\xFB0123456789abcdef");
}
