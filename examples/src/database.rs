//! The shop's database, an `SQLite` file: created and filled on start, with a count of the queries that reach it.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

/// A thousand products, and a hundred thousand reviews without an index: these are the queries that make
/// somebody want a cache.
const FILL: &str = "
    CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL);
    CREATE TABLE review (product_id INTEGER NOT NULL, stars INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO product SELECT i, 'Lamp no. ' || i, 995 + i * 10 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
        INSERT INTO review SELECT 1 + i * 7919 % 1000, 1 + i * 31 % 5 FROM n;
";

/// A pool of connections to the shop's database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The connections.
    pub pool: SqlitePool,
    queries: Queries,
}

impl Database {
    /// Opens the database at `url`, such as `sqlite://shop.db?mode=rwc`, and fills it if it is new.
    ///
    /// # Errors
    /// What sqlx reports.
    pub async fn open(url: &str) -> sqlx::Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?.journal_mode(SqliteJournalMode::Wal);
        let queries = Queries::default();
        let (new, reused) = (queries.clone(), queries.clone());
        // A statement that is to reach the database takes a connection out of the pool, a new one or an idle
        // one. What the cache answers never comes here.
        let pool = SqlitePoolOptions::new()
            .after_connect(move |_, _| {
                new.add_one();
                Box::pin(async { Ok(()) })
            })
            .before_acquire(move |_, _| {
                reused.add_one();
                Box::pin(async { Ok(true) })
            })
            .connect_with(options)
            .await?;
        fill(&pool).await?;
        queries.start_over();
        Ok(Self { pool, queries })
    }

    /// The count of queries since the database was opened.
    #[must_use]
    pub fn queries(&self) -> Queries {
        self.queries.clone()
    }
}

async fn fill(pool: &SqlitePool) -> sqlx::Result<()> {
    // Two instances of a service may start on the same new file; the second one waits here.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *transaction)
        .await?;
    if tables == 0 {
        sqlx::raw_sql(FILL).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// How many queries have reached the database. Clones are the same count.
#[derive(Debug, Clone, Default)]
pub struct Queries(Arc<AtomicU64>);

impl Queries {
    /// The count so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn add_one(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn start_over(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

/// A directory for a database that nobody needs afterwards; removed on drop.
#[derive(Debug)]
pub struct ScratchDir(PathBuf);

impl ScratchDir {
    /// Creates one in the system's temporary directory.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn new(name: &str) -> std::io::Result<Self> {
        let dir = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        // A file that stays behind does no harm there.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
