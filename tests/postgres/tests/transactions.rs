//! `transaction(…)` around transactions of a database with many connections and snapshots: what commits is seen at
//! once, what is read inside is not stored, and a reader on another connection cannot bring an old value back.

use cached_redis_runtime::{
    Cache, Served, bypass, cache_aside, cache_invalidate, inspect, transaction,
};
use cached_redis_tests::{Gate, Postgres, Server};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres as Pg, Transaction};

#[cache_aside(key = "balance:<account>", ttl = "1h", skip(db))]
async fn balance(db: &PgPool, account: i64) -> sqlx::Result<i64> {
    select(db, account).await
}

/// The same entry, loaded slowly: the gate is between the database's answer and the return.
#[cache_aside(key = "balance:<account>", ttl = "1h", skip(db, gate))]
async fn slow_balance(db: &PgPool, account: i64, gate: &Gate) -> sqlx::Result<i64> {
    let cents = select(db, account).await?;
    gate.pass().await;
    Ok(cents)
}

/// The same entry, seen from inside an open transaction.
#[cache_aside(key = "balance:<account>", ttl = "1h", skip(tx))]
async fn balance_in(tx: &mut Transaction<'_, Pg>, account: i64) -> sqlx::Result<i64> {
    select(&mut **tx, account).await
}

#[cache_invalidate(key = "balance:<account>")]
async fn add(tx: &mut Transaction<'_, Pg>, account: i64, cents: i64) -> sqlx::Result<()> {
    let update = "UPDATE account SET cents = cents + $2 WHERE id = $1";
    let update = sqlx::query(update).bind(account).bind(cents);
    update.execute(&mut **tx).await.map(drop)
}

async fn select(db: impl sqlx::PgExecutor<'_>, account: i64) -> sqlx::Result<i64> {
    let select = "SELECT cents FROM account WHERE id = $1";
    sqlx::query_scalar(select).bind(account).fetch_one(db).await
}

async fn transfer(db: &PgPool, cents: i64) -> sqlx::Result<()> {
    transaction(async {
        let mut tx = db.begin().await?;
        add(&mut tx, 1, -cents).await?;
        add(&mut tx, 2, cents).await?;
        tx.commit().await
    })
    .await
}

/// Two accounts with 100 each, and a cache on a Redis of its own. Says aloud that it did nothing without PostgreSQL.
async fn with_bank<F: Future<Output = sqlx::Result<()>>>(test: impl FnOnce(PgPool, Cache) -> F) {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let redis = Server::start();
    let cache = Cache::connect(&redis.url()).await.expect("a good URL");
    cache.ping().await.expect("a server that answers");
    let pool = PgPoolOptions::new().max_connections(4);
    let db = pool.connect(&postgres.url()).await.expect("a database");
    let account = "CREATE TABLE account (id BIGINT PRIMARY KEY, cents BIGINT NOT NULL);
                   INSERT INTO account VALUES (1, 100), (2, 100);";
    sqlx::raw_sql(account).execute(&db).await.expect("a table");
    let result = Box::pin(cache.scope(test(db.clone(), cache.clone()))).await;
    db.close().await;
    result.expect("no statement failed");
}

#[tokio::test]
async fn a_committed_transfer_is_seen_at_once() {
    with_bank(async |db, _| {
        assert_eq!(balance(&db, 1).await?, 100);
        assert_eq!(balance(&db, 2).await?, 100);
        transfer(&db, 30).await?;
        let (cents, served) = inspect(balance(&db, 1)).await;
        assert_eq!((cents?, served), (70, Served::Miss));
        assert_eq!(balance(&db, 2).await?, 130);
        assert_eq!(inspect(balance(&db, 2)).await.1, Served::Hit);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_answers_after_the_commit_with_what_it_read_before_is_not_stored() {
    with_bank(async |db, cache| {
        let gate = Gate::closed();
        let reader = tokio::spawn({
            let (db, cache, gate) = (db.clone(), cache.clone(), gate.clone());
            async move { cache.scope(slow_balance(&db, 1, &gate)).await }
        });
        gate.reached().await;
        transfer(&db, 30).await?;
        gate.open();
        assert_eq!(reader.await.expect("no panic")?, 100, "its own read");
        assert_eq!(balance(&db, 1).await?, 70);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_reader_on_another_connection_caches_the_old_balance_until_the_commit_only() {
    with_bank(async |db, cache| {
        transaction(async {
            let mut tx = db.begin().await?;
            add(&mut tx, 1, -30).await?;
            // A task is not inside the block: this is what any other caller does meanwhile.
            let (db, cache) = (db.clone(), cache.clone());
            let read_twice = async move {
                assert_eq!(balance(&db, 1).await?, 100);
                let (cents, served) = inspect(balance(&db, 1)).await;
                assert_eq!((cents?, served), (100, Served::Hit));
                Ok::<_, sqlx::Error>(())
            };
            let reader = tokio::spawn(async move { cache.scope(read_twice).await });
            reader.await.expect("no panic")?;
            assert_eq!(balance_in(&mut tx, 1).await?, 70, "its own change");
            tx.commit().await
        })
        .await?;
        assert_eq!(balance(&db, 1).await?, 70);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_an_old_snapshot_shows_is_not_stored() {
    with_bank(async |db, cache| {
        transaction(async {
            let mut tx = db
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ")
                .await?;
            // The snapshot is taken by the first statement.
            assert_eq!(select(&mut *tx, 2).await?, 100);
            let writer = tokio::spawn({
                let (db, cache) = (db.clone(), cache.clone());
                async move { cache.scope(transfer(&db, 30)).await }
            });
            writer.await.expect("no panic")?;
            let (cents, served) = inspect(balance_in(&mut tx, 1)).await;
            assert_eq!((cents?, served), (100, Served::Bypassed));
            tx.commit().await
        })
        .await?;
        let (cents, served) = inspect(balance(&db, 1)).await;
        assert_eq!((cents?, served), (70, Served::Miss));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rolled_back_transfer_leaves_the_cache_as_it_is() {
    with_bank(async |db, _| {
        assert_eq!(balance(&db, 1).await?, 100);
        let result = transaction(async {
            let mut tx = db.begin().await?;
            add(&mut tx, 1, -30).await?;
            tx.rollback().await?;
            Err::<(), _>(sqlx::Error::RowNotFound)
        });
        assert!(result.await.is_err());
        let (cents, served) = inspect(balance(&db, 1)).await;
        assert_eq!((cents?, served), (100, Served::Hit));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_hangs_up_after_the_commit_leaves_nothing_stale() {
    with_bank(async |db, cache| {
        assert_eq!(balance(&db, 1).await?, 100);
        let gate = Gate::closed();
        let request = tokio::spawn({
            let (db, cache, gate) = (db.clone(), cache.clone(), gate.clone());
            async move {
                let block = transaction(async {
                    let mut tx = db.begin().await?;
                    add(&mut tx, 1, -30).await?;
                    tx.commit().await?;
                    gate.pass().await;
                    Ok::<_, sqlx::Error>(())
                });
                cache.scope(block).await
            }
        });
        gate.reached().await;
        request.abort();
        assert!(request.await.is_err_and(|error| error.is_cancelled()));
        // The deletion runs in the background; until it is done this process does not trust the key.
        assert_eq!(balance(&db, 1).await?, 70);
        assert_eq!(bypass(balance(&db, 1)).await?, 70);
        Ok(())
    })
    .await;
}
