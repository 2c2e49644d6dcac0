//! What goes over the wire, counted by the server itself, and what lies there afterwards.

use std::collections::BTreeMap;

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{CountingLoader, Server};
use serde::{Deserialize, Serialize};

use crate::common::World;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn find(id: u64) -> User {
    User {
        id,
        name: "Ada".to_owned(),
    }
}

#[cache_invalidate(key = "user:<id>")]
async fn update(id: u64) {
    let _ = id;
}

async fn commands_of(world: &World, call: impl Future<Output = ()>) -> BTreeMap<String, u64> {
    world.server().reset_commandstats();
    world.run(call).await;
    world.server().data_commands()
}

fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected
        .iter()
        .map(|(name, n)| ((*name).to_owned(), *n))
        .collect()
}

#[tokio::test]
async fn a_hit_is_one_get_a_miss_adds_a_claim_and_a_fill_an_invalidation_is_one_del() {
    let world = World::redis().await;
    // Redis 6.2 does not know `SET … NX GET`: the first claim finds out, and from then on claims are a script.
    let by_script = world
        .server()
        .try_cli(&["SET", "probe", "", "NX", "GET"])
        .is_err();
    world.run(find(2)).await;
    let miss = commands_of(&world, async {
        assert_eq!(inspect(find(1)).await.1, Served::Miss);
    })
    .await;
    // What a script does inside is counted by the server as well: the fill's `GETRANGE` and `SET`, the claim's `GET`
    // and `SET`.
    let expected = if by_script {
        counts(&[("evalsha", 2), ("get", 2), ("getrange", 1), ("set", 2)])
    } else {
        counts(&[("evalsha", 1), ("get", 1), ("getrange", 1), ("set", 2)])
    };
    assert_eq!(miss, expected);

    let hit = commands_of(&world, async {
        assert_eq!(inspect(find(1)).await.1, Served::Hit);
    })
    .await;
    assert_eq!(hit, counts(&[("get", 1)]));

    let hits = commands_of(&world, async {
        for _ in 0..100 {
            find(1).await;
        }
    })
    .await;
    assert_eq!(hits, counts(&[("get", 100)]));

    let invalidation = commands_of(&world, update(1)).await;
    assert_eq!(invalidation, counts(&[("del", 1)]));
}

#[tokio::test]
async fn the_envelope_adds_forty_bytes() {
    let world = World::redis().await;
    world.run(find(1)).await;
    let stored = world.server().get("user:1").unwrap();
    let payload = rmp_serde::to_vec_named(&User {
        id: 1,
        name: "Ada".to_owned(),
    })
    .unwrap();
    assert_eq!(stored.len(), payload.len() + 40);
    assert_eq!(stored[40..], payload);
}

#[tokio::test]
async fn the_key_is_the_rendered_template_and_nothing_else() {
    #[cache_aside(key = "shop:{<tenant>}:item:<sku>:<variant>", ttl = 60)]
    async fn item(tenant: &str, sku: &str, variant: Option<u8>) -> u8 {
        let _ = (tenant, sku);
        variant.unwrap_or(0)
    }

    let world = World::redis().await;
    world.run(item("a/b", "x:y}", None)).await;
    assert_eq!(world.server().keys(), ["shop:{a%2Fb}:item:x%3Ay%7D:~"]);
}

#[tokio::test]
async fn every_key_written_has_a_ttl_also_while_it_is_a_lease() {
    #[cache_aside(key = "slow", ttl = 60, skip(source))]
    async fn slow(source: CountingLoader<u32>) -> u32 {
        source.load().await
    }

    let world = World::redis().await;
    let source = CountingLoader::behind(cached_redis_tests::Gate::closed(), 1_u32);

    let load = world.spawn(slow(source.clone()));
    source.gate().reached().await;
    let lease = world.server().ttl("slow").expect("a lease expires");
    assert!(lease <= std::time::Duration::from_secs(10), "{lease:?}");
    assert_eq!(world.server().get("slow").unwrap().len(), 17);
    source.gate().open();
    load.await.unwrap();
    let ttl = world.server().ttl("slow").expect("a value expires");
    assert!(ttl <= std::time::Duration::from_secs(60), "{ttl:?}");
}

#[tokio::test]
async fn user_password_database_and_unix_socket() {
    let world = |server: Server, url: String| async move {
        let cache = cached_redis_runtime::Cache::connect(url).await.unwrap();
        cache.ping().await.unwrap();
        cache.scope(find(1)).await;
        let (_, served) = cache.scope(inspect(find(1))).await;
        assert_eq!(served, Served::Hit);
        server
    };
    let server = Server::builder().password("s3cret/@").start();
    let url = server.url();
    world(server, url).await;

    let server = Server::builder()
        .user(
            "app",
            "p%s",
            "~user:* +get +set +del +getrange +pexpire +eval +ping",
        )
        .start();
    let url = server.url_as("app", "p%s");
    world(server, url).await;

    let server = Server::start();
    let url = format!("{}/3", server.url().trim_end_matches("/0"));
    let server = world(server, url).await;
    assert!(server.keys().is_empty(), "database 3, not 0");

    let server = Server::builder().unix_socket().start();
    let url = server.url();
    world(server, url).await;
}

#[tokio::test]
async fn a_wrong_password_is_an_error_at_once_and_never_shown() {
    let server = Server::builder().password("right").start();
    let url = server.url().replace("right", "wr0ng-s3cret");
    let error = cached_redis_runtime::Cache::connect(url).await.unwrap_err();
    assert_eq!(error.kind(), cached_redis_runtime::ErrorKind::Auth);
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
