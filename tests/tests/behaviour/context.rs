//! `refresh`, `bypass`, `inspect`, `scope`: what surrounds a call, and what it does not reach.

use cached_redis_runtime::{Cache, Served, bypass, cache_aside, inspect, refresh};
use cached_redis_tests::{CountingLoader, Gate};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u32>;

#[cache_aside(key = "inner:<id>", ttl = 60, skip(source))]
async fn inner(source: &Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "outer:<id>", ttl = 60, skip(source))]
async fn outer(source: &Source, id: u64) -> u32 {
    inner(source, id).await
}

on_every_store! {
    async fn refresh_reloads_and_stores(world: &World) {
        let source = Source::new(1);
        assert_eq!(inspect(refresh(inner(&source, 1))).await, (1, Served::Refreshed));
        assert_eq!(inspect(inner(&source, 1)).await, (1, Served::Hit));
        source.set(2);
        assert_eq!(refresh(inspect(inner(&source, 1))).await, (2, Served::Refreshed));
        assert_eq!(inspect(inner(&source, 1)).await, (2, Served::Hit));
        assert_eq!(world.family("inner:<id>").fills, 2);
    }

    async fn refresh_means_the_call_and_not_those_in_its_body(_world: &World) {
        let source = Source::new(1);
        outer(&source, 1).await;
        source.set(2);
        assert_eq!(refresh(outer(&source, 1)).await, 1, "the inner call was a hit");
        refresh(inner(&source, 1)).await;
        assert_eq!(refresh(outer(&source, 1)).await, 2);
    }

    async fn a_failed_refresh_keeps_the_old_entry(_world: &World) {
        #[cache_aside(key = "fallible:<id>", ttl = 60, skip(source))]
        async fn fallible(
            source: &CountingLoader<Result<u32, String>>,
            id: u64,
        ) -> Result<u32, String> {
            source.load().await
        }

        let source = CountingLoader::new(Ok(1));
        fallible(&source, 1).await.unwrap();
        source.set(Err("away".to_owned()));
        assert_eq!(refresh(fallible(&source, 1)).await, Err("away".to_owned()));
        assert_eq!(inspect(fallible(&source, 1)).await, (Ok(1), Served::Hit));
    }

    async fn a_refresh_that_finds_nothing_removes_the_entry(_world: &World) {
        #[cache_aside(key = "gone:<id>", ttl = 60, skip(source))]
        async fn gone(source: &CountingLoader<Option<u32>>, id: u64) -> Option<u32> {
            source.load().await
        }

        let source = CountingLoader::new(Some(1));
        gone(&source, 1).await;
        source.set(None);
        assert_eq!(refresh(gone(&source, 1)).await, None);
        assert_eq!(inspect(gone(&source, 1)).await, (None, Served::Miss));
    }

    async fn a_refresh_whose_value_is_not_to_be_stored_removes_the_entry(_world: &World) {
        #[cache_aside(key = "big:<id>", ttl = 60, unless = |value| *value > 5, skip(source))]
        async fn small(source: &Source, id: u64) -> u32 {
            source.load().await
        }

        let source = Source::new(1);
        small(&source, 1).await;
        source.set(9);
        assert_eq!(refresh(small(&source, 1)).await, 9);
        assert_eq!(inspect(small(&source, 1)).await, (9, Served::Miss));
    }

    async fn an_invalidation_during_a_refresh_wins(world: &World) {
        let source = Source::new(1);
        inner(&source, 1).await;
        let held = Source::behind(Gate::closed(), 1);
        let refreshing = world.spawn({
            let held = held.clone();
            async move { refresh(inner(&held, 1)).await }
        });
        held.gate().reached().await;
        source.set(2);
        let id = 1;
        world.plain_delete(cached_redis_runtime::key!("inner:<id>")).await;
        held.gate().open();
        assert_eq!(refreshing.await.unwrap(), 1);
        assert_eq!(inspect(inner(&source, 1)).await, (2, Served::Miss));
        assert_eq!(world.family("inner:<id>").rejected_fills, 1);
    }

    async fn bypass_means_everything_inside(world: &World) {
        let source = Source::new(1);
        outer(&source, 1).await;
        source.set(2);
        assert_eq!(inspect(bypass(outer(&source, 1))).await, (2, Served::Bypassed));
        assert_eq!(inspect(outer(&source, 1)).await, (1, Served::Hit));
        assert_eq!(world.family("inner:<id>").bypassed, 1);
    }

    async fn inspect_does_not_see_calls_of_the_body(_world: &World) {
        let source = Source::new(1);
        inner(&source, 1).await;
        assert_eq!(inspect(outer(&source, 1)).await.1, Served::Miss);
    }

    async fn scope_overrides_and_ends(world: &World) {
        let source = Source::new(1);
        let other = Cache::connect("memory://").await.unwrap();
        other.scope(inner(&source, 1)).await;
        assert_eq!(inspect(inner(&source, 1)).await.1, Served::Miss);
        assert_eq!(other.stats().total().loads, 1);
        assert_eq!(world.cache.stats().total().loads, 1);
    }
}
