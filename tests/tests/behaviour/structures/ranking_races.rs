//! Who writes, reads, builds and deletes at the same time.

use std::sync::Arc;

use cached_redis_runtime::structures::Written;
use cached_redis_runtime::{Served, inspect, key};
use cached_redis_tests::{Gate, eventually};

use super::{Table, names, who};
use crate::common::{PATIENCE, World};
use crate::on_every_store;

const SCORES: &[(&str, f64)] = &[("ada", 30.0), ("bob", 20.0)];

/// A write that has begun and waits at the gate, before or after the source has changed.
async fn held(table: Table, gate: Gate, member: &'static str, score: f64) -> Result<(), String> {
    gate.pass().await;
    table.set(member, score);
    Ok(())
}

on_every_store! {
    /// The source is read, a score is recorded, and only then is stored what was read.
    async fn a_score_recorded_while_the_ranking_is_built_is_not_lost(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        table.gate.close();
        let builder = world.spawn({
            let board = board.clone();
            async move { board.top(9).await.unwrap() }
        });
        table.gate.reached().await;
        board.record(&who("bob"), 99, table.write("bob", 99.0)).await.unwrap().cached.unwrap();
        board.record(&who("new"), 1, table.write("new", 1.0)).await.unwrap().cached.unwrap();
        table.gate.open();
        assert_eq!(names(&builder.await.unwrap()), ["ada", "bob"], "as it was when it asked");
        let (top, served) = inspect(board.top(9)).await;
        assert_eq!((names(&top.unwrap()), served), (vec!["bob", "ada", "new"], Served::Hit));
        assert_eq!((table.reads(), world.family("board").fills), (1, 1));
    }

    /// The write has begun before, and ends after.
    async fn a_write_around_a_build_is_not_lost(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        let gate = Gate::closed();
        let writer = world.spawn({
            let (board, table, gate) = (board.clone(), table.clone(), gate.clone());
            async move {
                let write = held(table, gate, "bob", 99.0);
                board.record(&who("bob"), 99, write).await.unwrap().cached.unwrap();
            }
        });
        gate.reached().await;
        assert_eq!(board.score(&who("bob")).await, Ok(Some(20.0)));
        assert_eq!(inspect(board.score(&who("bob"))).await, (Ok(Some(20.0)), Served::Hit));
        gate.open();
        writer.await.unwrap();
        assert_eq!(inspect(board.score(&who("bob"))).await, (Ok(Some(99.0)), Served::Hit));
        assert_eq!(table.reads(), 1);
    }

    async fn what_was_deleted_while_it_was_built_is_not_stored(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        table.gate.close();
        let builder = world.spawn({
            let board = board.clone();
            async move { board.top(9).await.unwrap() }
        });
        table.gate.reached().await;
        table.set("ada", 1.0);
        world.plain_delete(key!("board")).await;
        table.gate.open();
        builder.await.unwrap();
        eventually(PATIENCE, || world.family("board").rejected_fills == 1).await;
        assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(1.0)), Served::Miss));
        assert_eq!(world.family("board").fills, 1);
    }

    /// Deleted, and built by another: the first must not take the other's right for its own.
    async fn a_build_does_not_take_the_place_of_a_later_one(world: &World) {
        let (old, new) = (Table::of(SCORES), Table::of(&[("ada", 1.0)]));
        old.gate.close();
        let builder = world.spawn({
            let board = old.board(&world.cache);
            async move { board.len().await.unwrap() }
        });
        old.gate.reached().await;
        world.plain_delete(key!("board")).await;
        // As another process: this one would wait in line.
        let other = other_process(world).await;
        if let Some(other) = &other {
            assert_eq!(new.board(other).score(&who("ada")).await, Ok(Some(1.0)));
        }
        old.gate.open();
        builder.await.unwrap();
        eventually(PATIENCE, || world.family("board").rejected_fills == 1).await;
        if let Some(other) = &other {
            assert_eq!(inspect(new.board(other).len()).await, (Ok(1), Served::Hit));
        }
    }

    async fn a_member_removed_while_it_is_built_does_not_come_back(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        table.gate.close();
        let builder = world.spawn({
            let board = board.clone();
            async move { board.top(9).await.unwrap() }
        });
        table.gate.reached().await;
        board.remove(&who("ada"), table.delete("ada")).await.unwrap().cached.unwrap();
        table.gate.open();
        builder.await.unwrap();
        assert_eq!(board.score(&who("ada")).await, Ok(None));
        assert_eq!(board.len().await, Ok(1));
    }

    /// The source sees the second first; Redis hears of them in the other order.
    async fn two_writes_of_a_member_never_leave_the_older_score(world: &World) {
        for first_ends_first in [true, false] {
            let table = Table::of(SCORES);
            let board = table.board(&world.cache);
            board.invalidate().await.unwrap();
            board.len().await.unwrap();
            let (before, after) = (Gate::closed(), Gate::closed());
            let write = |score: f64, before: Gate, after: Gate| {
                let (board, table) = (board.clone(), table.clone());
                world.spawn(async move {
                    let write = async {
                        before.pass().await;
                        table.set("ada", score);
                        after.pass().await;
                        Ok::<_, String>(())
                    };
                    board.record(&who("ada"), score, write).await.unwrap().cached.unwrap();
                })
            };
            let (first_after, second_after) = (Gate::closed(), after);
            let first = write(1.0, before.clone(), first_after.clone());
            before.reached().await;
            let second = write(2.0, Gate::opened(), second_after.clone());
            second_after.reached().await;
            // The source has 2 now, and then 1.
            before.open();
            first_after.reached().await;
            if first_ends_first {
                first_after.open();
                first.await.unwrap();
                // What is built here is built before the other has ended.
                assert_eq!(board.score(&who("ada")).await, Ok(Some(1.0)));
                second_after.open();
                second.await.unwrap();
            } else {
                second_after.open();
                second.await.unwrap();
                first_after.open();
                first.await.unwrap();
            }
            assert_eq!(board.score(&who("ada")).await, Ok(Some(1.0)), "{first_ends_first}");
            assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(1.0)), Served::Hit));
        }
    }

    async fn writes_of_others_do_not_hinder_each_other(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        board.len().await.unwrap();
        let writers: Vec<_> = (0..40_u32)
            .map(|n| {
                let (board, table) = (board.clone(), table.clone());
                world.spawn(async move {
                    let member = format!("m{n}");
                    let write = table.write(&member, n.into());
                    board.record(&member, n, write).await.unwrap().cached.unwrap();
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(inspect(board.len()).await, (Ok(42), Served::Hit));
        assert_eq!(table.reads(), 1);
    }

    async fn a_crowd_asks_the_source_once(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        table.gate.close();
        let readers: Vec<_> = (0..50)
            .map(|_| {
                let board = board.clone();
                world.spawn(async move { board.len().await.unwrap() })
            })
            .collect();
        table.gate.reached().await;
        world.waiting(49).await;
        table.gate.open();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 2);
        }
        assert_eq!(table.reads(), 1);
        eventually(PATIENCE, || world.cache.stats().under_way == 0).await;
    }

    /// Whoever asks the source is cancelled; another takes over at once.
    async fn a_builder_that_is_dropped_leaves_the_turn(world: &World) {
        let table = Table::of(SCORES);
        let board = table.board(&world.cache);
        table.gate.close();
        let first = world.spawn({
            let board = board.clone();
            async move { board.len().await }
        });
        table.gate.reached().await;
        let second = world.spawn({
            let board = board.clone();
            async move { board.len().await }
        });
        world.waiting(1).await;
        first.abort();
        table.gate.reached_by(2).await;
        table.gate.open();
        assert_eq!(second.await.unwrap(), Ok(2));
        assert_eq!(inspect(board.len()).await, (Ok(2), Served::Hit));
    }

    /// The database has committed, the caller is gone.
    async fn a_write_that_is_dropped_or_panics_leaves_nothing_old(world: &World) {
        for panics in [false, true] {
            let table = Table::of(SCORES);
            let board = table.board(&world.cache);
            board.invalidate().await.unwrap();
            board.len().await.unwrap();
            let gate = Gate::closed();
            let writer = world.spawn({
                let (board, table, gate) = (board.clone(), table.clone(), gate.clone());
                async move {
                    let write = async {
                        table.set("ada", 1.0);
                        gate.pass().await;
                        assert!(!panics, "on purpose");
                        Ok::<_, String>(())
                    };
                    let _: Result<Written<()>, String> = board.record(&who("ada"), 1, write).await;
                }
            });
            gate.reached().await;
            if panics {
                gate.open();
            } else {
                writer.abort();
            }
            writer.await.unwrap_err();
            assert_eq!(board.score(&who("ada")).await, Ok(Some(1.0)), "{panics}");
            world.deletions_made_good().await;
            assert_eq!(board.score(&who("ada")).await, Ok(Some(1.0)));
            assert_eq!(inspect(board.score(&who("ada"))).await, (Ok(Some(1.0)), Served::Hit));
        }
        assert_eq!(world.family("board").lost_deletes, 2);
    }
}

/// Another cache on the same server.
async fn other_process(world: &World) -> Option<Arc<cached_redis_runtime::Cache>> {
    if !world.is_redis() {
        return None;
    }
    let cache = cached_redis_runtime::Cache::builder(world.server().url());
    let deadline = std::time::Duration::from_secs(5);
    Some(Arc::new(cache.deadline(deadline).connect().await.unwrap()))
}

/// A process that dies between the source and Redis: what it has begun is never ended, and never dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_dies_leaves_the_old_score_for_a_lease_at_most() {
    let lease = std::time::Duration::from_millis(300);
    let world = World::redis_with(|builder| builder.lease(lease)).await;
    let table = Table::of(SCORES);
    let board = table.board(&world.cache);
    board.len().await.unwrap();
    let gate = Gate::closed();
    let mut dying = Box::pin({
        let (board, table, gate) = (board.clone(), table.clone(), gate.clone());
        async move {
            let write = async {
                table.set("ada", 1.0);
                gate.pass().await;
                Ok::<_, String>(())
            };
            board
                .record(&who("ada"), 1, write)
                .await
                .unwrap()
                .cached
                .unwrap();
        }
    });
    tokio::select! {
        () = &mut dying => unreachable!("the gate is closed"),
        () = gate.reached() => {}
    }
    std::mem::forget(dying);
    // Those who write meanwhile do not make it last longer.
    board
        .record(&who("bob"), 5, table.write("bob", 5.0))
        .await
        .unwrap()
        .cached
        .unwrap();
    let ttl = world.server().ttl("board").unwrap();
    assert!(ttl <= lease, "{ttl:?}");
    eventually(PATIENCE, || world.server().ttl("board").is_none()).await;
    assert_eq!(board.score(&who("ada")).await, Ok(Some(1.0)));
    assert_eq!(board.score(&who("bob")).await, Ok(Some(5.0)));
    // And the one who died does not count any more.
    eventually(PATIENCE, || world.family("board").fills == 2).await;
    board
        .record(&who("bob"), 6, table.write("bob", 6.0))
        .await
        .unwrap()
        .cached
        .unwrap();
    let ttl = world.server().ttl("board").unwrap();
    assert!(ttl > lease * 10, "{ttl:?}");
}

/// A body that outlasts its lease: the ranking is built without it, and must not stay so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_takes_too_long_leaves_nothing_old() {
    let lease = std::time::Duration::from_millis(100);
    let world = World::redis_with(|builder| builder.lease(lease)).await;
    let table = Table::of(SCORES);
    let board = table.board(&world.cache);
    board.len().await.unwrap();
    let gate = Gate::closed();
    let writer = world.spawn({
        let (board, table, gate) = (board.clone(), table.clone(), gate.clone());
        async move {
            let write = held(table, gate, "ada", 1.0);
            board
                .record(&who("ada"), 1, write)
                .await
                .unwrap()
                .cached
                .unwrap();
        }
    });
    gate.reached().await;
    eventually(PATIENCE, || world.server().ttl("board").is_none()).await;
    assert_eq!(board.score(&who("ada")).await, Ok(Some(30.0)));
    assert_eq!(
        inspect(board.score(&who("ada"))).await,
        (Ok(Some(30.0)), Served::Hit)
    );
    gate.open();
    writer.await.unwrap();
    assert_eq!(
        inspect(board.score(&who("ada"))).await,
        (Ok(Some(1.0)), Served::Miss)
    );
}

/// The source takes several leases. What is recorded meanwhile must not have expired by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_score_recorded_early_in_a_long_build_is_not_lost() {
    let lease = std::time::Duration::from_secs(1);
    let world = World::redis_with(|builder| builder.lease(lease)).await;
    let table = Table::of(SCORES);
    let board = table.board(&world.cache);
    table.gate.close();
    let builder = world.spawn({
        let board = board.clone();
        async move { board.len().await.unwrap() }
    });
    table.gate.reached().await;
    board
        .record(&who("bob"), 99, table.write("bob", 99.0))
        .await
        .unwrap()
        .cached
        .unwrap();
    cached_redis_tests::pause(lease * 2).await;
    table.gate.open();
    builder.await.unwrap();
    // On a busy machine the lease may have been lost all the same.
    assert_eq!(board.score(&who("bob")).await, Ok(Some(99.0)));
}
