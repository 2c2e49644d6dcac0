//! A real database transaction: readers see the old value until the commit, and the new one from then on.

use cached_redis_runtime::{
    Cache, Served, cache_aside, cache_invalidate, inspect, refresh, transaction,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool, Transaction};

#[cache_aside(key = "balance:<account>", ttl = "1h", skip(db))]
async fn balance(db: &SqlitePool, account: i64) -> sqlx::Result<i64> {
    let select = "SELECT cents FROM account WHERE id = ?";
    sqlx::query_scalar(select).bind(account).fetch_one(db).await
}

#[cache_invalidate(key = "balance:<account>")]
async fn add(tx: &mut Transaction<'_, Sqlite>, account: i64, cents: i64) -> sqlx::Result<()> {
    let update = "UPDATE account SET cents = cents + ? WHERE id = ?";
    let update = sqlx::query(update).bind(cents).bind(account);
    update.execute(&mut **tx).await.map(drop)
}

/// Two accounts with 100 each, in a file, so that several connections see them.
async fn bank(directory: &std::path::Path) -> sqlx::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(directory.join("bank.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let db = SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE account (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL);
         INSERT INTO account VALUES (1, 100), (2, 100);",
    )
    .execute(&db)
    .await?;
    Ok(db)
}

async fn with_bank<F: Future<Output = sqlx::Result<()>>>(
    name: &str,
    test: impl FnOnce(SqlitePool, Cache) -> F,
) {
    let directory = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let cache = Cache::connect("memory://").await.expect("a store");
    let db = bank(&directory).await.expect("a database");
    let result = cache.scope(test(db.clone(), cache.clone())).await;
    db.close().await;
    std::fs::remove_dir_all(&directory).expect("its own directory");
    result.expect("no statement failed");
}

#[tokio::test]
async fn a_committed_transfer_is_seen_at_once() {
    with_bank("committed-transfer", async |db, _| {
        assert_eq!(balance(&db, 1).await?, 100);
        transaction(async {
            let mut tx = db.begin().await?;
            add(&mut tx, 1, -30).await?;
            add(&mut tx, 2, 30).await?;
            // Another connection still sees the old balance, and the cache is right to have it.
            assert_eq!(
                sqlx::query_scalar::<_, i64>("SELECT cents FROM account WHERE id = 1")
                    .fetch_one(&db)
                    .await?,
                100
            );
            tx.commit().await
        })
        .await?;
        assert_eq!(inspect(balance(&db, 1)).await.0?, 70);
        assert_eq!(balance(&db, 2).await?, 130);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_caches_the_old_balance_before_the_commit_does_no_harm() {
    with_bank("reader-before-commit", async |db, cache| {
        transaction(async {
            let mut tx = db.begin().await?;
            add(&mut tx, 1, -30).await?;
            // A task is not inside the block: this is what any other caller does meanwhile.
            let (db, cache) = (db.clone(), cache.clone());
            let reader = tokio::spawn(async move { cache.scope(balance(&db, 1)).await });
            assert_eq!(reader.await.expect("no panic")?, 100);
            tx.commit().await
        })
        .await?;
        assert_eq!(inspect(balance(&db, 1)).await.0?, 70);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rolled_back_transfer_leaves_the_cache_as_it_is() {
    with_bank("rolled-back-transfer", async |db, _| {
        refresh(balance(&db, 1)).await?;
        let result: Result<(), sqlx::Error> = transaction(async {
            let mut tx = db.begin().await?;
            add(&mut tx, 1, -30).await?;
            tx.rollback().await?;
            Err(sqlx::Error::RowNotFound)
        })
        .await;
        assert!(result.is_err());
        let (cents, served) = inspect(balance(&db, 1)).await;
        assert_eq!((cents?, served), (100, Served::Hit));
        Ok(())
    })
    .await;
}
