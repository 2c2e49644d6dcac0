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
    /// Removed with the last clone.
    dir: Option<Arc<ScratchDir>>,
}

impl Database {
    /// Opens the database at `url`, such as `sqlite://shop.db?mode=rwc`, and fills it if it is new.
    ///
    /// # Errors
    /// What sqlx reports.
    pub async fn open(url: &str) -> sqlx::Result<Self> {
        Self::open_with(url, FILL).await
    }

    /// The same for another database than the shop's; `fill` makes its tables.
    ///
    /// # Errors
    /// What sqlx reports.
    pub async fn open_with(url: &str, fill: &'static str) -> sqlx::Result<Self> {
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
        create(&pool, fill).await?;
        queries.start_over();
        Ok(Self {
            pool,
            queries,
            dir: None,
        })
    }

    /// A database of one's own in the system's temporary directory; `fill` makes its tables.
    ///
    /// # Errors
    /// What sqlx or the file system reports.
    pub async fn scratch(name: &str, fill: &'static str) -> sqlx::Result<Self> {
        let dir = ScratchDir::new(&format!("cached-redis-{name}"))?;
        let path = dir.path().join("source.db");
        let mut database =
            Self::open_with(&format!("sqlite://{}?mode=rwc", path.display()), fill).await?;
        database.dir = Some(Arc::new(dir));
        Ok(database)
    }

    /// The count of queries since the database was opened.
    #[must_use]
    pub fn queries(&self) -> Queries {
        self.queries.clone()
    }
}

async fn create(pool: &SqlitePool, fill: &'static str) -> sqlx::Result<()> {
    // Two instances of a service may start on the same new file; the second one waits here.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *transaction)
        .await?;
    if tables == 0 {
        sqlx::raw_sql(fill).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// How many queries have reached the database, or requests another source. Clones are the same count.
#[derive(Debug, Clone, Default)]
pub struct Queries(Arc<AtomicU64>);

impl Queries {
    /// The count so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts one more.
    pub fn add_one(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts from nothing again.
    pub fn start_over(&self) {
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
        // One process may want several of one name.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
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
