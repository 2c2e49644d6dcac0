//! `each = ids`: several keys, one body for those that are missing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use cached_redis_runtime::{
    Served, bypass, cache_aside, cache_invalidate, inspect, key, key_family, refresh,
};
use cached_redis_tests::Table;

use crate::common::World;
use crate::on_every_store;

type Rows = HashMap<u64, String>;

#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
async fn find_many(table: &Table, ids: &[u64]) -> Result<Rows, Infallible> {
    Ok(table.query(ids.iter().copied()).await.into_iter().collect())
}

#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, none_ttl = 60, skip(table))]
async fn find_or_remember(table: &Table, ids: &[u64]) -> Rows {
    table.query(ids.iter().copied()).await.into_iter().collect()
}

#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
async fn in_order(table: &Table, ids: Vec<u64>) -> Vec<(u64, String)> {
    table.query(ids).await
}

#[cache_aside(key = "row:<id>", ttl = 60, none_ttl = 60, skip(table))]
async fn find(table: &Table, id: u64) -> Option<String> {
    table.query([id]).await.pop().map(|(_, row)| row)
}

#[cache_invalidate(key = "row:<id>")]
async fn update(table: &Table, id: u64, row: &str) {
    table.set(id, row);
}

fn rows(ids: &[u64]) -> Rows {
    ids.iter().map(|id| (*id, format!("row{id}"))).collect()
}

fn list(ids: &[u64]) -> Vec<(u64, String)> {
    ids.iter().map(|id| (*id, format!("row{id}"))).collect()
}

on_every_store! {
    async fn the_body_runs_once_and_only_with_the_missing_ids(world: &World) {
        let table = Table::of(1..=9);
        assert_eq!(inspect(find_many(&table, &[3, 1])).await, (Ok(rows(&[1, 3])), Served::Miss));
        assert_eq!(inspect(find_many(&table, &[1, 2, 3, 4])).await, (Ok(rows(&[1, 2, 3, 4])), Served::Miss));
        assert_eq!(inspect(find_many(&table, &[4, 2])).await, (Ok(rows(&[2, 4])), Served::Hit));
        assert_eq!(table.queries(), [vec![3, 1], vec![2, 4]]);
        let family = world.family("row:<ids>");
        assert_eq!((family.hits, family.misses, family.fills, family.loads), (4, 4, 4, 2));
    }

    async fn it_shares_its_entries_with_the_function_for_one_row(_world: &World) {
        let table = Table::of(1..=9);
        find(&table, 1).await;
        assert_eq!(find_many(&table, &[1, 2]).await, Ok(rows(&[1, 2])));
        assert_eq!(inspect(find(&table, 2)).await, (Some("row2".into()), Served::Hit));
        assert_eq!(table.queries(), [vec![1], vec![2]]);
    }

    async fn duplicates_are_asked_for_once(_world: &World) {
        let table = Table::of(1..=9);
        find_many(&table, &[1]).await.unwrap();
        assert_eq!(find_many(&table, &[2, 1, 2, 1, 2]).await, Ok(rows(&[1, 2])));
        assert_eq!(find_many(&table, &[4, 3, 4]).await, Ok(rows(&[3, 4])));
        assert_eq!(table.queries(), [vec![1], vec![2], vec![4, 3]]);
    }

    async fn no_ids_cost_nothing(world: &World) {
        let table = Table::of(1..=9);
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        assert_eq!(find_many(&table, &[]).await, Ok(Rows::new()));
        assert_eq!(in_order(&table, vec![]).await, []);
        assert!(table.queries().is_empty());
        if world.is_redis() {
            assert_eq!(world.server().data_commands().values().sum::<u64>(), 0);
        }
    }

    async fn rows_in_a_list_come_in_the_order_of_the_ids(_world: &World) {
        let table = Table::of(1..=9);
        assert_eq!(in_order(&table, vec![5, 1, 3]).await, list(&[5, 1, 3]));
        assert_eq!(in_order(&table, vec![6, 3, 2, 5, 1]).await, list(&[6, 3, 2, 5, 1]));
        assert_eq!(inspect(in_order(&table, vec![3, 6])).await, (list(&[3, 6]), Served::Hit));
        assert_eq!(table.queries(), [vec![5, 1, 3], vec![6, 2]]);
    }

    async fn ids_unknown_to_the_source_are_asked_for_again_without_none_ttl(_world: &World) {
        let table = Table::of([1]);
        assert_eq!(find_many(&table, &[1, 7]).await, Ok(rows(&[1])));
        assert_eq!(find_many(&table, &[1, 7]).await, Ok(rows(&[1])));
        assert_eq!(table.queries(), [vec![1, 7], vec![7]]);
    }

    async fn ids_unknown_to_the_source_follow_none_ttl(world: &World) {
        let table = Table::of([1]);
        assert_eq!(find_or_remember(&table, &[1, 7]).await, rows(&[1]));
        assert_eq!(inspect(find_or_remember(&table, &[1, 7])).await, (rows(&[1]), Served::Hit));
        assert_eq!(inspect(find(&table, 7)).await, (None, Served::Hit));
        assert_eq!(world.family("row:<ids>").negative_hits, 1);
        update(&table, 7, "new").await;
        assert_eq!(find_or_remember(&table, &[7]).await.get(&7).map(String::as_str), Some("new"));
    }

    async fn one_invalidated_id_is_loaded_again_alone(_world: &World) {
        let table = Table::of(1..=3);
        find_many(&table, &[1, 2, 3]).await.unwrap();
        update(&table, 2, "changed").await;
        let found = find_many(&table, &[1, 2, 3]).await.unwrap();
        assert_eq!(found.get(&2).map(String::as_str), Some("changed"));
        assert_eq!(table.queries(), [vec![1, 2, 3], vec![2]]);
    }

    async fn ten_thousand_ids(world: &World) {
        let table = Table::of(0..10_000);
        let ids: Vec<u64> = (0..10_000).collect();
        assert_eq!(find_many(&table, &ids).await.unwrap().len(), 10_000);
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        let (found, served) = inspect(find_many(&table, &ids)).await;
        assert_eq!((found.unwrap(), served), (rows(&ids), Served::Hit));
        assert_eq!(table.queries().len(), 1);
        if world.is_redis() {
            let commands = world.server().data_commands();
            assert_eq!(commands.into_iter().collect::<Vec<_>>(), [("mget".to_owned(), 20)]);
        }
    }

    async fn an_error_is_returned_and_nothing_is_cached(world: &World) {
        #[cache_aside(key = "fails:<ids>", each = ids, ttl = 60)]
        async fn fails(ids: &[u64]) -> Result<Rows, &'static str> {
            if ids.len() > 1 { Err("no database") } else { Ok(rows(ids)) }
        }

        assert_eq!(fails(&[1, 2]).await, Err("no database"));
        // The leases are back: a call for one of them loads at once.
        assert_eq!(inspect(fails(&[2])).await, (Ok(rows(&[2])), Served::Miss));
        assert_eq!(fails(&[1, 2, 3]).await, Err("no database"), "and no hit in place of the error");
        let family = world.family("fails:<ids>");
        assert_eq!((family.fills, family.failed_loads), (1, 2));
    }

    async fn refresh_loads_all_and_bypass_leaves_the_cache_alone(world: &World) {
        let table = Table::of(1..=3);
        find_many(&table, &[1, 2]).await.unwrap();
        table.set(1, "silently changed");
        assert_eq!(find_many(&table, &[1]).await, Ok(rows(&[1])));
        let fresh = bypass(find_many(&table, &[1, 1])).await.unwrap();
        assert_eq!(fresh[&1], "silently changed");
        assert_eq!(find_many(&table, &[1]).await, Ok(rows(&[1])));
        assert_eq!(inspect(refresh(find_many(&table, &[1, 2, 3]))).await.1, Served::Refreshed);
        assert_eq!(find_many(&table, &[1]).await.unwrap()[&1], "silently changed");
        assert_eq!(inspect(find_many(&table, &[1, 2, 3])).await.1, Served::Hit);
        assert_eq!(table.queries(), [vec![1, 2], vec![1, 1], vec![1, 2, 3]]);
        assert_eq!(world.family("row:<ids>").fills, 5);
    }

    async fn every_collection_of_ids_and_rows(_world: &World) {
        #[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
        async fn by_set(table: &Table, ids: &HashSet<u64>) -> BTreeMap<u64, String> {
            table.query(ids.iter().copied()).await.into_iter().collect()
        }

        #[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
        async fn by_sorted(table: &Table, mut ids: BTreeSet<u64>) -> Vec<(u64, Arc<String>)> {
            ids.retain(|id| *id < 100);
            let rows = table.query(ids).await.into_iter();
            rows.map(|(id, row)| (id, Arc::new(row))).collect()
        }

        #[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
        async fn by_list(table: &Table, ids: &Vec<u64>) -> Result<Rows, String> {
            if ids.is_empty() {
                return Err("asked for nothing".to_owned());
            }
            Ok(table.query(ids.clone()).await.into_iter().collect())
        }

        let table = Table::of(1..=9);
        assert_eq!(by_set(&table, &HashSet::from([1])).await.len(), 1);
        let sorted = by_sorted(&table, BTreeSet::from([1, 2, 300])).await;
        assert_eq!(sorted, [(1, Arc::new("row1".to_owned())), (2, Arc::new("row2".to_owned()))]);
        assert_eq!(by_list(&table, &vec![3, 2, 1]).await, Ok(rows(&[1, 2, 3])));
        assert_eq!(table.queries(), [vec![1], vec![2], vec![3]]);
    }

    async fn other_parameters_and_fields_of_the_ids(_world: &World) {
        #[derive(Clone, PartialEq, Eq, Hash)]
        struct Place { shelf: u32, number: u32 }

        #[cache_aside(key = "t:<tenant>:<places.shelf>:<places.number>", each = places, ttl = 60)]
        async fn books(tenant: String, places: &[Place]) -> HashMap<Place, String> {
            let title = |place: &Place| format!("{tenant}{}.{}", place.shelf, place.number);
            places.iter().map(|place| (place.clone(), title(place))).collect()
        }

        let place = |shelf, number| Place { shelf, number };
        books("a".into(), &[place(1, 2), place(2, 1)]).await;
        let (books_b, served) = inspect(books("b".into(), &[place(1, 2)])).await;
        assert_eq!((books_b[&place(1, 2)].as_str(), served), ("b1.2", Served::Miss));
        let (books_a, served) = inspect(books("a".into(), &[place(2, 1)])).await;
        assert_eq!((books_a[&place(2, 1)].as_str(), served), ("a2.1", Served::Hit));
    }

    async fn a_family_for_one_row_and_for_many(_world: &World) {
        key_family! {
            RowById(tenant: str, id: u64) -> String = "family:<tenant>:<id>";
        }

        #[cache_aside(key = RowById(tenant, id), ttl = 60, skip(table))]
        async fn one(table: &Table, tenant: &str, id: u64) -> Option<Arc<String>> {
            let row = table.query([id]).await.pop();
            row.map(|(_, row)| Arc::new(row + tenant))
        }

        #[cache_aside(key = RowById(&tenant, ids), each = ids, ttl = 60, skip(table))]
        async fn many(table: &Table, tenant: String, ids: &[u64]) -> Result<Rows, Infallible> {
            let rows = table.query(ids.iter().copied()).await.into_iter();
            Ok(rows.map(|(id, row)| (id, row + &tenant)).collect())
        }

        #[cache_invalidate(keys(RowById("a", ids), "rows:all"), each = ids)]
        async fn clear(ids: Vec<u64>) {
            drop(ids);
        }

        let table = Table::of(1..=9);
        one(&table, "a", 1).await;
        many(&table, "b".into(), &[1, 2]).await.unwrap();
        assert_eq!(many(&table, "a".into(), &[1, 2]).await.unwrap()[&1], "row1a");
        assert_eq!(table.queries(), [vec![1], vec![1, 2], vec![2]]);
        clear(vec![1, 2]).await;
        assert_eq!(inspect(one(&table, "a", 2)).await.1, Served::Miss);
        assert_eq!(inspect(many(&table, "b".into(), &[2, 1])).await.1, Served::Hit);
    }

    async fn unless_decides_for_each_row(world: &World) {
        #[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table), unless = |row| row == "row2")]
        async fn some(table: &Table, ids: &[u64]) -> Rows {
            table.query(ids.iter().copied()).await.into_iter().collect()
        }

        let table = Table::of(1..=3);
        some(&table, &[1, 2, 3]).await;
        some(&table, &[1, 2, 3]).await;
        assert_eq!(table.queries(), [vec![1, 2, 3], vec![2]]);
        assert_eq!(world.family("row:<ids>").unstored, 2);
    }

    async fn several_rows_for_one_id_are_returned_and_not_cached(_world: &World) {
        #[cache_aside(key = "orders:<users>", each = users, ttl = 60)]
        async fn orders(users: &[u64]) -> Vec<(u64, u64)> {
            users.iter().flat_map(|user| [(*user, 10 * user), (*user, 10 * user + 1)]).collect()
        }

        let expected = [(2, 20), (2, 21), (1, 10), (1, 11)];
        assert_eq!(orders(&[2, 1]).await, expected);
        assert_eq!(inspect(orders(&[2, 1])).await, (expected.to_vec(), Served::Miss));
    }

    async fn a_body_that_reads_its_own_ids_one_by_one(_world: &World) {
        #[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
        async fn one_by_one(table: &Table, ids: &[u64]) -> Rows {
            let mut rows = Rows::new();
            for id in ids {
                rows.extend(find(table, *id).await.map(|row| (*id, row)));
            }
            rows
        }

        let table = Table::of(1..=3);
        assert_eq!(one_by_one(&table, &[1, 2, 3]).await, rows(&[1, 2, 3]));
        assert_eq!(inspect(one_by_one(&table, &[3, 2, 1])).await.1, Served::Hit);
    }

    async fn a_writer_clears_one_key_per_item(world: &World) {
        #[cache_invalidate(keys("row:<ids>", "rows:all"), each = ids)]
        async fn delete_many(table: &Table, ids: Vec<u64>) -> Result<usize, String> {
            for id in &ids {
                table.set(*id, "gone");
            }
            let count = ids.len();
            drop(ids);
            Ok(count)
        }

        let table = Table::of(1..=4);
        find_many(&table, &[1, 2, 3, 4]).await.unwrap();
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        assert_eq!(delete_many(&table, vec![1, 3]).await, Ok(2));
        if world.is_redis() {
            assert_eq!(world.server().data_commands().get("del"), Some(&1));
        }
        assert_eq!(find_many(&table, &[1, 2, 3, 4]).await.unwrap()[&3], "gone");
        assert_eq!(table.queries(), [vec![1, 2, 3, 4], vec![1, 3]]);
        assert_eq!(world.family("row:<ids>").invalidations, 3);
    }

    async fn a_writer_clears_one_key_per_field_of_an_item(_world: &World) {
        struct Row { id: u64 }

        #[cache_invalidate(key = "row:<rows.id>", each = rows)]
        async fn save(rows: &[Row]) {
            let _ = rows;
        }

        let table = Table::of(1..=3);
        find_many(&table, &[1, 2, 3]).await.unwrap();
        save(&[Row { id: 1 }, Row { id: 2 }]).await;
        find_many(&table, &[1, 2, 3]).await.unwrap();
        assert_eq!(table.queries(), [vec![1, 2, 3], vec![1, 2]]);
    }

    async fn an_entry_of_another_type_is_loaded_again_and_replaced(world: &World) {
        #[cache_aside(key = "row:<id>", ttl = 60)]
        async fn number(id: u64) -> u64 {
            id
        }

        let table = Table::of(1..=3);
        number(2).await;
        assert_eq!(find_many(&table, &[1, 2, 3]).await, Ok(rows(&[1, 2, 3])));
        assert_eq!(inspect(find_many(&table, &[2])).await.1, Served::Hit);
        assert_eq!(world.family("row:<ids>").mismatches, 1);
    }
}

#[tokio::test]
async fn a_batch_costs_one_mget_a_claim_of_the_first_and_one_round_for_the_rest() {
    let world = World::redis().await;
    // Redis 6.2 claims by a script, whose commands the server counts as well.
    let by_script = world
        .server()
        .try_cli(&["SET", "probe", "", "NX", "GET"])
        .is_err();
    let table = Table::of(1..=9);
    world.run(find_many(&table, &[9])).await.unwrap();
    world.server().reset_commandstats();
    world.run(find_many(&table, &[1, 2, 3])).await.unwrap();
    let commands = world.server().data_commands();
    assert_eq!(commands.get("mget"), Some(&1), "{commands:?}");
    let (gets, scripts) = if by_script { (Some(&3), 6) } else { (None, 3) };
    assert_eq!(commands.get("get"), gets, "{commands:?}");
    assert_eq!(commands.get("evalsha"), Some(&scripts), "{commands:?}");
}

#[tokio::test]
async fn a_key_of_another_redis_type_is_loaded_along_and_left_alone() {
    let world = World::redis().await;
    world.server().run(&["RPUSH", "row:1", "theirs"]);
    let table = Table::of(1..=3);
    for _ in 0..2 {
        assert_eq!(
            world.run(find_many(&table, &[1, 2])).await,
            Ok(rows(&[1, 2]))
        );
    }
    assert_eq!(table.queries(), [vec![1, 2], vec![1]], "row 2 is cached");
    assert_eq!(world.server().cli(&["LLEN", "row:1"]), redis::Value::Int(1));
    assert!(world.family("row:<ids>").foreign >= 2);
}

#[tokio::test]
async fn scripts_flushed_from_the_server_are_sent_again() {
    let world = World::redis().await;
    let table = Table::of(1..=9);
    world.run(find_many(&table, &[1])).await.unwrap();
    world.server().run(&["SCRIPT", "FLUSH"]);
    world.run(find_many(&table, &[1, 2, 3, 4])).await.unwrap();
    assert_eq!(
        world.run(inspect(find_many(&table, &[1, 2, 3, 4]))).await.1,
        Served::Hit
    );
}

#[tokio::test]
async fn without_a_server_the_body_gets_all_ids_as_they_are() {
    let world = World::redis().await;
    let table = Table::of(1..=3);
    world.server().kill();
    let (found, served) = world.run(inspect(find_many(&table, &[2, 1, 2]))).await;
    assert_eq!((found, served), (Ok(rows(&[1, 2])), Served::Uncached));
    let id = 1;
    assert!(world.cache.invalidate(key!("row:<id>")).await.is_err());
    assert_eq!(
        world.run(inspect(find_many(&table, &[1]))).await.1,
        Served::Uncached
    );
}
