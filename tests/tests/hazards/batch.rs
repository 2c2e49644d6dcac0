//! Several callers, several keys each: one load per key, nothing stale, and nobody waits for ever.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use cached_redis_runtime::{
    Cache, CacheKey, KeyWriter, Served, cache_aside, cache_invalidate, inspect, key,
};
use cached_redis_tests::{Gate, Server, Table, eventually, pause};
use futures_util::future::join_all;

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Rows = HashMap<u64, String>;

#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
async fn find_many(table: Table, ids: Vec<u64>) -> Result<Rows, String> {
    let rows: Rows = table.query(ids).await.into_iter().collect();
    if rows.values().any(|row| row == "poison") {
        return Err("poisoned".to_owned());
    }
    Ok(rows)
}

#[cache_aside(key = "row:<id>", ttl = 60, skip(table))]
async fn find(table: Table, id: u64) -> Option<String> {
    table.query([id]).await.pop().map(|(_, row)| row)
}

#[cache_invalidate(key = "row:<id>")]
async fn update(table: &Table, id: u64, row: &str) {
    table.set(id, row);
}

fn rows(ids: impl IntoIterator<Item = u64>) -> Rows {
    ids.into_iter().map(|id| (id, format!("row{id}"))).collect()
}

/// A body that reads its ids one by one, through the function for one row.
#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
async fn one_by_one(table: Table, ids: Vec<u64>) -> Rows {
    let mut rows = Rows::new();
    for id in ids {
        rows.extend(find(table.clone(), id).await.map(|row| (id, row)));
    }
    rows
}

/// Equal without regard to case, and yet two keys.
#[derive(Clone, Debug)]
struct Nickname(&'static str);

impl PartialEq for Nickname {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Nickname {}

impl Hash for Nickname {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl CacheKey for Nickname {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.text(self.0);
    }
}

/// One key without regard to case, and yet not equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Spelling(&'static str);

impl CacheKey for Spelling {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.text(&self.0.to_ascii_lowercase());
    }
}

on_every_store! {
    async fn equal_ids_with_keys_of_their_own_share_a_row(_world: &World) {
        #[cache_aside(key = "nickname:<ids>", each = ids, ttl = 60, none_ttl = 60)]
        async fn ages(ids: &[Nickname]) -> Vec<(Nickname, u8)> {
            ids.iter().take(1).map(|id| (id.clone(), 7)).collect()
        }

        let ids = [Nickname("A"), Nickname("a")];
        ages(&ids).await;
        assert_eq!(ages(&ids[1..]).await.len(), 1);
    }

    async fn ids_with_one_key_that_are_not_equal_are_both_loaded(_world: &World) {
        #[cache_aside(key = "spelling:<ids>", each = ids, ttl = 60)]
        async fn lengths(ids: &[Spelling]) -> HashMap<Spelling, usize> {
            ids.iter().map(|id| (id.clone(), id.0.len())).collect()
        }

        let ids = [Spelling("A"), Spelling("a"), Spelling("A")];
        for _ in 0..2 {
            assert_eq!(lengths(&ids).await.len(), 2);
        }
        assert_eq!(inspect(lengths(&ids[..1])).await.1, Served::Hit);
    }

    async fn a_body_does_not_wait_for_a_row_that_is_loaded_along(world: &World) {
        let slow = Table::behind(Gate::closed(), 0..3);
        let single = world.spawn(find(slow.clone(), 2));
        slow.gate().reached().await;
        // The single load stays parked all the while.
        assert_eq!(one_by_one(Table::of(0..3), vec![0, 1, 2]).await, rows(0..3));
        assert_eq!(world.family("row:<id>").expired_waits, 0);
        slow.gate().open();
        single.await.unwrap();
    }

    async fn bodies_that_read_one_by_one_do_not_wait_for_each_other(world: &World) {
        let table = Table::of(0..200);
        let up: Vec<u64> = [0].into_iter().chain(100..200).collect();
        let down: Vec<u64> = [1].into_iter().chain((100..200).rev()).collect();
        let both = [up, down].map(|ids| world.spawn(one_by_one(table.clone(), ids)));
        for found in join_all(both).await {
            assert_eq!(found.unwrap().len(), 101);
        }
        assert_eq!(world.family("row:<id>").expired_waits, 0);
    }

    async fn a_stampede_of_equal_batches_costs_one_query(world: &World) {
        let table = Table::behind(Gate::closed(), 0..20);
        let callers = (0..200).map(|turn| {
            // Each asks in an order of its own.
            let ids = (0..20).map(|n| (n + turn) % 20).collect();
            world.spawn(find_many(table.clone(), ids))
        });
        let callers: Vec<_> = callers.collect();
        table.gate().reached().await;
        world.waiting(199).await;
        table.gate().open();
        for found in join_all(callers).await {
            assert_eq!(found.unwrap(), Ok(rows(0..20)));
        }
        assert_eq!(table.queries().len(), 1);
    }

    async fn a_call_for_one_row_waits_for_the_batch_that_loads_it(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        let batch = world.spawn(find_many(table.clone(), vec![0, 1, 2]));
        table.gate().reached().await;
        let single = world.spawn(inspect(find(table.clone(), 2)));
        world.waiting(1).await;
        table.gate().open();
        assert_eq!(single.await.unwrap(), (Some("row2".into()), Served::Joined));
        assert_eq!(batch.await.unwrap(), Ok(rows(0..3)));
        assert_eq!(table.queries().len(), 1);
    }

    async fn a_batch_waits_for_the_call_that_loads_its_first_row(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        let single = world.spawn(find(table.clone(), 0));
        table.gate().reached().await;
        let batch = world.spawn(find_many(table.clone(), vec![2, 1, 0]));
        world.waiting(1).await;
        table.gate().open();
        assert_eq!(batch.await.unwrap(), Ok(rows(0..3)));
        assert_eq!(single.await.unwrap(), Some("row0".into()));
        assert_eq!(table.queries(), [vec![0], vec![2, 1]]);
    }

    async fn a_row_under_way_elsewhere_is_loaded_along_and_not_waited_for(world: &World) {
        let slow = Table::behind(Gate::closed(), 0..3);
        let single = world.spawn(find(slow.clone(), 2));
        slow.gate().reached().await;
        // The first row is free, so this batch leads; the single load stays parked all the while.
        let table = Table::of(0..3);
        assert_eq!(find_many(table.clone(), vec![0, 1, 2]).await, Ok(rows(0..3)));
        assert_eq!(table.queries(), [vec![0, 1, 2]]);
        slow.gate().open();
        single.await.unwrap();
        assert_eq!(inspect(find_many(table, vec![0, 1, 2])).await.1, Served::Hit);
    }

    async fn batches_that_overlap_the_other_way_round_do_not_wait_for_each_other(world: &World) {
        let (left, right) = (Table::behind(Gate::closed(), 0..4), Table::behind(Gate::closed(), 0..4));
        let first = world.spawn(find_many(left.clone(), vec![1, 3]));
        left.gate().reached().await;
        let second = world.spawn(find_many(right.clone(), vec![3, 0, 1]));
        right.gate().reached().await;
        right.gate().open();
        assert_eq!(second.await.unwrap(), Ok(rows([0, 1, 3])));
        left.gate().open();
        assert_eq!(first.await.unwrap(), Ok(rows([1, 3])));
    }

    async fn one_id_invalidated_during_the_load_is_not_stored(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        let batch = world.spawn(find_many(table.clone(), vec![0, 1, 2]));
        table.gate().reached().await;
        update(&table, 1, "new").await;
        table.gate().open();
        assert_eq!(batch.await.unwrap(), Ok(rows(0..3)), "its caller began before the write");
        assert_eq!(find_many(table.clone(), vec![0, 1, 2]).await.unwrap()[&1], "new");
        assert_eq!(table.queries(), [vec![0, 1, 2], vec![1]]);
        assert_eq!(world.family("row:<ids>").rejected_fills, 1);
    }

    async fn a_plain_del_of_another_client_counts_as_well(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        let batch = world.spawn(find_many(table.clone(), vec![0, 1, 2]));
        table.gate().reached().await;
        table.set(0, "new");
        let id = 0;
        world.plain_delete(key!("row:<id>")).await;
        // A call after the invalidation does not join the old load.
        let fresh = Table::of(0..3);
        fresh.set(0, "new");
        assert_eq!(find_many(fresh, vec![0]).await.unwrap()[&0], "new");
        table.gate().open();
        batch.await.unwrap().unwrap();
        assert_eq!(find_many(table, vec![0]).await.unwrap()[&0], "new");
    }

    async fn a_dropped_batch_hands_over_to_the_next(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        let leader = world.spawn(find_many(table.clone(), vec![0, 1, 2]));
        table.gate().reached().await;
        let next = world.spawn(find_many(table.clone(), vec![0, 1, 2]));
        world.waiting(1).await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        table.gate().reached_by(2).await;
        table.gate().open();
        assert_eq!(next.await.unwrap(), Ok(rows(0..3)));
        assert_eq!(table.queries().len(), 2);
        // The leases of the other rows go back in the background: a row whose lease was still there is stored now.
        find_many(table.clone(), vec![0, 1, 2]).await.unwrap();
        assert_eq!(inspect(find_many(table, vec![0, 1, 2])).await.1, Served::Hit);
    }

    async fn a_failed_batch_hands_over_to_the_next(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        table.set(1, "poison");
        let leader = world.spawn(find_many(table.clone(), vec![0, 1, 2]));
        table.gate().reached().await;
        let good = Table::of(0..3);
        let next = world.spawn(find_many(good.clone(), vec![0, 1, 2]));
        let single = world.spawn(find(good.clone(), 2));
        world.waiting(2).await;
        table.gate().open();
        assert_eq!(leader.await.unwrap(), Err("poisoned".to_owned()));
        assert_eq!(next.await.unwrap(), Ok(rows(0..3)));
        assert_eq!(single.await.unwrap(), Some("row2".into()));
        assert_eq!(inspect(find_many(good, vec![0, 1, 2])).await.1, Served::Hit);
    }

    async fn a_batch_never_polled_again_gives_all_its_leases_back(world: &World) {
        let table = Table::behind(Gate::closed(), 0..3);
        {
            let mut batch = pin!(world.run(find_many(table.clone(), vec![0, 1, 2])));
            // Polled by hand until it is in its body, then dropped.
            while table.queries().is_empty() {
                let mut cx = Context::from_waker(Waker::noop());
                assert!(batch.as_mut().poll(&mut cx).is_pending());
                tokio::task::yield_now().await;
            }
        }
        let good = Table::of(0..3);
        assert_eq!(find(good.clone(), 2).await, Some("row2".into()));
        assert_eq!(find_many(good.clone(), vec![2, 1]).await, Ok(rows([1, 2])));
        assert_eq!(inspect(find_many(good, vec![2, 1])).await.1, Served::Hit);
    }
}

#[tokio::test]
async fn rows_found_before_an_error_are_not_lost() {
    let world = World::redis().await;
    let table = Table::of(0..2000);
    let ids: Vec<u64> = (0..500).chain(1000..1100).collect();
    let first = find_many(table.clone(), ids.clone());
    assert_eq!(world.run(first).await.unwrap().len(), 600);
    // From now on the server refuses the `MGET` with the longer keys.
    let allowed = [
        "ACL",
        "SETUSER",
        "default",
        "resetkeys",
        "~row:?",
        "~row:??",
        "~row:???",
    ];
    world.server().run(&allowed);
    let found = world.run(find_many(table.clone(), ids)).await.unwrap();
    assert_eq!(found.len(), 600);
    assert!(
        table.queries()[1].len() < 600,
        "what was found is not loaded again"
    );
}

/// Two caches on one server are as two processes.
async fn two_caches(server: &Server) -> [Cache; 2] {
    let connect = || {
        Cache::builder(server.url())
            .deadline(Duration::from_secs(5))
            .connect()
    };
    [connect().await.unwrap(), connect().await.unwrap()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_another_process_fails_the_one_that_waited_stores_all_rows() {
    let server = Server::start();
    let [one, two] = two_caches(&server).await;
    let table = Table::behind(Gate::closed(), 0..4);
    table.set(1, "poison");
    let failing = find_many(table.clone(), vec![0, 1, 2, 3]);
    let leader = tokio::spawn(async move { one.scope(failing).await });
    table.gate().reached().await;
    let good = find_many(Table::of(0..4), vec![0, 1, 2, 3]);
    let cache = two.clone();
    let next = tokio::spawn(async move { cache.scope(good).await });
    // It polls the first key.
    eventually(PATIENCE, || {
        server.commandstats().get("get").is_some_and(|n| *n > 2)
    })
    .await;
    table.gate().open();
    leader.await.unwrap().unwrap_err();
    assert_eq!(next.await.unwrap(), Ok(rows(0..4)));
    assert_eq!(two.stats().family("row:<ids>").unwrap().fills, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_load_keeps_all_its_leases() {
    let world = World::redis_with(|builder| builder.lease(Duration::from_millis(900))).await;
    let table = Table::behind(Gate::closed(), 0..3000);
    let batch = world.spawn(find_many(table.clone(), (0..3000).collect()));
    table.gate().reached().await;
    // Longer than a lease lives.
    pause(Duration::from_secs(2)).await;
    assert_eq!(world.server().keys().len(), 3000);
    table.gate().open();
    batch.await.unwrap().unwrap();
    assert_eq!(world.family("row:<ids>").fills, 3000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_batch_leaves_no_lease_behind() {
    let world = World::redis().await;
    let table = Table::behind(Gate::closed(), 0..3000);
    let batch = world.spawn(find_many(table.clone(), (0..3000).collect()));
    table.gate().reached().await;
    assert_eq!(world.server().keys().len(), 3000);
    batch.abort();
    eventually(PATIENCE, || world.server().keys().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_rows_meet_the_deadline() {
    #[cache_aside(key = "large:<ids>", each = ids, ttl = 60)]
    async fn large(ids: &[u64]) -> HashMap<u64, String> {
        ids.iter().map(|id| (*id, "x".repeat(100_000))).collect()
    }

    let server = Server::start();
    let [one, two] = two_caches(&server).await;
    let ids: Vec<u64> = (0..200).collect();
    one.scope(large(&ids)).await;
    let filled = one.stats();
    let filled = filled.family("large:<ids>").unwrap();
    assert_eq!((filled.fills, filled.errors), (200, 0));
    assert_eq!(two.scope(inspect(large(&ids))).await.1, Served::Hit);
}
