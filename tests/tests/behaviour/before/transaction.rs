//! Inside `transaction` a guard stands until the end.

use cached_redis_runtime::{Served, key, transaction};
use cached_redis_tests::Gate;

use super::{Source, price, served, set};
use crate::common::World;
use crate::on_every_store;

on_every_store! {
    async fn in_a_transaction_the_guard_stands_until_the_end(world: &World) {
        let source = Source::new(1);
        price(&source, 1).await;
        transaction(async {
            set(&source, 1, 2).await?;
            set(&source, 1, 3).await?;
            assert_eq!(elsewhere(world, &source).await, (3, Served::Uncached));
            assert_eq!(elsewhere(world, &source).await, (3, Served::Uncached));
            assert_eq!(set(&source, 1, 0).await, Err("refused"), "which opens nobody's door");
            assert_eq!(elsewhere(world, &source).await, (3, Served::Uncached));
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(served(&source).await, (3, Served::Miss));
        assert_eq!(served(&source).await, (3, Served::Hit));
        assert_eq!(world.family("price:<id>").invalidations, 2);
    }

    async fn a_rolled_back_transaction_leaves_its_guards(world: &World) {
        let source = Source::new(1);
        let rolled_back = transaction(async {
            set(&source, 1, 2).await?;
            assert_eq!(elsewhere(world, &source).await, (2, Served::Uncached));
            source.set(1);
            Err::<(), _>("rolled back")
        })
        .await;
        assert_eq!(rolled_back, Err("rolled back"));
        assert_eq!(served(&source).await, (1, Served::Miss));
        assert_eq!(served(&source).await, (1, Served::Hit));
    }

    async fn a_dropped_transaction_leaves_its_guards(world: &World) {
        let source = Source::new(1);
        let gate = Gate::closed();
        let block = world.spawn({
            let (source, gate) = (source.clone(), gate.clone());
            async move {
                transaction(async {
                    set(&source, 1, 2).await?;
                    gate.pass().await;
                    Ok::<_, &str>(())
                })
                .await
            }
        });
        gate.reached().await;
        assert_eq!(served(&source).await, (2, Served::Uncached));
        block.abort();
        assert!(block.await.unwrap_err().is_cancelled());
        world.deletions_made_good().await;
        assert_eq!(served(&source).await, (2, Served::Miss));
        assert_eq!(served(&source).await, (2, Served::Hit));
    }

    async fn nested_transactions_hand_their_guards_on(world: &World) {
        let source = Source::new(1);
        transaction(async {
            let inner = transaction(async {
                set(&source, 1, 2).await?;
                // Something has come to stand there all the same.
                let cache = world.cache.clone();
                tokio::spawn(async move { cache.invalidate(key!("price:1")).await }).await.unwrap().unwrap();
                assert_eq!(elsewhere(world, &source).await, (2, Served::Miss));
                source.set(3);
                Ok::<_, &str>(())
            });
            inner.await?;
            assert_eq!(elsewhere(world, &source).await, (3, Served::Uncached), "both fresh and not stored");
            let failed = transaction(async {
                set(&source, 1, 4).await?;
                Err::<(), _>("rolled back to the savepoint")
            });
            assert!(failed.await.is_err());
            assert_eq!(elsewhere(world, &source).await, (4, Served::Uncached), "the first one's guard");
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(served(&source).await, (4, Served::Miss));
        assert_eq!(served(&source).await, (4, Served::Hit));
    }
}

/// In a task of its own, which is not in the transaction.
async fn elsewhere(world: &World, source: &Source) -> (u64, Served) {
    let source = source.clone();
    world
        .spawn(async move { served(&source).await })
        .await
        .unwrap()
}
