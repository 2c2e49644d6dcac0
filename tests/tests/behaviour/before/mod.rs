//! `before`: while a write is under way nobody stores what it changes, whatever becomes of it.

mod renewal;
mod transaction;

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect, key, refresh};
use cached_redis_tests::{CountingLoader, Gate, Table};
use tokio::task::JoinHandle;

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u64>;

#[cache_aside(key = "price:<id>", ttl = 60, skip(source))]
async fn price(source: &Source, id: u64) -> u64 {
    source.load().await
}

#[cache_aside(key = "price:<ids>", each = ids, ttl = 60, skip(table))]
async fn prices(table: &Table, ids: &[u64]) -> Vec<(u64, String)> {
    table.query(ids.iter().copied()).await
}

#[cache_invalidate(key = "price:<id>", before)]
async fn set(source: &Source, id: u64, value: u64) -> Result<u64, &'static str> {
    if value == 0 {
        return Err("refused");
    }
    source.set(value);
    Ok(id)
}

#[cache_invalidate(key = "price:1", before)]
async fn held(source: Source, value: u64, begun: Gate, committed: Gate) {
    begun.pass().await;
    source.set(value);
    committed.pass().await;
}

async fn served(source: &Source) -> (u64, Served) {
    inspect(price(source, 1)).await
}

/// A write that has committed and not ended; or has not even committed, if `begun` is closed.
struct Writer {
    begun: Gate,
    committed: Gate,
    task: JoinHandle<()>,
}

impl Writer {
    async fn begun(world: &World, source: &Source, value: u64) -> Self {
        let (begun, committed) = (Gate::closed(), Gate::closed());
        let write = held(source.clone(), value, begun.clone(), committed.clone());
        let task = world.spawn(write);
        begun.reached().await;
        Self {
            begun,
            committed,
            task,
        }
    }

    async fn committed(world: &World, source: &Source, value: u64) -> Self {
        let writer = Self::begun(world, source, value).await;
        writer.commits().await;
        writer
    }

    async fn commits(&self) {
        self.begun.open();
        self.committed.reached().await;
    }

    async fn ends(self) {
        self.begun.open();
        self.committed.open();
        self.task.await.unwrap();
    }
}

on_every_store! {
    async fn readers_store_nothing_until_the_write_has_ended(world: &World) {
        let source = Source::new(1);
        price(&source, 1).await;
        let writer = Writer::begun(world, &source, 2).await;
        assert_eq!(served(&source).await, (1, Served::Uncached), "the entry is gone already");
        writer.commits().await;
        for _ in 0..2 {
            assert_eq!(served(&source).await, (2, Served::Uncached));
        }
        assert_eq!(inspect(refresh(price(&source, 1))).await, (2, Served::Uncached));
        assert_eq!(inspect(price(&source, 2)).await, (2, Served::Miss), "other keys are free");
        writer.ends().await;
        assert_eq!(served(&source).await, (2, Served::Miss));
        assert_eq!(served(&source).await, (2, Served::Hit));
        assert_eq!(world.family("price:1").invalidations, 1);
    }

    async fn a_batch_stores_the_other_rows(world: &World) {
        let table = Table::of(1..=9);
        let source = Source::new(1);
        prices(&table, &[1, 2]).await;
        let writer = Writer::begun(world, &source, 2).await;
        prices(&table, &[1, 2, 3]).await;
        prices(&table, &[1, 2, 3]).await;
        assert_eq!(table.queries(), [vec![1, 2], vec![1, 3], vec![1]]);
        writer.ends().await;
        prices(&table, &[1, 2, 3]).await;
        assert_eq!(inspect(prices(&table, &[1, 2, 3])).await.1, Served::Hit);
    }

    async fn a_load_from_before_the_write_stores_nothing(world: &World) {
        let parked = Source::behind(Gate::closed(), 1);
        let reader = world.spawn({
            let parked = parked.clone();
            async move { price(&parked, 1).await }
        });
        parked.gate().reached().await;
        let source = Source::new(1);
        let writer = Writer::committed(world, &source, 2).await;
        parked.gate().open();
        assert_eq!(reader.await.unwrap(), 1);
        assert_eq!(served(&source).await, (2, Served::Uncached));
        writer.ends().await;
        assert_eq!(served(&source).await, (2, Served::Miss));
    }

    async fn the_last_of_several_writers_opens_the_door(world: &World) {
        let source = Source::new(1);
        let first = Writer::begun(world, &source, 2).await;
        let second = Writer::begun(world, &source, 3).await;
        let third = Writer::begun(world, &source, 4).await;
        for (writer, value) in [(third, 4), (first, 2)] {
            writer.ends().await;
            assert_eq!(served(&source).await, (value, Served::Uncached));
            assert_eq!(served(&source).await, (value, Served::Uncached));
        }
        second.ends().await;
        assert_eq!(served(&source).await, (3, Served::Miss));
        assert_eq!(served(&source).await, (3, Served::Hit));
    }

    async fn what_was_stored_although_the_guard_was_there_is_deleted(world: &World) {
        let source = Source::new(1);
        let writer = Writer::begun(world, &source, 2).await;
        // As a flush, an eviction or somebody's `DEL` does.
        world.plain_delete(key!("price:1")).await;
        assert_eq!(served(&source).await, (1, Served::Miss));
        writer.commits().await;
        assert_eq!(served(&source).await, (1, Served::Hit), "nobody can know");
        writer.ends().await;
        assert_eq!(served(&source).await, (2, Served::Miss));
    }

    async fn a_load_that_claimed_although_the_guard_was_there_stores_nothing(world: &World) {
        let source = Source::new(1);
        let writer = Writer::begun(world, &source, 2).await;
        world.plain_delete(key!("price:1")).await;
        let parked = Source::behind(Gate::closed(), 1);
        let reader = world.spawn({
            let parked = parked.clone();
            async move { price(&parked, 1).await }
        });
        parked.gate().reached().await;
        writer.ends().await;
        parked.gate().open();
        assert_eq!(reader.await.unwrap(), 1);
        assert_eq!(served(&source).await, (2, Served::Miss));
    }

    async fn after_an_error_the_door_is_open_again(_world: &World) {
        let source = Source::new(1);
        price(&source, 1).await;
        assert_eq!(set(&source, 1, 0).await, Err("refused"));
        assert_eq!(served(&source).await, (1, Served::Miss));
        assert_eq!(served(&source).await, (1, Served::Hit));
    }

    async fn a_dropped_write_leaves_in_the_background(world: &World) {
        let source = Source::new(1);
        let writer = Writer::committed(world, &source, 2).await;
        let other = Writer::begun(world, &source, 3).await;
        writer.task.abort();
        assert!(writer.task.await.unwrap_err().is_cancelled());
        world.deletions_made_good().await;
        assert_eq!(served(&source).await, (2, Served::Uncached), "the other one's guard stands");
        other.ends().await;
        assert_eq!(served(&source).await, (3, Served::Miss));
        assert_eq!(served(&source).await, (3, Served::Hit));
    }

    async fn a_panic_leaves_in_the_background(world: &World) {
        #[cache_invalidate(key = "price:<id>", before)]
        async fn panics(source: Source, id: u64) {
            source.set(id);
            panic!("after the commit");
        }

        let source = Source::new(1);
        price(&source, 1).await;
        assert!(world.spawn(panics(source.clone(), 1)).await.unwrap_err().is_panic());
        world.deletions_made_good().await;
        assert_eq!(served(&source).await, (1, Served::Miss));
    }

    async fn keys_of_items_and_of_the_result(world: &World) {
        #[cache_invalidate(keys("price:<ids>", "price:<ret>"), each = ids, before)]
        async fn merge(source: &Source, ids: &[u64], inside: &Gate) -> Option<u64> {
            inside.pass().await;
            source.set(7);
            Some(ids.iter().sum())
        }

        let source = Source::new(1);
        for id in [1, 2, 3] {
            price(&source, id).await;
        }
        let inside = Gate::closed();
        let write = world.spawn({
            let (source, inside) = (source.clone(), inside.clone());
            async move { merge(&source, &[1, 2], &inside).await }
        });
        inside.reached().await;
        assert_eq!(inspect(price(&source, 2)).await, (1, Served::Uncached));
        assert_eq!(inspect(price(&source, 3)).await, (1, Served::Hit), "not known yet");
        inside.open();
        write.await.unwrap();
        for id in [1, 2, 3] {
            assert_eq!(inspect(price(&source, id)).await, (7, Served::Miss));
        }
        assert_eq!(world.family("price:<ids>").invalidations, 3);
    }

    async fn when_nothing_is_to_be_cleared_nothing_is_guarded(_world: &World) {
        #[cache_invalidate(key = "price:<id>", when = !dry_run, before)]
        async fn update(source: &Source, id: u64, dry_run: bool) -> (u64, Served) {
            let _ = dry_run;
            inspect(price(source, id)).await
        }

        let source = Source::new(1);
        price(&source, 1).await;
        assert_eq!(update(&source, 1, true).await, (1, Served::Hit));
        assert_eq!(update(&source, 1, false).await, (1, Served::Uncached));
    }
}
