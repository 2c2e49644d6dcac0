//! `#[write_through]`: source and entry change together, and two writes at once leave nothing old behind.

use std::sync::Arc;
use std::time::Duration;

use cached_redis_runtime::{
    Served, cache_aside, cache_invalidate, inspect, key, key_family, refresh, transaction,
    write_through,
};
use cached_redis_tests::{CountingLoader, Gate};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u64>;

#[cache_aside(key = "stock:<id>", ttl = 60, skip(source))]
async fn stock(source: Source, id: u64) -> u64 {
    source.load().await
}

#[write_through(key = "stock:<id>", ttl = 60)]
async fn set(source: &Source, id: u64, value: u64) -> Result<u64, &'static str> {
    if value == 0 {
        return Err("refused");
    }
    source.set(value);
    Ok(value)
}

/// A write that can be held before its commit and after it.
#[derive(Clone)]
struct Steps {
    commits: Gate,
    returns: Gate,
}

#[write_through(key = "stock:<id>", ttl = 60)]
async fn set_in_steps(source: Source, id: u64, value: u64, steps: Steps) -> u64 {
    steps.commits.pass().await;
    source.set(value);
    steps.returns.pass().await;
    value
}

async fn served(source: &Source) -> (u64, Served) {
    inspect(stock(source.clone(), 1)).await
}

fn held_after_its_commit() -> Steps {
    Steps {
        commits: Gate::opened(),
        returns: Gate::closed(),
    }
}

fn held_before_its_commit() -> Steps {
    Steps {
        commits: Gate::closed(),
        returns: Gate::opened(),
    }
}

on_every_store! {
    async fn the_next_read_is_a_hit_with_what_was_written(world: &World) {
        let source = Source::new(1);
        assert_eq!(served(&source).await, (1, Served::Miss));
        assert_eq!(set(&source, 1, 2).await, Ok(2));
        assert_eq!(served(&source).await, (2, Served::Hit));
        assert_eq!(set(&source, 2, 3).await, Ok(3));
        assert_eq!(served(&source).await, (2, Served::Hit), "another key");
        assert_eq!(source.runs(), 1);
        assert_eq!(world.family("stock:<id>").fills, 3);
    }

    async fn after_an_error_the_entry_is_gone(_world: &World) {
        let source = Source::new(1);
        served(&source).await;
        assert_eq!(set(&source, 1, 0).await, Err("refused"));
        assert_eq!(served(&source).await, (1, Served::Miss));
    }

    async fn of_two_writes_at_once_the_later_commit_wins_if_the_other_ends_last(world: &World) {
        let source = Source::new(1);
        let steps = held_after_its_commit();
        let first = world.spawn(set_in_steps(source.clone(), 1, 2, steps.clone()));
        steps.returns.reached().await;
        set(&source, 1, 3).await.unwrap();
        assert_eq!(served(&source).await, (3, Served::Hit));
        steps.returns.open();
        assert_eq!(first.await.unwrap(), 2);
        assert_eq!(served(&source).await.0, 3);
    }

    async fn of_two_writes_at_once_the_later_commit_wins_if_it_began_first(world: &World) {
        let source = Source::new(1);
        let steps = held_before_its_commit();
        let first = world.spawn(set_in_steps(source.clone(), 1, 2, steps.clone()));
        steps.commits.reached().await;
        set(&source, 1, 3).await.unwrap();
        assert_eq!(served(&source).await, (3, Served::Hit));
        steps.commits.open();
        assert_eq!(first.await.unwrap(), 2);
        assert_eq!(served(&source).await.0, 2);
        assert_eq!(world.family("stock:<id>").rejected_fills, 1);
    }

    async fn a_load_that_began_before_cannot_store_what_it_read(world: &World) {
        let slow = Source::behind(Gate::closed(), 1);
        let reader = world.spawn(stock(slow.clone(), 1));
        slow.gate().reached().await;
        let source = Source::new(1);
        set(&source, 1, 2).await.unwrap();
        slow.gate().open();
        assert_eq!(reader.await.unwrap(), 1);
        assert_eq!(served(&source).await, (2, Served::Hit));
    }

    async fn a_refresh_that_began_before_cannot_store_what_it_read(world: &World) {
        let source = Source::new(1);
        served(&source).await;
        let slow = Source::behind(Gate::closed(), 1);
        let reader = world.spawn(refresh(stock(slow.clone(), 1)));
        slow.gate().reached().await;
        set(&source, 1, 2).await.unwrap();
        slow.gate().open();
        assert_eq!(reader.await.unwrap(), 1);
        assert_eq!(served(&source).await, (2, Served::Hit));
    }

    async fn a_refresh_that_began_during_the_write_cannot_store_what_was_there_before(world: &World) {
        let source = Source::new(1);
        let steps = held_before_its_commit();
        let write = world.spawn(set_in_steps(source.clone(), 1, 2, steps.clone()));
        steps.commits.reached().await;
        let slow = Source::behind(Gate::closed(), 1);
        let reader = world.spawn(refresh(stock(slow.clone(), 1)));
        slow.gate().reached().await;
        steps.commits.open();
        assert_eq!(write.await.unwrap(), 2);
        slow.gate().open();
        assert_eq!(reader.await.unwrap(), 1);
        assert_eq!(served(&source).await, (2, Served::Hit));
    }

    async fn who_reads_meanwhile_is_given_what_was_written(world: &World) {
        let source = Source::new(1);
        let steps = held_before_its_commit();
        let write = world.spawn(set_in_steps(source.clone(), 1, 2, steps.clone()));
        steps.commits.reached().await;
        let readers: Vec<_> = (0..10)
            .map(|_| world.spawn(inspect(stock(source.clone(), 1))))
            .collect();
        world.waiting(10).await;
        steps.commits.open();
        assert_eq!(write.await.unwrap(), 2);
        for reader in readers {
            assert_eq!(reader.await.unwrap(), (2, Served::Joined));
        }
        assert_eq!(source.runs(), 0);
    }

    async fn who_waits_for_a_write_that_fails_loads(world: &World) {
        #[write_through(key = "stock:<id>", ttl = 60)]
        async fn fail(id: u64, gate: Gate) -> Result<u64, &'static str> {
            gate.pass().await;
            Err("refused")
        }

        let (source, gate) = (Source::new(1), Gate::closed());
        let write = world.spawn(fail(1, gate.clone()));
        gate.reached().await;
        let reader = world.spawn(inspect(stock(source.clone(), 1)));
        world.waiting(1).await;
        gate.open();
        assert_eq!(write.await.unwrap(), Err("refused"));
        assert_eq!(reader.await.unwrap().0, 1);
        assert_eq!(served(&source).await, (1, Served::Hit));
    }

    async fn a_deletion_in_between_wins(world: &World) {
        let source = Source::new(1);
        let steps = held_after_its_commit();
        let write = world.spawn(set_in_steps(source.clone(), 1, 2, steps.clone()));
        steps.returns.reached().await;
        // Somebody else has written 3.
        source.set(3);
        let id = 1_u64;
        world.plain_delete(key!("stock:<id>")).await;
        steps.returns.open();
        assert_eq!(write.await.unwrap(), 2);
        assert_eq!(served(&source).await, (3, Served::Miss));
    }

    async fn a_read_inside_the_body_does_not_wait_for_the_write_around_it(_world: &World) {
        #[write_through(key = "stock:<id>", ttl = 60)]
        async fn add(source: &Source, id: u64, more: u64) -> u64 {
            let value = stock(source.clone(), id).await + more;
            source.set(value);
            value
        }

        let source = Source::new(1);
        served(&source).await;
        assert_eq!(add(&source, 1, 2).await, 3);
        assert_eq!(served(&source).await, (3, Served::Hit));
    }

    async fn a_write_that_is_dropped_leaves_nothing_behind(world: &World) {
        let source = Source::new(1);
        served(&source).await;
        let steps = held_after_its_commit();
        let write = world.spawn(set_in_steps(source.clone(), 1, 2, steps.clone()));
        steps.returns.reached().await;
        write.abort();
        assert!(write.await.unwrap_err().is_cancelled());
        assert_eq!(served(&source).await.0, 2);
        world.deletions_made_good().await;
        served(&source).await;
        assert_eq!(served(&source).await, (2, Served::Hit));
        assert_eq!(world.cache.stats().under_way, 0);
    }

    async fn a_write_that_panics_leaves_nothing_behind(world: &World) {
        #[write_through(key = "stock:<id>", ttl = 60)]
        async fn panic_after_the_commit(source: Source, id: u64) -> u64 {
            source.set(2);
            panic!("on purpose")
        }

        let source = Source::new(1);
        served(&source).await;
        let write = world.spawn(panic_after_the_commit(source.clone(), 1));
        assert!(write.await.unwrap_err().is_panic());
        assert_eq!(served(&source).await.0, 2);
        world.deletions_made_good().await;
    }

    async fn in_a_transaction_the_entry_goes_after_the_commit(_world: &World) {
        let source = Source::new(1);
        served(&source).await;
        let block = transaction(async {
            set(&source, 1, 2).await?;
            assert_eq!(served(&source).await, (2, Served::Bypassed));
            Ok::<_, &str>(())
        });
        block.await.unwrap();
        assert_eq!(served(&source).await, (2, Served::Miss));

        let rolled_back = transaction(async {
            set(&source, 1, 3).await?;
            source.set(2);
            Err::<(), _>("rolled back")
        });
        rolled_back.await.unwrap_err();
        assert_eq!(served(&source).await, (2, Served::Hit));
    }

    async fn what_an_open_transaction_has_written_is_not_stored(_world: &World) {
        struct Transaction;

        #[write_through(key = "stock:<id>", ttl = 60)]
        async fn set_within(_tx: &mut Transaction, id: u64, value: u64) -> u64 {
            value
        }

        #[write_through(key = "stock:<id>", ttl = 60, value = value)]
        async fn put_within(_tx: &mut Transaction, id: u64, value: u64) {
            let _ = value;
        }

        let source = Source::new(1);
        served(&source).await;
        set_within(&mut Transaction, 1, 2).await;
        // Rolled back: nobody may have seen it.
        assert_eq!(served(&source).await, (1, Served::Miss));
        put_within(&mut Transaction, 1, 3).await;
        assert_eq!(served(&source).await, (1, Served::Miss));
    }

    async fn a_value_takes_the_place_of_the_result(_world: &World) {
        #[write_through(key = "stock:<id>", ttl = 60, value = value)]
        async fn put(source: &Source, id: u64, value: &u64) -> Result<(), &'static str> {
            source.set(*value);
            if *value == 0 { Err("refused") } else { Ok(()) }
        }

        #[write_through(key = "stock:<id>", ttl = 60, value = steps.len() as u64, unless = |n| *n > 2)]
        async fn count(id: u64, steps: Vec<&str>) {
            // It has what the value was made of.
            drop(steps);
        }

        let source = Source::new(1);
        served(&source).await;
        put(&source, 1, &2).await.unwrap();
        assert_eq!(served(&source).await, (2, Served::Hit));
        put(&source, 1, &0).await.unwrap_err();
        assert_eq!(served(&source).await, (0, Served::Miss));
        count(1, vec!["one"]).await;
        assert_eq!(served(&source).await, (1, Served::Hit));
        count(1, vec!["one", "two", "three"]).await;
        assert_eq!(served(&source).await, (0, Served::Miss));
    }

    async fn a_value_is_what_is_inside_an_option_or_an_arc(_world: &World) {
        #[cache_aside(key = "name:<id>", ttl = 60, none_ttl = 60)]
        async fn name(id: u64) -> Option<Arc<str>> {
            Some(format!("loaded {id}").into())
        }

        #[write_through(key = "name:<id>", ttl = 60, none_ttl = 60, value = name, unless = str::is_empty)]
        async fn rename(id: u64, name: Option<Arc<str>>) {
            drop(name);
        }

        #[write_through(key = "name:<id>", ttl = 60, value = parsed(name))]
        async fn parse(id: u64, name: &str) -> Result<(), ()> {
            let _ = name;
            Ok(())
        }

        fn parsed(name: &str) -> Result<Arc<str>, ()> {
            name.strip_prefix("name=").map(Into::into).ok_or(())
        }

        let now = async || inspect(name(1)).await;
        rename(1, Some("Ada".into())).await;
        assert_eq!(now().await, (Some("Ada".into()), Served::Hit));
        rename(1, None).await;
        assert_eq!(now().await, (None, Served::Hit));
        rename(1, Some("".into())).await;
        assert_eq!(now().await, (Some("loaded 1".into()), Served::Miss));
        parse(1, "name=Eve").await.unwrap();
        assert_eq!(now().await, (Some("Eve".into()), Served::Hit));
        parse(1, "Eve").await.unwrap();
        assert_eq!(now().await, (Some("loaded 1".into()), Served::Miss));
    }

    async fn a_value_is_not_stored_where_there_was_nothing_to_change(_world: &World) {
        #[write_through(key = "stock:<id>", ttl = 60, none_ttl = 60, value = value)]
        async fn change(source: &Source, id: u64, value: u64) -> Result<Option<()>, ()> {
            if source.peek() == 0 {
                return Ok(None);
            }
            source.set(value);
            Ok(Some(()))
        }

        let source = Source::new(1);
        assert_eq!(change(&source, 1, 2).await, Ok(Some(())));
        assert_eq!(served(&source).await, (2, Served::Hit));
        source.set(0);
        assert_eq!(change(&source, 1, 3).await, Ok(None));
        assert_eq!(served(&source).await, (0, Served::Miss));
    }

    async fn what_is_not_stored_is_gone(_world: &World) {
        #[cache_aside(key = "name:<id>", ttl = 60, none_ttl = 60)]
        async fn name(id: u64) -> Option<Arc<String>> {
            Some(Arc::new(format!("loaded {id}")))
        }

        #[write_through(key = "name:<id>", ttl = 60, unless = String::is_empty)]
        async fn rename(id: u64, name: Option<&str>) -> Option<String> {
            name.map(ToOwned::to_owned)
        }

        #[write_through(key = "name:<id>", ttl = 60, none_ttl = 60)]
        async fn remove(id: u64) -> Result<Option<String>, ()> {
            Ok(None)
        }

        let now = async || inspect(name(1)).await;
        let is = |text: &str| Some(Arc::new(text.to_owned()));
        rename(1, Some("Ada")).await;
        assert_eq!(now().await, (is("Ada"), Served::Hit));
        rename(1, Some("")).await;
        assert_eq!(now().await, (is("loaded 1"), Served::Miss));
        rename(1, None).await;
        assert_eq!(now().await, (is("loaded 1"), Served::Miss));
        remove(1).await.unwrap();
        assert_eq!(now().await, (None, Served::Hit));
    }

    async fn its_entry_is_found_by_its_tag(_world: &World) {
        #[cache_aside(key = "member:<id>", ttl = 60, tags("team:<team>"), skip(source, team))]
        async fn member(source: &Source, id: u64, team: u32) -> u64 {
            let _ = team;
            source.load().await
        }

        #[write_through(key = "member:<id>", ttl = 60, tags("team:<team>"))]
        async fn set_member(source: &Source, id: u64, team: u32, value: u64) -> u64 {
            let _ = team;
            source.set(value);
            value
        }

        #[cache_invalidate(tags("team:<team>"))]
        async fn dissolve(team: u32) {}

        let source = Source::new(1);
        set_member(&source, 1, 7, 2).await;
        assert_eq!(inspect(member(&source, 1, 7)).await, (2, Served::Hit));
        source.set(3);
        dissolve(7).await;
        assert_eq!(inspect(member(&source, 1, 7)).await, (3, Served::Miss));
    }

    async fn under_a_guard_it_only_deletes(world: &World) {
        #[cache_invalidate(key = "stock:<id>", before)]
        async fn set_guarded(source: Source, id: u64, value: u64, gate: Gate) {
            gate.pass().await;
            source.set(value);
        }

        let (source, gate) = (Source::new(1), Gate::closed());
        let guarded = world.spawn(set_guarded(source.clone(), 1, 3, gate.clone()));
        gate.reached().await;
        assert_eq!(set(&source, 1, 2).await, Ok(2));
        assert_eq!(served(&source).await.0, 2);
        gate.open();
        guarded.await.unwrap();
        assert_eq!(served(&source).await, (3, Served::Miss));
    }

    async fn it_can_be_told_to_leave_the_entry_alone(_world: &World) {
        #[write_through(key = "stock:<id>", ttl = 60, when = !dry)]
        async fn try_to_set(id: u64, value: u64, dry: bool) -> u64 {
            let _ = dry;
            value
        }

        let source = Source::new(1);
        served(&source).await;
        assert_eq!(try_to_set(1, 2, true).await, 2);
        assert_eq!(served(&source).await, (1, Served::Hit));
        assert_eq!(try_to_set(1, 2, false).await, 2);
        assert_eq!(served(&source).await, (2, Served::Hit));
    }

    async fn a_family_holds_its_value(_world: &World) {
        key_family! {
            Price(id: u64) -> u64 = "price:<id>";
        }

        #[cache_aside(key = Price(id), ttl = 60)]
        async fn price(id: u64) -> Option<u64> {
            Some(1)
        }

        #[write_through(key = Price(id), ttl = 60)]
        #[cache_invalidate(key = "prices:all")]
        async fn reprice(id: u64, cents: u64) -> Arc<u64> {
            Arc::new(cents)
        }

        #[write_through(key = Price(*id), ttl = 60, value = *cents)]
        async fn note(id: &u64, cents: &u64) {}

        reprice(1, 99).await;
        assert_eq!(inspect(price(1)).await, (Some(99), Served::Hit));
        note(&1, &98).await;
        assert_eq!(inspect(price(1)).await, (Some(98), Served::Hit));
    }
}

#[tokio::test]
async fn a_write_is_two_commands() {
    let world = World::redis().await;
    let source = Source::new(1);
    world.run(set(&source, 1, 2)).await.unwrap();
    world.server().reset_commandstats();
    world.run(set(&source, 1, 3)).await.unwrap();
    let commands = world.server().data_commands();
    assert_eq!(commands.get("evalsha"), Some(&2), "{commands:?}");
}

#[tokio::test]
async fn without_the_server_the_deletion_is_made_good() {
    let world = World::redis_with(|builder| builder.deadline(Duration::from_millis(200))).await;
    let source = Source::new(1);
    let now = async || world.run(served(&source)).await;
    now().await;
    world.server().stop();
    let written = world.spawn({
        let source = source.clone();
        async move { set(&source, 1, 2).await }
    });
    assert_eq!(written.await.unwrap(), Ok(2));
    assert_eq!(world.cache.stats().pending_deletes, 1);
    world.server().cont();
    world.deletions_made_good().await;
    assert_eq!(now().await, (2, Served::Miss));
}
