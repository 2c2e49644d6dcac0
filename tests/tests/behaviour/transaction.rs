//! `transaction`: deletions wait for the commit.

use std::future::pending;
use std::panic::AssertUnwindSafe;

use cached_redis_runtime::{
    Served, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};
use cached_redis_tests::{CountingLoader, Gate, Table};
use futures_util::FutureExt as _;

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u64>;

#[cache_aside(key = "balance:<account>", ttl = 60, skip(source))]
async fn balance(source: &Source, account: u32) -> u64 {
    source.load().await
}

#[cache_aside(key = "balance:<accounts>", each = accounts, ttl = 60, skip(table))]
async fn rows(table: &Table, accounts: &[u64]) -> Vec<(u64, String)> {
    table.query(accounts.iter().copied()).await
}

#[cache_invalidate(key = "balance:<account>")]
async fn set(source: &Source, account: u32, value: u64) -> Result<(), &'static str> {
    source.set(value);
    Ok(())
}

async fn served(source: &Source, account: u32) -> (u64, Served) {
    inspect(balance(source, account)).await
}

on_every_store! {
    async fn keys_are_deleted_after_the_block_and_at_once(world: &World) {
        let source = Source::new(1);
        for account in 1..=3 {
            balance(&source, account).await;
        }
        if world.is_redis() {
            world.server().reset_commandstats();
        }
        let value = transaction(async {
            set(&source, 1, 2).await?;
            set(&source, 2, 2).await?;
            let account = 3;
            world.cache.invalidate(key!("balance:<account>")).await.unwrap();
            if world.is_redis() {
                assert_eq!(world.server().data_commands().get("del"), None, "not before the commit");
            }
            Ok::<_, &str>("committed")
        })
        .await;
        assert_eq!(value, Ok("committed"));
        if world.is_redis() {
            assert_eq!(world.server().data_commands().get("del"), Some(&1));
        }
        for account in 1..=3 {
            assert_eq!(served(&source, account).await, (2, Served::Miss));
        }
        assert_eq!(world.family("balance:<account>").invalidations, 2);
    }

    async fn keys_are_forgotten_after_an_error(_world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        let rolled_back = transaction(async {
            set(&source, 1, 2).await?;
            source.set(1);
            Err::<(), _>("rolled back")
        })
        .await;
        assert_eq!(rolled_back, Err("rolled back"));
        assert_eq!(served(&source, 1).await, (1, Served::Hit));
    }

    async fn a_dropped_block_deletes_its_keys(world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        let gate = Gate::closed();
        let block = world.spawn({
            let (source, gate) = (source.clone(), gate.clone());
            async move {
                transaction(async {
                    set(&source, 1, 2).await?;
                    gate.pass().await;
                    pending::<Result<(), &str>>().await
                })
                .await
            }
        });
        gate.reached().await;
        assert_eq!(served(&source, 1).await, (1, Served::Hit), "nobody knows yet");
        block.abort();
        assert!(block.await.unwrap_err().is_cancelled());
        world.deletions_made_good().await;
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
    }

    async fn a_panic_deletes_the_keys(world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        let block = transaction(async {
            set(&source, 1, 2).await?;
            assert_eq!(source.peek(), 1, "a panic after the commit, perhaps");
            Ok::<(), &str>(())
        });
        assert!(AssertUnwindSafe(block).catch_unwind().await.is_err());
        world.deletions_made_good().await;
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
    }

    async fn reads_inside_may_hit_and_never_fill(world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        transaction(async {
            assert_eq!(served(&source, 1).await, (1, Served::Hit));
            assert_eq!(served(&source, 2).await, (1, Served::Bypassed));
            assert_eq!(served(&source, 2).await, (1, Served::Bypassed));
            assert_eq!(inspect(refresh(balance(&source, 1))).await.1, Served::Bypassed);
            set(&source, 1, 2).await?;
            assert_eq!(served(&source, 1).await, (2, Served::Bypassed), "it sees its own write");
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(world.family("balance:<account>").fills, 1);
        assert_eq!(served(&source, 2).await, (2, Served::Miss));
    }

    async fn batches_inside_may_hit_and_never_fill(world: &World) {
        let table = Table::of(1..=9);
        rows(&table, &[1, 2]).await;
        transaction(async {
            let account = 1;
            world.cache.invalidate(key!("balance:<account>")).await.unwrap();
            assert_eq!(inspect(rows(&table, &[1, 2, 3])).await.1, Served::Bypassed);
            assert_eq!(inspect(rows(&table, &[2])).await.1, Served::Hit);
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(table.queries(), [vec![1, 2], vec![1, 3]]);
        assert_eq!(inspect(rows(&table, &[1, 3])).await.1, Served::Miss);
    }

    async fn a_reader_parked_before_the_commit_stores_nothing(world: &World) {
        let parked = Source::behind(Gate::closed(), 1);
        let reader = world.spawn({
            let parked = parked.clone();
            async move { balance(&parked, 1).await }
        });
        parked.gate().reached().await;
        let source = Source::new(1);
        transaction(set(&source, 1, 2)).await.unwrap();
        parked.gate().open();
        assert_eq!(reader.await.unwrap(), 1);
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
    }

    async fn nested_blocks(_world: &World) {
        let source = Source::new(1);
        for account in 1..=3 {
            balance(&source, account).await;
        }
        let outer = transaction(async {
            transaction(set(&source, 1, 2)).await?;
            // It may have been a transaction of its own, so others must see it now; and its key is still the outer's.
            assert_eq!(served(&source, 1).await, (2, Served::Bypassed));
            let inner = transaction(async {
                set(&source, 2, 2).await?;
                Err::<(), _>("rolled back to the savepoint")
            });
            assert!(inner.await.is_err());
            assert_eq!(served(&source, 2).await, (1, Served::Hit));
            set(&source, 3, 2).await?;
            Err::<(), _>("rolled back")
        })
        .await;
        assert!(outer.is_err());
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
        assert_eq!(served(&source, 2).await, (1, Served::Hit));
        assert_eq!(served(&source, 3).await, (1, Served::Hit));
    }

    async fn a_dropped_block_leaves_its_keys_to_the_block_around(world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        transaction(async {
            let gate = Gate::closed();
            let mut inner = Box::pin(transaction(async {
                set(&source, 1, 2).await?;
                gate.pass().await;
                Ok::<_, &str>(())
            }));
            assert!(inner.as_mut().now_or_never().is_none(), "its savepoint may be released");
            drop(inner);
            world.deletions_made_good().await;
            let others = Source::new(1);
            let (reader, cache) = (others.clone(), world.cache.clone());
            let elsewhere = async move { cache.scope(served(&reader, 1)).await };
            let elsewhere = tokio::spawn(elsewhere).await.unwrap();
            assert_eq!(elsewhere, (1, Served::Miss), "what was there before the commit");
            assert_eq!(served(&source, 1).await, (2, Served::Bypassed));
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
    }

    async fn a_write_that_ends_after_its_block_deletes_at_once(_world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        let mut late = None;
        transaction(async {
            let mut write = Box::pin(set_slowly(&source, 1, 2));
            // Begun inside.
            assert!(write.as_mut().now_or_never().is_none());
            late = Some(write);
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        late.unwrap().await.unwrap();
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
    }

    async fn a_write_that_ends_after_its_block_is_known_to_the_block_around(_world: &World) {
        let source = Source::new(1);
        balance(&source, 1).await;
        transaction(async {
            let mut late = None;
            transaction(async {
                let mut write = Box::pin(set_slowly(&source, 1, 2));
                assert!(write.as_mut().now_or_never().is_none());
                late = Some(write);
                Ok::<_, &str>(())
            })
            .await?;
            late.unwrap().await?;
            assert_eq!(served(&source, 1).await, (2, Served::Bypassed));
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(served(&source, 1).await, (2, Served::Miss));
    }
}

#[cache_invalidate(key = "balance:<account>")]
async fn set_slowly(source: &Source, account: u32, value: u64) -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    source.set(value);
    Ok(())
}

/// A database's, as far as its name goes.
struct PgTransaction;

#[cache_aside(key = "open:<id>", ttl = 60, skip(_tx))]
async fn read_in_an_open_transaction(_tx: &mut PgTransaction, id: u64) -> u64 {
    id
}

#[tokio::test]
async fn what_is_read_in_an_open_transaction_is_never_stored() {
    let world = World::memory().await;
    let mut tx = PgTransaction;
    for _ in 0..2 {
        let read = inspect(read_in_an_open_transaction(&mut tx, 1));
        assert_eq!(world.run(read).await, (1, Served::Bypassed));
    }
}

#[tokio::test]
async fn with_the_server_away_the_block_still_returns_and_the_keys_are_bypassed() {
    let world = World::redis().await;
    let source = Source::new(1);
    world.run(balance(&source, 1)).await;
    let committed = world.run(transaction(async {
        set(&source, 1, 2).await?;
        world.server().kill();
        Ok::<_, &str>(())
    }));
    assert_eq!(committed.await, Ok(()));
    assert_eq!(world.cache.stats().pending_deletes, 1);
    assert_eq!(world.run(balance(&source, 1)).await, 2);
    assert_eq!(world.family("balance:<account>").lost_deletes, 1);
}
