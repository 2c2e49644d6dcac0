//! The whole: what is promised of a string is promised of a hash.

use std::time::Duration;

use cached_redis_runtime::{
    Served, bypass, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};
use cached_redis_tests::{CountingLoader, Gate, Stopwatch};

use super::{Source, User, change, find, replace, source, user};
use crate::common::World;
use crate::on_every_store;

async fn served(source: &Source) -> (String, Served) {
    let (user, served) = inspect(find(source.clone(), 1)).await;
    (user.full_name, served)
}

fn was(name: &str, served: Served) -> (String, Served) {
    (name.to_owned(), served)
}

#[cache_aside(key = "maybe:<id>", ttl = 60, none_ttl = 60, layout = hash)]
async fn maybe(id: u64) -> Result<Option<User>, &'static str> {
    match id {
        0 => Ok(None),
        1 => Err("failed"),
        _ => Ok(Some(user("Ada"))),
    }
}

#[cache_aside(
    key = "tagged:<id>",
    ttl = 60,
    layout = hash,
    codec = json,
    version = 3,
    jitter = 0.0,
    tags("all", "team:<team>"),
    max_loads = 2,
    when = team != 9,
    unless = |user| user.id == 99,
    skip(team)
)]
async fn tagged(id: u64, team: u64) -> User {
    User { id, ..user("Ada") }
}

#[cache_invalidate(tags("team:<team>"))]
async fn disband(team: u64) {
    let _ = team;
}

#[cache_invalidate(key = "user:<id>", before)]
async fn change_guarded(source: Source, id: u64, name: &str, begun: Gate) {
    begun.pass().await;
    source.set(user(name));
}

on_every_store! {
    async fn the_second_read_is_a_hit_with_the_same_value(world: &World) {
        let source = source("Ada");
        assert_eq!(served(&source).await, was("Ada", Served::Miss));
        assert_eq!(inspect(find(source.clone(), 1)).await, (user("Ada"), Served::Hit));
        assert_eq!(source.runs(), 1);
        let stats = world.family("user:<id>");
        assert_eq!((stats.hits, stats.misses, stats.fills), (1, 1, 1), "{stats:?}");
        assert_eq!((stats.errors, stats.foreign), (0, 0), "{stats:?}");
        assert_eq!(world.cache.stats().under_way, 0);
    }

    async fn an_invalidation_and_a_plain_del_remove_it(world: &World) {
        let source = source("Ada");
        served(&source).await;
        change(&source, 1, "Grace").await;
        assert_eq!(served(&source).await, was("Grace", Served::Miss));
        source.set(user("Edith"));
        world.plain_delete(key!("user:1")).await;
        assert_eq!(served(&source).await, was("Edith", Served::Miss));
    }

    async fn not_found_and_errors_are_as_for_strings(_world: &World) {
        assert_eq!(inspect(maybe(0)).await, (Ok(None), Served::Miss));
        assert_eq!(inspect(maybe(0)).await, (Ok(None), Served::Hit));
        assert_eq!(inspect(maybe(1)).await, (Err("failed"), Served::Miss));
        assert_eq!(inspect(maybe(1)).await, (Err("failed"), Served::Miss));
        assert_eq!(inspect(maybe(2)).await.1, Served::Miss);
        assert_eq!(inspect(maybe(2)).await, (Ok(Some(user("Ada"))), Served::Hit));
    }

    async fn the_other_arguments_work(_world: &World) {
        assert_eq!(inspect(tagged(1, 1)).await.1, Served::Miss);
        assert_eq!(inspect(tagged(1, 1)).await.1, Served::Hit);
        assert_eq!(inspect(tagged(1, 9)).await.1, Served::Bypassed);
        assert_eq!(inspect(tagged(99, 1)).await.1, Served::Miss);
        assert_eq!(inspect(tagged(99, 1)).await.1, Served::Miss);
        disband(1).await;
        assert_eq!(inspect(tagged(1, 1)).await.1, Served::Miss);
        assert_eq!(inspect(tagged(1, 1)).await.1, Served::Hit);
        disband(2).await;
        assert_eq!(inspect(tagged(1, 1)).await.1, Served::Hit);
    }

    async fn refresh_bypass_and_transactions(_world: &World) {
        let source = source("Ada");
        served(&source).await;
        source.set(user("Grace"));
        assert_eq!(bypass(find(source.clone(), 1)).await, user("Grace"));
        assert_eq!(served(&source).await, was("Ada", Served::Hit));
        assert_eq!(inspect(refresh(find(source.clone(), 1))).await.1, Served::Refreshed);
        assert_eq!(served(&source).await, was("Grace", Served::Hit));
        let done: Result<(), ()> = transaction(async {
            change(&source, 1, "Edith").await;
            assert_eq!(served(&source).await, was("Edith", Served::Bypassed));
            Ok(())
        })
        .await;
        done.unwrap();
        assert_eq!(served(&source).await, was("Edith", Served::Miss));
    }

    async fn callers_of_a_cold_key_share_one_load(world: &World) {
        let gate = Gate::closed();
        let source = CountingLoader::behind(gate.clone(), user("Ada"));
        let calls: Vec<_> = (0..50).map(|_| world.spawn(find(source.clone(), 1))).collect();
        gate.reached().await;
        world.waiting(49).await;
        gate.open();
        for call in calls {
            assert_eq!(call.await.unwrap(), user("Ada"));
        }
        assert_eq!(source.runs(), 1);
    }

    async fn a_load_that_an_invalidation_has_overtaken_is_not_stored(world: &World) {
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("old"));
        let reader = world.spawn(find(slow.clone(), 1));
        gate.reached().await;
        let new = source("new");
        change(&new, 1, "new").await;
        gate.open();
        assert_eq!(reader.await.unwrap(), user("old"));
        assert_eq!(served(&new).await, was("new", Served::Miss));
        assert_eq!(world.family("user:<id>").rejected_fills, 1);
    }

    async fn a_load_that_was_overtaken_does_not_replace_its_successor(world: &World) {
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("old"));
        let reader = world.spawn(find(slow.clone(), 1));
        gate.reached().await;
        let new = source("new");
        change(&new, 1, "new").await;
        assert_eq!(served(&new).await, was("new", Served::Miss));
        gate.open();
        assert_eq!(reader.await.unwrap(), user("old"));
        assert_eq!(served(&new).await, was("new", Served::Hit));
    }

    async fn a_reader_that_is_dropped_leaves_no_lease(world: &World) {
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("old"));
        let reader = world.spawn(find(slow.clone(), 1));
        gate.reached().await;
        reader.abort();
        let began = Stopwatch::start();
        assert_eq!(served(&source("new")).await.0, "new");
        assert!(began.elapsed() < Duration::from_secs(5), "nobody waits for a lease to expire");
    }

    async fn under_a_guard_nothing_is_stored(world: &World) {
        let source = source("old");
        served(&source).await;
        let begun = Gate::closed();
        let write = world.spawn(change_guarded(source.clone(), 1, "new", begun.clone()));
        begun.reached().await;
        assert_eq!(served(&source).await.0, "old");
        assert_eq!(inspect(refresh(find(source.clone(), 1))).await.0, user("old"));
        begun.open();
        write.await.unwrap();
        assert_eq!(served(&source).await, was("new", Served::Miss));
        assert_eq!(served(&source).await, was("new", Served::Hit));
    }

    async fn a_guard_overtakes_a_load(world: &World) {
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("old"));
        let reader = world.spawn(find(slow.clone(), 1));
        gate.reached().await;
        let begun = Gate::opened();
        change_guarded(slow.clone(), 1, "new", begun).await;
        gate.open();
        reader.await.unwrap();
        assert_eq!(served(&slow).await.1, Served::Miss);
    }

    async fn a_write_through_stores_the_whole(world: &World) {
        let source = source("old");
        served(&source).await;
        replace(&source, 1, "new").await;
        assert_eq!(served(&source).await, was("new", Served::Hit));
        assert_eq!(source.runs(), 1);
        assert_eq!(world.family("user:<id>").fills, 2);
    }
}
