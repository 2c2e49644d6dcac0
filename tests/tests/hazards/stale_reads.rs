//! The stale-backfill race: a reader that read the old value before the write stores it after the invalidation.
//!
//! The loader is parked after it has read v1; only the test opens the gate.

use cached_redis_runtime::{Served, cache_aside, cache_invalidate, inspect, key};
use cached_redis_tests::{CountingLoader, Gate};

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<&'static str>;

#[cache_aside(key = "doc:<id>", ttl = 3600, skip(source))]
async fn read(source: Source, id: u64) -> String {
    source.load().await.to_owned()
}

#[cache_invalidate(key = "doc:<id>")]
async fn write(source: &Source, id: u64, value: &'static str) {
    source.set(value);
}

/// A reader parked on v1. Its loads wait at the gate; `fresh` sees the same value and does not wait.
struct Race {
    parked: Source,
    fresh: Source,
    reader: tokio::task::JoinHandle<String>,
}

impl Race {
    async fn with_a_parked_reader(world: &World) -> Self {
        let parked = Source::behind(Gate::closed(), "v1");
        let reader = world.spawn(read(parked.clone(), 1));
        parked.gate().reached().await;
        Self {
            parked,
            fresh: Source::new("v1"),
            reader,
        }
    }

    /// Lets the old load finish: its caller gets v1 (it began before the write), and nobody else does.
    async fn ends_fresh(self, world: &World) {
        self.parked.gate().open();
        assert_eq!(self.reader.await.unwrap(), "v1");
        assert_eq!(read(self.fresh.clone(), 1).await, "v2");
        assert_eq!(
            inspect(read(self.fresh, 1)).await,
            ("v2".to_owned(), Served::Hit)
        );
        assert!(world.family("doc:<id>").rejected_fills >= 1);
    }
}

on_every_store! {
    async fn trap_22_the_old_load_stores_nothing_after_an_annotated_write(world: &World) {
        let race = Race::with_a_parked_reader(world).await;
        write(&race.fresh, 1, "v2").await;
        race.ends_fresh(world).await;
    }

    async fn the_old_load_stores_nothing_after_a_plain_del_of_another_client(world: &World) {
        let race = Race::with_a_parked_reader(world).await;
        race.fresh.set("v2");
        let id = 1;
        world.plain_delete(key!("doc:<id>")).await;
        race.ends_fresh(world).await;
    }

    async fn a_call_after_the_invalidation_does_not_join_the_old_load(world: &World) {
        let race = Race::with_a_parked_reader(world).await;
        write(&race.fresh, 1, "v2").await;
        // The old load still runs, in this very process.
        assert_eq!(inspect(read(race.fresh.clone(), 1)).await, ("v2".to_owned(), Served::Miss));
        assert_eq!(inspect(read(race.fresh.clone(), 1)).await, ("v2".to_owned(), Served::Hit));
        race.ends_fresh(world).await;
    }

    async fn two_writes_and_a_new_value_in_between_change_nothing(world: &World) {
        let race = Race::with_a_parked_reader(world).await;
        // The value comes back to what the old reader saw: a comparison of bytes would let it pass.
        write(&race.fresh, 1, "v0").await;
        read(race.fresh.clone(), 1).await;
        write(&race.fresh, 1, "v2").await;
        race.ends_fresh(world).await;
    }

    async fn a_waiter_of_the_old_load_may_have_its_value_and_newcomers_may_not(world: &World) {
        let race = Race::with_a_parked_reader(world).await;
        let waiter = world.spawn(read(race.parked.clone(), 1));
        world.waiting(1).await;
        write(&race.fresh, 1, "v2").await;
        assert_eq!(read(race.fresh.clone(), 1).await, "v2");
        race.parked.gate().open();
        assert_eq!(waiter.await.unwrap(), "v1", "it began before the write");
        race.ends_fresh(world).await;
    }
}

#[tokio::test]
async fn a_writer_in_another_cache_of_the_same_server_counts_as_well() {
    let world = World::redis().await;
    world
        .run(async {
            let race = Race::with_a_parked_reader(&world).await;
            let other = cached_redis_runtime::Cache::connect(world.server().url())
                .await
                .unwrap();
            other.scope(write(&race.fresh, 1, "v2")).await;
            // In the other process as well as in this one, while the old load still runs.
            assert_eq!(other.scope(read(race.fresh.clone(), 1)).await, "v2");
            assert_eq!(read(race.fresh.clone(), 1).await, "v2");
            race.ends_fresh(&world).await;
        })
        .await;
}
