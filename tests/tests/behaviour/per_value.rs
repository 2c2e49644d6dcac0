//! `ttl = |value| …`: each value lives as long as it says.

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{
    ReadThrough, Served, cache_aside, cache_invalidate, inspect, key_family, refresh, write_through,
};
use cached_redis_tests::{CountingLoader, Gate, eventually};
use serde::{Deserialize, Serialize};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Source = CountingLoader<Token>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    expires_in: u64,
}

fn token(expires_in: u64) -> Token {
    Token { expires_in }
}

const SECOND: Duration = Duration::from_secs(1);

#[cache_aside(key = "token:<id>", ttl = |token| token.expires_in, jitter = 0.0, skip(source))]
async fn read(source: Source, id: u64) -> Token {
    source.load().await
}

#[cache_aside(key = "token:<ids>", each = ids, ttl = |token| token.expires_in, skip(source))]
async fn several(source: Source, ids: Vec<u64>) -> HashMap<u64, Token> {
    let token = source.load().await;
    ids.into_iter().map(|id| (id, token)).collect()
}

#[write_through(key = "token:<id>", ttl = |token| token.expires_in, jitter = 0.0)]
async fn wrote(id: u64, expires_in: u64) -> Token {
    let _ = id;
    token(expires_in)
}

key_family! { TokenOf(id: u64) -> Token = "token-of:<id>"; }

/// A loader whose values live for half a minute at most.
fn loader(world: &World, source: &Source) -> ReadThrough<TokenOf<'static>, Token> {
    let source = source.clone();
    let loader = move |_| {
        let source = source.clone();
        async move { source.load().await }
    };
    let loader = world.cache.read_through(TokenOf, 30 * SECOND, loader);
    loader.ttl_of(|token| token.expires_in).jitter(0.0)
}

on_every_store! {
    async fn each_value_lives_as_long_as_it_says(world: &World) {
        let source = Source::new(token(100));
        read(source.clone(), 1).await;
        source.set(token(10));
        read(source.clone(), 2).await;
        if world.is_redis() {
            assert!(world.server().ttl("token:1").unwrap() > 90 * SECOND);
            assert!(world.server().ttl("token:2").unwrap() <= 10 * SECOND);
        }
        // On a server each entry is aged by itself, in memory all are.
        world.age("token:1", 50 * SECOND).await;
        assert_eq!(inspect(read(source.clone(), 1)).await, (token(100), Served::Hit));
        if !matches!(inspect(read(source.clone(), 2)).await.1, Served::Miss) {
            world.age("token:2", 50 * SECOND).await;
            assert_eq!(inspect(read(source.clone(), 2)).await.1, Served::Miss);
        }
    }

    async fn what_has_no_ttl_in_common_is_not_said_to_live_for_ever(world: &World) {
        let source = Source::new(token(100));
        for _ in 0..2 {
            read(source.clone(), 1).await;
            assert_eq!(world.family("token:<id>").ttl, None);
        }
        wrote(2, 100).await;
        assert_eq!(world.family("token:<id>").ttl, None);
        loader(world, &source).get(&1).await;
        assert_eq!(world.family("token-of:<id>").ttl, Some(30 * SECOND), "at most");
    }

    async fn a_ttl_of_zero_is_shared_and_not_stored(world: &World) {
        let source = Source::behind(Gate::closed(), token(0));
        let callers: Vec<_> = (0..10).map(|_| world.spawn(read(source.clone(), 1))).collect();
        source.gate().reached().await;
        world.waiting(9).await;
        source.gate().open();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), token(0));
        }
        assert_eq!(source.runs(), 1);
        let stats = world.family("token:<id>");
        assert_eq!((stats.unstored, stats.fills), (1, 0));
        source.set(token(9));
        assert_eq!(inspect(read(source.clone(), 1)).await.1, Served::Miss);
        assert_eq!(inspect(read(source.clone(), 1)).await.1, Served::Hit);
        // What is there is out of date.
        source.set(token(0));
        assert_eq!(inspect(refresh(read(source.clone(), 1))).await.1, Served::Refreshed);
        assert_eq!(inspect(read(source, 1)).await.1, Served::Miss);
    }

    async fn a_reload_that_is_not_stored_leaves_a_guard_alone(world: &World) {
        #[cache_invalidate(key = "token:<id>", before)]
        async fn write(gate: Gate, id: u64) {
            let _ = id;
            gate.pass().await;
        }
        async fn reload(source: Source, id: u64) {
            if id == 1 {
                assert_eq!(refresh(read(source, id)).await, token(0));
            } else {
                assert_eq!(refresh(several(source, vec![id])).await.len(), 1);
            }
        }

        for id in [1, 2] {
            let source = Source::new(token(100));
            read(source.clone(), id).await;
            source.set(token(0));
            source.gate().close();
            let reload = world.spawn(reload(source.clone(), id));
            source.gate().reached_by(2).await;
            let gate = Gate::closed();
            let writer = world.spawn(write(gate.clone(), id));
            gate.reached().await;
            source.gate().open();
            reload.await.unwrap();
            source.set(token(100));
            assert_eq!(inspect(read(source.clone(), id)).await, (token(100), Served::Uncached));
            gate.open();
            writer.await.unwrap();
            assert_eq!(inspect(read(source, id)).await, (token(100), Served::Miss));
        }
    }

    async fn not_found_has_a_life_of_its_own(world: &World) {
        #[cache_aside(
            key = "none:<id>",
            ttl = |token| token.expires_in,
            none_ttl = "1h",
            skip(source)
        )]
        async fn find(source: &CountingLoader<Option<Token>>, id: u64) -> Option<Token> {
            source.load().await
        }

        let source = CountingLoader::new(None);
        assert_eq!(inspect(find(&source, 1)).await.1, Served::Miss);
        world.age("none:1", 50 * 60 * SECOND).await;
        assert_eq!(inspect(find(&source, 1)).await, (None, Served::Hit));
    }

    async fn stale_and_refresh_ahead_go_by_the_life_of_the_entry(world: &World) {
        #[cache_aside(
            key = "both:<id>",
            ttl = |token| token.expires_in,
            jitter = 0.0,
            stale = "1h",
            refresh_ahead = 0.5,
            skip(source)
        )]
        async fn both(source: Source, id: u64) -> Token {
            source.load().await
        }

        let source = Source::new(token(100));
        both(source.clone(), 1).await;
        world.age("both:1", 40 * SECOND).await;
        both(source.clone(), 1).await;
        assert_eq!(world.family("both:<id>").refreshes, 0);
        world.age("both:1", 20 * SECOND).await;
        source.set(token(10));
        assert_eq!(inspect(both(source.clone(), 1)).await, (token(100), Served::Hit));
        eventually(PATIENCE, || world.family("both:<id>").fills == 2).await;
        eventually(PATIENCE, || world.cache.stats().under_way == 0).await;
        world.age("both:1", 20 * SECOND).await;
        // A new one is there, and is not to be stored: so the old one goes as well.
        source.set(token(0));
        let (value, served) = inspect(both(source.clone(), 1)).await;
        assert_eq!(value, token(10));
        assert!(matches!(served, Served::Stale { .. }), "{served}");
        eventually(PATIENCE, || world.family("both:<id>").unstored == 1).await;
        eventually(PATIENCE, || world.cache.stats().under_way == 0).await;
        assert_eq!(inspect(both(source, 1)).await, (token(0), Served::Miss));
    }

    async fn a_read_renews_the_life_that_the_value_has(world: &World) {
        #[cache_aside(
            key = "sliding:<id>",
            ttl = |token| token.expires_in,
            jitter = 0.0,
            sliding,
            skip(source)
        )]
        async fn sliding(source: &Source, id: u64) -> Token {
            source.load().await
        }

        let source = Source::new(token(100));
        sliding(&source, 1).await;
        for _ in 0..3 {
            let before = world.family("sliding:<id>").renewals;
            world.age("sliding:1", 60 * SECOND).await;
            assert_eq!(inspect(sliding(&source, 1)).await.1, Served::Hit);
            eventually(PATIENCE, || world.family("sliding:<id>").renewals == before + 1).await;
        }
        world.age("sliding:1", 101 * SECOND).await;
        assert_eq!(inspect(sliding(&source, 1)).await.1, Served::Miss);
    }

    async fn with_each_every_value_is_asked(world: &World) {
        #[cache_aside(
            key = "each:<ids>",
            each = ids,
            ttl = |token| if token.expires_in == 7 { 0 } else { token.expires_in },
            jitter = 0.0
        )]
        async fn many(ids: &[u64]) -> HashMap<u64, Token> {
            ids.iter().map(|&id| (id, token(id))).collect()
        }

        many(&[0, 7, 10, 100]).await;
        let stats = world.family("each:<ids>");
        assert_eq!((stats.fills, stats.unstored), (2, 2));
        if world.is_redis() {
            assert!(world.server().ttl("each:100").unwrap() > 90 * SECOND);
            assert!(world.server().ttl("each:10").unwrap() <= 10 * SECOND);
        }
        world.age("each:100", 50 * SECOND).await;
        assert_eq!(inspect(many(&[100])).await.1, Served::Hit);
    }

    async fn what_is_written_lives_as_long_as_it_says(world: &World) {
        #[cache_aside(key = "written:<id>", ttl = 60, skip(source))]
        async fn written(source: &Source, id: u64) -> Token {
            source.load().await
        }
        #[write_through(key = "written:<id>", ttl = |token| token.expires_in, jitter = 0.0)]
        async fn set(id: u64, token: Token) -> Result<Token, String> {
            let _ = id;
            Ok(token)
        }
        #[write_through(
            key = "written:<id>",
            ttl = |token| Duration::from_secs(token.expires_in),
            value = token,
            jitter = 0.0
        )]
        async fn put(id: u64, token: &Token) -> Result<(), String> {
            let _ = (id, token);
            Ok(())
        }

        let source = Source::new(token(1));
        set(1, token(100)).await.unwrap();
        world.age("written:1", 50 * SECOND).await;
        assert_eq!(inspect(written(&source, 1)).await, (token(100), Served::Hit));
        put(1, &token(10)).await.unwrap();
        assert_eq!(inspect(written(&source, 1)).await, (token(10), Served::Hit));
        world.age("written:1", 11 * SECOND).await;
        assert_eq!(inspect(written(&source, 1)).await, (token(1), Served::Miss));
        put(1, &token(0)).await.unwrap();
        assert_eq!(inspect(written(&source, 1)).await, (token(1), Served::Miss));
        set(1, token(0)).await.unwrap();
        assert_eq!(inspect(written(&source, 1)).await, (token(1), Served::Miss));
    }

    async fn a_loader_has_values_that_say_how_long_they_live(world: &World) {
        let source = Source::new(token(100));
        let tokens = loader(world, &source);
        assert_eq!(inspect(tokens.get(&1)).await.1, Served::Miss);
        world.age("token-of:1", 20 * SECOND).await;
        assert_eq!(inspect(tokens.get(&1)).await, (token(100), Served::Hit));
        // And no longer than the loader says.
        world.age("token-of:1", 20 * SECOND).await;
        assert_eq!(inspect(tokens.get(&1)).await.1, Served::Miss);
        source.set(token(0));
        assert_eq!(tokens.get_many(&[2, 3]).await.len(), 2);
        assert_eq!(world.family("token-of:<id>").unstored, 2);
        assert_eq!(inspect(tokens.get(&2)).await, (token(0), Served::Miss));
    }
}

#[tokio::test]
async fn jitter_shortens_it() {
    #[cache_aside(key = "jitter:<id>", ttl = |token| token.expires_in, jitter = 0.5, skip(source))]
    async fn read(source: &Source, id: u64) -> Token {
        source.load().await
    }

    let world = World::redis().await;
    let source = Source::new(token(1000));
    let mut lives = Vec::new();
    for id in 0..20 {
        world.run(read(&source, id)).await;
        lives.push(world.server().ttl(&format!("jitter:{id}")).unwrap());
    }
    assert!(
        lives
            .iter()
            .all(|life| (490 * SECOND..=1000 * SECOND).contains(life)),
        "{lives:?}"
    );
    assert!(lives.iter().any(|life| *life < 990 * SECOND), "{lives:?}");
}
