//! A deletion that fails, as a write with `on_error = "fail"` tells it.

use std::time::Duration;

use cached_redis_runtime::{
    Cache, Error, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key,
};
use cached_redis_tests::{CountingLoader, Server, eventually};

use crate::common::{PATIENCE, World};

type Source = CountingLoader<u64>;

#[cache_aside(key = "account:<token>", ttl = 60, skip(source))]
async fn read(source: &Source, token: &str) -> u64 {
    source.load().await
}

#[cache_invalidate(key = "account:<token>", on_error = "fail")]
async fn write(source: &Source, token: &str, value: u64) -> Result<u64, Error> {
    let _ = token;
    source.set(value);
    Ok(value)
}

/// What the body itself returns stays, even if the deletion after it fails as well.
#[cache_invalidate(key = "account:<token>", always, on_error = "fail")]
async fn doubtful(token: &str) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    let _ = token;
    Err("the database did not answer".into())
}

fn check(error: &Error, kind: ErrorKind) {
    assert_eq!(error.kind(), kind);
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("the write took place"), "{text}");
        assert!(text.contains("could not be deleted"), "{text}");
        assert!(text.contains("keeps trying"), "{text}");
        assert!(!text.contains("s3cret"), "no key values: {text}");
    }
}

async fn fails_and_is_made_good(world: &World, kind: ErrorKind, repair: impl FnOnce(&Server)) {
    world
        .run(async {
            let source = Source::new(2);
            let error = write(&source, "s3cret", 3).await.unwrap_err();
            check(&error, kind);
            let stats = world.family("account:<token>");
            assert_eq!((stats.lost_deletes, stats.invalidations), (1, 0));
            assert_eq!(read(&source, "s3cret").await, 3, "the write took place");

            let own = doubtful("s3cret").await.unwrap_err();
            assert_eq!(own.to_string(), "the database did not answer");

            repair(world.server());
            world.deletions_made_good().await;
            assert_eq!(inspect(read(&source, "s3cret")).await, (3, Served::Miss));
            assert_eq!(write(&source, "s3cret", 4).await.unwrap(), 4);
        })
        .await;
}

#[tokio::test]
async fn a_frozen_server() {
    let world = World::redis_with(|builder| builder.deadline(Duration::from_millis(100))).await;
    world.run(read(&Source::new(1), "s3cret")).await;
    world.server().stop();
    fails_and_is_made_good(&world, ErrorKind::Timeout, Server::cont).await;
}

#[tokio::test]
async fn a_server_that_is_gone() {
    let world = World::redis().await;
    world.run(read(&Source::new(1), "s3cret")).await;
    world.server().kill();
    fails_and_is_made_good(&world, ErrorKind::Unavailable, Server::restart).await;
}

/// Everything but the deletion works: without the bypass the next read would be a stale hit.
#[tokio::test]
async fn a_server_that_refuses() {
    let server = Server::builder().user("app", "pw", "~* +@all -del").start();
    let world = World::redis_on(server, |builder| builder).await;
    world.run(read(&Source::new(1), "s3cret")).await;
    fails_and_is_made_good(&world, ErrorKind::Auth, |server| {
        server.run(&["ACL", "SETUSER", "app", "+del"]);
    })
    .await;
}

/// The failure is the function's own only where it was asked for.
#[tokio::test]
async fn by_default_the_function_does_not_fail() {
    #[cache_invalidate(key = "account:<token>")]
    async fn quiet(token: &str) -> Result<usize, Error> {
        Ok(token.len())
    }

    let server = Server::start();
    let cache = Cache::connect(server.url()).await.unwrap();
    server.kill();
    assert_eq!(cache.scope(quiet("s3cret")).await.unwrap(), 6);
    assert_eq!(cache.stats().pending_deletes, 1);
}

/// What the server refuses does not stand before what it allows, be it a key or a tag.
#[tokio::test]
async fn what_is_refused_does_not_hold_up_the_rest() {
    #[cache_aside(key = "card:<id>", ttl = 60, tags("cards"), skip(source))]
    async fn card(source: &Source, id: u64) -> u64 {
        source.load().await
    }

    #[cache_invalidate(key = "account:<token>", before)]
    async fn guarded(token: &str) {
        let _ = token;
    }

    let server = Server::builder().user("app", "pw", "~* +@all").start();
    let cache = Cache::connect(server.url_as("app", "pw")).await.unwrap();
    let source = Source::new(2);
    cache
        .scope(async {
            card(&source, 1).await;
            server.run(&["ACL", "SETUSER", "app", "-del"]);
            guarded("a").await;
            assert!(write(&source, "b", 3).await.is_err());
            for foreign in 0..200 {
                assert!(cache.invalidate(key!("foreign:<foreign>")).await.is_err());
            }
            for tag in ["cards", "foreign"] {
                server.run(&["ZADD", &format!("%tag:{tag}"), "0", "card:1"]);
                assert!(cache.invalidate_tag(key!("<tag>")).await.is_err());
            }
            assert_eq!(cache.stats().pending_deletes, 204);
            let allowed = ["+del", "resetkeys", "~account:*", "~card:*", "~%tag:cards"];
            server.run(&[&["ACL", "SETUSER", "app"][..], &allowed[..]].concat());
            eventually(PATIENCE, || cache.stats().pending_deletes == 201).await;
            for token in ["a", "b"] {
                assert_eq!(inspect(read(&source, token)).await, (3, Served::Miss));
            }
            server.run(&["ACL", "SETUSER", "app", "allkeys"]);
            eventually(PATIENCE, || cache.stats().pending_deletes == 0).await;
            assert_eq!(inspect(card(&source, 1)).await, (3, Served::Miss));
        })
        .await;
}
