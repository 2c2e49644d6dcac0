//! A ranking as its users see it.

use std::time::Duration;

use cached_redis_runtime::structures::{Member, Ranking};
use cached_redis_runtime::{Cache, ErrorKind, Served, bypass, inspect, key, transaction};
use cached_redis_tests::eventually;

use super::{HOUR, Table, names, who};
use crate::common::{PATIENCE, World};
use crate::on_every_store;

const SCORES: &[(&str, f64)] = &[
    ("ada", 30.0),
    ("bob", 20.0),
    ("Bob", 20.0),
    ("cyd", 20.0),
    ("dan", -0.0),
    ("eve", 0.0),
    ("fay", f64::INFINITY),
    ("gil", 1e300),
    ("hal", 0.1 + 0.2),
    ("ivy", f64::NEG_INFINITY),
];

/// Everything that can be asked, as one text.
async fn everything(board: &Ranking<String, String>) -> String {
    let mut all = vec![format!("{:?}", board.top(100).await)];
    for n in 0..4 {
        all.push(format!("{:?}", board.top(n).await));
    }
    for (member, _) in SCORES.iter().chain([&("nobody", 0.0)]) {
        let member = who(member);
        let (rank, score) = (board.rank(&member).await, board.score(&member).await);
        all.push(format!("{rank:?} {score:?}"));
        for n in [0, 2, 100] {
            all.push(format!("{:?}", board.around(&member, n).await));
        }
    }
    all.push(format!("{:?}", (board.len().await, board.is_empty().await)));
    all.join("\n")
}

on_every_store! {
    /// The order of ties too is that of the server, and scores come back as they went.
    async fn what_redis_says_is_what_the_source_says(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        assert_eq!(inspect(board.top(3)).await.1, Served::Miss);
        let (top, served) = inspect(board.top(6)).await;
        assert_eq!(served, Served::Hit);
        assert_eq!(names(&top.unwrap()), ["fay", "gil", "ada", "cyd", "bob", "Bob"]);
        let stored = everything(&board).await;
        assert_eq!(table.reads(), 1);
        assert_eq!(stored, bypass(everything(&board)).await);
        assert!(table.reads() > 1, "it asked the source");
        let stats = world.family("board");
        assert_eq!((stats.misses, stats.fills, stats.mismatches), (1, 1, 0));
    }

    async fn a_hit_is_one_command(world: &World) {
        if !world.is_redis() {
            return;
        }
        let board = Table::of(SCORES).board(&world.cache);
        board.top(3).await.unwrap();
        world.server().reset_commandstats();
        board.top(3).await.unwrap();
        let commands = world.server().data_commands();
        assert_eq!(commands.get("zrange"), Some(&1), "{commands:?}");
        assert_eq!(commands.len(), 1, "{commands:?}");
    }

    async fn a_change_shows_at_once_and_asks_no_source(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        board.len().await.unwrap();
        board.record(&who("zoe"), 25, table.write("zoe", 25.0)).await.unwrap().cached.unwrap();
        assert_eq!(board.rank(&who("zoe")).await, Ok(Some(3)));
        board.record(&who("ada"), 1, table.write("ada", 1.0)).await.unwrap().cached.unwrap();
        assert_eq!(board.score(&who("ada")).await, Ok(Some(1.0)));
        board.remove(&who("fay"), table.delete("fay")).await.unwrap().cached.unwrap();
        assert_eq!(board.score(&who("fay")).await, Ok(None));
        // No number ranks nowhere.
        board.record(&who("gil"), f64::NAN, table.write("gil", f64::NAN)).await.unwrap().cached.unwrap();
        assert_eq!(board.rank(&who("gil")).await, Ok(None));
        let raised = async { Ok::<_, String>(31_u32) };
        table.set("bob", 31.0);
        assert_eq!(board.update(&who("bob"), raised).await.unwrap().into_result().unwrap(), 31);
        assert_eq!(table.reads(), 1);
        assert_eq!(everything(&board).await, bypass(everything(&board)).await);
        assert_eq!(world.family("board").changes, 5);
    }

    async fn a_change_that_the_source_refuses_is_none(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        board.len().await.unwrap();
        let refused = async { Err::<(), _>("locked") };
        assert_eq!(board.record(&who("ada"), 99, refused).await.unwrap_err(), "locked");
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(30.0)), Served::Hit));
        // Nor does it stand in the way of the next.
        board.record(&who("ada"), 31, table.write("ada", 31.0)).await.unwrap().cached.unwrap();
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(31.0)), Served::Hit));
    }

    async fn that_there_is_nobody_is_known_too(world: &World) {
        let table = Table::of(&[]);
        let board = table.board(&world.cache);
        for served in [Served::Miss, Served::Hit, Served::Hit] {
            assert_eq!(inspect(board.top(3)).await, (Ok(Vec::new()), served));
        }
        assert_eq!(board.len().await, Ok(0));
        assert_eq!(board.is_empty().await, Ok(true));
        assert_eq!(board.around(&who("ada"), 1).await, Ok(Vec::new()));
        board.remove(&who("ada"), table.delete("ada")).await.unwrap().cached.unwrap();
        board.record(&who("ada"), 1, table.write("ada", 1.0)).await.unwrap().cached.unwrap();
        assert_eq!(inspect(board.len()).await, (Ok(1), Served::Hit));
        board.remove(&who("ada"), table.delete("ada")).await.unwrap().cached.unwrap();
        assert_eq!(board.len().await, Ok(0));
        assert_eq!(table.reads(), 2, "the last one took the set with it");
    }

    async fn an_error_of_the_source_is_the_callers(world: &World) {
        let board: Ranking<u64, &str> =
            Ranking::new(&world.cache, key!("board"), HOUR, || async { Err("no database") });
        for _ in 0..2 {
            assert_eq!(board.top(1).await, Err("no database"));
        }
        let stats = world.family("board");
        assert_eq!((stats.loads, stats.failed_loads, stats.fills), (2, 2, 0));
    }

    async fn loads_and_waits_are_counted_and_timed(world: &World) {
        let table = Table::of(&[("ada", 1.0)]);
        let board = table.board(&world.cache);
        table.gate.close();
        let ask = || {
            let board = board.clone();
            world.spawn(async move { board.len().await })
        };
        // One that is given up in the middle is one that failed.
        let given_up = ask();
        table.gate.reached().await;
        given_up.abort();
        assert!(given_up.await.is_err());
        let asks = ask();
        table.gate.reached_by(2).await;
        // It may have waited until the right of the first was given back.
        let before = world.family("board").waits;
        let waits = ask();
        world.waiting(1).await;
        table.gate.open();
        assert_eq!((asks.await.unwrap(), waits.await.unwrap()), (Ok(1), Ok(1)));
        let family = world.family("board");
        assert_eq!((family.loads, family.failed_loads), (2, 1));
        // For the right to ask, or for the answer, or for both.
        assert!(family.waits > before, "{family:?}");
        assert_eq!(family.joined, 1);
        assert!(family.load_time > Duration::ZERO, "{family:?}");
        assert!(family.wait_time > Duration::ZERO, "{family:?}");
    }

    async fn members_have_types(world: &World) {
        let id = uuid::Uuid::from_u128(7);
        let ids = Ranking::new(&world.cache, key!("ids"), HOUR, move || async move {
            Ok::<_, String>(vec![(id, 1.0)])
        });
        let numbers = Ranking::new(&world.cache, key!("numbers"), HOUR, || async {
            Ok::<_, String>(vec![(-7_i64, 1.0), (i64::MAX, 1.0)])
        });
        for _ in 0..2 {
            assert_eq!(ids.top(1).await.unwrap()[0].member, id);
            assert_eq!(numbers.rank(&-7).await, Ok(Some(1)));
            assert_eq!(numbers.top(1).await.unwrap()[0].member, i64::MAX);
        }
        assert_eq!(id.to_member(), "00000000-0000-0000-0000-000000000007");
    }

    /// Many more rows than one command takes.
    async fn a_large_ranking_is_stored_in_parts(world: &World) {
        let board = Ranking::new(&world.cache, key!("large"), HOUR, || async {
            Ok::<_, String>((0..1_234_u32).map(|n| (n, f64::from(n))).collect())
        });
        assert_eq!(inspect(board.len()).await, (Ok(1_234), Served::Miss));
        assert_eq!(inspect(board.len()).await, (Ok(1_234), Served::Hit));
        assert_eq!(board.rank(&0).await, Ok(Some(1_233)));
        assert_eq!(board.around(&1_233, 1).await.unwrap().len(), 2);
    }

    async fn in_a_transaction_it_waits_for_the_commit(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        board.len().await.unwrap();
        transaction(async {
            let written = board.record(&who("ada"), 99, table.write("ada", 99.0)).await;
            written.unwrap().cached.unwrap();
            assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(99.0)), Served::Bypassed));
            let other = Table::of(&[("x", 1.0)]);
            assert_eq!(inspect(other.board(&world.cache).len()).await.1, Served::Bypassed);
            Ok::<_, String>(())
        })
        .await
        .unwrap();
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(99.0)), Served::Miss));
        let rolled_back = transaction(async {
            let refused = async { Ok::<_, String>(()) };
            board.record(&who("ada"), 1, refused).await.unwrap().cached.unwrap();
            Err::<(), _>("rolled back")
        });
        rolled_back.await.unwrap_err();
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(99.0)), Served::Hit));
    }

    async fn invalidated_it_is_built_anew(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        board.len().await.unwrap();
        table.set("ada", 99.0);
        board.invalidate().await.unwrap();
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(99.0)), Served::Miss));
        table.set("ada", 98.0);
        world.plain_delete(key!("board")).await;
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(98.0)), Served::Miss));
    }

    async fn a_key_that_is_too_long_is_not_sent(world: &World) {
        let table = Table::of(SCORES);
        let name = "x".repeat(9 << 10);
        let rows = table.clone();
        let board = Ranking::new(&world.cache, key!("b:<name>"), HOUR, move || rows.clone().all());
        for _ in 0..2 {
            assert_eq!(board.len().await, Ok(10));
        }
        board.record(&who("ada"), 1, table.write("ada", 1.0)).await.unwrap().cached.unwrap();
        let stats = world.family("b:<name>");
        assert_eq!((stats.loads, stats.long_keys, stats.errors), (2, 3, 0));
    }

    /// Of whatever type it is, it is not ours to delete.
    async fn a_key_of_another_type_is_left_alone(world: &World) {
        if !world.is_redis() {
            return;
        }
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        world.server().run(&["HSET", "board", "field", "1"]);
        for _ in 0..2 {
            assert_eq!(inspect(board.len()).await, (Ok(10), Served::Uncached));
            assert_eq!(board.top(1).await.unwrap().len(), 1);
        }
        let written = board.record(&who("ada"), 99, table.write("ada", 99.0)).await.unwrap();
        assert_eq!(written.cached.unwrap_err().kind(), ErrorKind::WrongType);
        let refused = async { Err::<(), _>("no") };
        board.record(&who("ada"), 1, refused).await.unwrap_err();
        assert_eq!(board.score(&who("ada")).await, Ok(Some(99.0)));
        assert!(world.family("board").foreign > 0);
        assert_eq!(world.cache.stats().pending_deletes, 0);
        let kind: String = redis::from_redis_value(world.server().cli(&["TYPE", "board"])).unwrap();
        assert_eq!(kind, "hash");
        // A feed's type, on which a ranking sets no end either.
        world.server().run(&["DEL", "board"]);
        world.server().run(&["RPUSH", "board", "somebody's"]);
        let written = board.record(&who("ada"), 98, table.write("ada", 98.0)).await.unwrap();
        assert_eq!(written.cached.unwrap_err().kind(), ErrorKind::WrongType);
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(98.0)), Served::Uncached));
        assert_eq!((world.server().keys(), world.server().ttl("board")), (vec!["board".to_owned()], None));
    }

    async fn what_is_no_member_is_built_anew(world: &World) {
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        let board = Ranking::new(&world.cache, key!("ids"), HOUR, || async {
            Ok::<_, String>(vec![(7_u64, 1.0)])
        });
        for junk in ["x", "07", "+7"] {
            board.top(1).await.unwrap();
            server.run(&["ZADD", "ids", "5", junk]);
            assert_eq!(board.top(9).await.unwrap()[0].member, 7);
            assert_eq!(inspect(board.len()).await, (Ok(1), Served::Hit));
        }
        assert_eq!(world.family("ids").mismatches, 3);
        // A string of somebody else's is replaced, as for a function.
        server.set("ids", b"hello");
        assert_eq!(board.len().await, Ok(1));
        assert_eq!(inspect(board.len()).await, (Ok(1), Served::Hit));
    }

    async fn it_lives_as_long_as_it_should(world: &World) {
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        board.len().await.unwrap();
        let at_first = server.ttl("board").unwrap();
        assert!(at_first <= HOUR && at_first >= HOUR * 8 / 10, "{at_first:?}");
        let inside = async {
            table.set("ada", 1.0);
            let meanwhile = server.ttl("board").unwrap();
            // The cache's lease.
            assert!(meanwhile <= Duration::from_secs(10), "{meanwhile:?}");
            Ok::<_, String>(())
        };
        board.record(&who("ada"), 1, inside).await.unwrap().cached.unwrap();
        let after = server.ttl("board").unwrap();
        assert!(after <= at_first && after + HOUR / 10 > at_first, "{after:?}");
        let forever = Ranking::new(&world.cache, key!("eternal"), Duration::MAX, || async {
            Ok::<_, String>(vec![(7_u64, 1.0)])
        });
        forever.len().await.unwrap();
        assert_eq!(server.ttl("eternal"), None);
        forever.record(&7, 2, async { Ok::<_, String>(()) }).await.unwrap().cached.unwrap();
        assert_eq!(server.ttl("eternal"), None);
        assert_eq!(inspect(forever.score(&7)).await, (Ok(Some(2.0)), Served::Hit));
        assert_eq!(server.keys(), ["%beside:until:{board}", "board", "eternal"]);
    }
}

/// However often it looks.
#[tokio::test]
async fn the_load_of_another_process_is_one_wait() {
    let (world, table) = (World::redis().await, Table::of(&[("ada", 1.0)]));
    let other = Cache::builder(world.server().url()).deadline(Duration::from_secs(5));
    let other = table.board(&other.connect().await.unwrap());
    table.gate.close();
    let loads = tokio::spawn(async move { other.len().await });
    table.gate.reached().await;
    let board = table.board(&world.cache);
    let waits = world.spawn(async move { board.len().await });
    eventually(PATIENCE, || world.family("board").waits > 0).await;
    table.gate.open();
    assert_eq!((loads.await.unwrap(), waits.await.unwrap()), (Ok(1), Ok(1)));
    let family = world.family("board");
    assert_eq!((family.waits, family.joined, family.loads), (1, 1, 0));
    assert!(family.wait_time > Duration::ZERO, "{family:?}");
}
