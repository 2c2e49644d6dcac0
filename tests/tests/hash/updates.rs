//! One field, written without the rest: the source and the entry change together, and two writes at once leave nothing old.

use std::time::Duration;

use cached_redis_runtime::{
    Served, cache_aside, inspect, key, key_family, refresh, transaction, write_through,
};
use cached_redis_tests::{CountingLoader, Gate};

use super::{Source, Steps, User, change, find, rename, rename_in_steps, replace, source, user};
use crate::common::World;
use crate::on_every_store;

async fn served(source: &Source) -> (String, Served) {
    let (user, served) = inspect(find(source.clone(), 1)).await;
    (user.full_name, served)
}

fn was(name: &str, served: Served) -> (String, Served) {
    (name.to_owned(), served)
}

key_family! {
    /// A user, by field.
    UserById(id: u64) -> User = "family:<id>";
}

#[cache_aside(key = UserById(id), ttl = forever, layout = hash)]
async fn by_family(id: u64) -> Option<User> {
    Some(User { id, ..user("old") })
}

#[write_through(key = UserById(id), layout = hash, field = User.email, value = email)]
async fn set_email(id: u64, email: Option<String>) -> Option<u64> {
    let _ = email;
    (id == 1).then_some(id)
}

on_every_store! {
    async fn the_next_read_is_a_hit_with_the_new_field(world: &World) {
        let source = source("old");
        served(&source).await;
        for name in ["new", "newer"] {
            assert_eq!(rename(&source, 1, name).await, Ok(()));
            assert_eq!(served(&source).await, was(name, Served::Hit));
        }
        assert_eq!(find(source.clone(), 1).await, user("newer"), "the others are as they were");
        assert_eq!(source.runs(), 1);
        let stats = world.family("user:<id>");
        assert_eq!((stats.fills, stats.errors), (3, 0), "{stats:?}");
        assert_eq!(world.cache.stats().under_way, 0);
    }

    async fn where_nothing_is_there_nothing_is_stored(_world: &World) {
        let source = source("old");
        rename(&source, 1, "new").await.unwrap();
        assert_eq!(served(&source).await, was("new", Served::Miss));
    }

    async fn after_an_error_the_entry_is_gone(_world: &World) {
        let source = source("old");
        served(&source).await;
        assert_eq!(rename(&source, 1, "").await, Err("refused"));
        assert_eq!(served(&source).await, was("old", Served::Miss));
    }

    async fn a_field_of_a_family_and_none_for_nothing_changed(_world: &World) {
        by_family(1).await;
        by_family(2).await;
        assert_eq!(set_email(1, None).await, Some(1));
        let (changed, how) = inspect(by_family(1)).await;
        assert_eq!((changed.unwrap().email, how), (None, Served::Hit));
        assert_eq!(set_email(2, None).await, None);
        assert_eq!(inspect(by_family(2)).await.1, Served::Miss);
    }

    async fn readers_wait_for_the_write(world: &World) {
        let source = source("old");
        served(&source).await;
        let steps = Steps::held_after_the_commit();
        let write = rename_in_steps(source.clone(), 1, "new".to_owned(), steps.clone());
        let write = world.spawn(write);
        steps.returns.reached().await;
        let reader = world.spawn(find(source.clone(), 1));
        world.waiting(1).await;
        steps.returns.open();
        write.await.unwrap();
        assert_eq!(reader.await.unwrap(), user("new"));
        assert_eq!(served(&source).await, was("new", Served::Hit));
        assert_eq!(source.runs(), 1);
    }

    async fn a_load_under_way_cannot_store_what_it_read_before(world: &World) {
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("old"));
        let reader = world.spawn(find(slow.clone(), 1));
        gate.reached().await;
        let new = source("old");
        rename(&new, 1, "new").await.unwrap();
        gate.open();
        assert_eq!(reader.await.unwrap(), user("old"));
        assert_eq!(served(&new).await, was("new", Served::Miss));
    }

    async fn a_refresh_under_way_cannot_store_what_it_read_before(world: &World) {
        let new = source("old");
        served(&new).await;
        let gate = Gate::closed();
        let slow = CountingLoader::behind(gate.clone(), user("old"));
        let reader = world.spawn(refresh(find(slow.clone(), 1)));
        gate.reached().await;
        rename(&new, 1, "new").await.unwrap();
        gate.open();
        reader.await.unwrap();
        assert_eq!(served(&new).await.0, "new");
    }

    async fn an_invalidation_during_the_write_wins(world: &World) {
        let source = source("old");
        served(&source).await;
        let steps = Steps::held_after_the_commit();
        let write = rename_in_steps(source.clone(), 1, "new".to_owned(), steps.clone());
        let write = world.spawn(write);
        steps.returns.reached().await;
        change(&source, 1, "newest").await;
        steps.returns.open();
        write.await.unwrap();
        assert_eq!(served(&source).await, was("newest", Served::Miss));
    }

    async fn of_two_writes_at_once_the_older_leaves_nothing(world: &World) {
        for first in [true, false] {
            let source = source("old");
            world.cache.invalidate(key!("user:1")).await.unwrap();
            served(&source).await;
            let (one, other) = (Steps::held_after_the_commit(), Steps::held_after_the_commit());
            let a = world.spawn(rename_in_steps(source.clone(), 1, "a".to_owned(), one.clone()));
            one.returns.reached().await;
            let b = world.spawn(rename_in_steps(source.clone(), 1, "b".to_owned(), other.clone()));
            other.returns.reached().await;
            let (early, late) = if first { (a, b) } else { (b, a) };
            let (open, held) = if first { (&one, &other) } else { (&other, &one) };
            open.returns.open();
            early.await.unwrap();
            held.returns.open();
            late.await.unwrap();
            assert_eq!(served(&source).await, was("b", Served::Miss), "{first}");
        }
    }

    async fn a_write_of_the_whole_and_one_of_a_field(world: &World) {
        let source = source("old");
        served(&source).await;
        let steps = Steps::held_after_the_commit();
        let write = rename_in_steps(source.clone(), 1, "field".to_owned(), steps.clone());
        let write = world.spawn(write);
        steps.returns.reached().await;
        replace(&source, 1, "whole").await;
        steps.returns.open();
        write.await.unwrap();
        assert_eq!(served(&source).await, was("whole", Served::Miss));
    }

    async fn a_write_that_is_dropped_deletes_the_entry(world: &World) {
        let source = source("old");
        served(&source).await;
        let steps = Steps::held_after_the_commit();
        let write = rename_in_steps(source.clone(), 1, "new".to_owned(), steps.clone());
        let write = world.spawn(write);
        steps.returns.reached().await;
        write.abort();
        assert!(write.await.unwrap_err().is_cancelled());
        world.deletions_made_good().await;
        assert_eq!(served(&source).await, was("new", Served::Miss));
    }

    async fn a_write_before_its_commit_blocks_fills(world: &World) {
        let source = source("old");
        served(&source).await;
        let steps = Steps::held_before_the_commit();
        let write = rename_in_steps(source.clone(), 1, "new".to_owned(), steps.clone());
        let write = world.spawn(write);
        steps.commits.reached().await;
        assert_eq!(inspect(refresh(find(source.clone(), 1))).await.0, user("old"));
        steps.commits.open();
        write.await.unwrap();
        let (name, _) = served(&source).await;
        assert_eq!(name, "new");
    }

    async fn in_a_transaction_it_deletes_after_the_commit(_world: &World) {
        let source = source("old");
        served(&source).await;
        let done: Result<(), ()> = transaction(async {
            rename(&source, 1, "new").await.unwrap();
            Ok(())
        })
        .await;
        done.unwrap();
        assert_eq!(served(&source).await, was("new", Served::Miss));
    }
}

#[tokio::test]
async fn the_entry_keeps_its_ttl() {
    let world = World::redis().await;
    let source = source("old");
    world.run(served(&source)).await;
    world.server().run(&["PEXPIRE", "user:1", "30000"]);
    world.run(rename(&source, 1, "new")).await.unwrap();
    assert_eq!(world.run(served(&source)).await, was("new", Served::Hit));
    let left = world.server().ttl("user:1").unwrap();
    assert!(
        (Duration::from_secs(10)..=Duration::from_secs(30)).contains(&left),
        "{left:?}"
    );
    world.run(by_family(1)).await;
    world.run(set_email(1, None)).await;
    assert_eq!(world.run(inspect(by_family(1))).await.1, Served::Hit);
    assert_eq!(world.server().ttl("family:1"), None);
}

#[tokio::test]
async fn a_write_whose_server_is_killed_in_it_is_made_good() {
    let world = World::redis().await;
    let source = source("old");
    world.run(served(&source)).await;
    let steps = Steps::held_after_the_commit();
    let write = rename_in_steps(source.clone(), 1, "new".to_owned(), steps.clone());
    let write = world.spawn(write);
    steps.returns.reached().await;
    world.server().kill();
    steps.returns.open();
    write.await.unwrap();
    assert_eq!(world.run(served(&source)).await.0, "new");
    world.server().restart();
    world.deletions_made_good().await;
    assert_eq!(world.run(served(&source)).await.0, "new");
}
