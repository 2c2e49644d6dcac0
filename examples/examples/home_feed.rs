//! A home feed: costly to put together, asked for all the time, and nobody minds a second's delay.
//!
//! ```text
//! cargo run --example home_feed
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example home_feed
//! ```
//!
//! Cache-aside with a short TTL makes one reader per period wait for the queries. With `refresh_ahead` nobody does: past a share
//! of the TTL the feed is loaded anew in the background, once in all processes. The feeds are warm before anybody
//! asks, as after a deploy.

use std::time::Duration;

use cached_redis_examples::choice::{Choice, Random};
use cached_redis_examples::database::Database;
use cached_redis_examples::savings::{Savings, one_by_one, paced};
use cached_redis_examples::stage::{Outcome, Stage, show};
use cached_redis_runtime::warm;

const SEED: u64 = 5;
pub(crate) const READERS: u64 = 8;
/// Half a minute, in a service.
pub(crate) const TTL: Duration = Duration::from_millis(300);
/// Of a reader between two looks.
const PACE: Duration = Duration::from_millis(2);

/// Forty authors, of whom each reader follows ten, and 3,000 posts without an index.
const TABLES: &str = "
    CREATE TABLE follow (reader INTEGER NOT NULL, author INTEGER NOT NULL);
    CREATE TABLE post (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, likes INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 79)
        INSERT INTO follow SELECT i / 10, (i / 10 * 7 + i % 10) % 40 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO post SELECT i, i * 7919 % 40, i * 31 % 97 FROM n;
";
const FEED: &str = "
    SELECT id, author, likes FROM post WHERE author IN (SELECT author FROM follow WHERE reader = ?)
    ORDER BY likes DESC, id DESC LIMIT 20";

/// Number, author and likes of a post.
type Post = (i64, i64, i64);

mod plain {
    use super::{FEED, Post};
    use sqlx::SqlitePool;

    #[derive(Clone)]
    pub(crate) struct Home {
        pub(crate) db: SqlitePool,
    }

    impl Home {
        pub(crate) async fn feed(&self, reader: u64) -> sqlx::Result<Vec<Post>> {
            let feed = sqlx::query_as(FEED).bind(reader.cast_signed());
            feed.fetch_all(&self.db).await
        }
    }
}

mod cached {
    use super::{FEED, Post, TTL};
    use cached_redis_runtime::cache_aside;
    use sqlx::SqlitePool;

    #[derive(Clone)]
    pub(crate) struct Home {
        pub(crate) db: SqlitePool,
    }

    impl Home {
        #[cache_aside(key = "feed:<reader>", ttl = TTL, refresh_ahead = 0.5)]
        pub(crate) async fn feed(&self, reader: u64) -> sqlx::Result<Vec<Post>> {
            let feed = sqlx::query_as(FEED).bind(reader.cast_signed());
            feed.fetch_all(&self.db).await
        }
    }
}

/// For comparison: the same with nothing but the TTL.
mod waiting {
    use super::{FEED, Post, TTL};
    use cached_redis_runtime::cache_aside;
    use sqlx::SqlitePool;

    #[derive(Clone)]
    pub(crate) struct Home {
        pub(crate) db: SqlitePool,
    }

    impl Home {
        #[cache_aside(key = "waiting:feed:<reader>", ttl = TTL)]
        pub(crate) async fn feed(&self, reader: u64) -> sqlx::Result<Vec<Post>> {
            let feed = sqlx::query_as(FEED).bind(reader.cast_signed());
            feed.fetch_all(&self.db).await
        }
    }
}

fn requests() -> Vec<u64> {
    let (readers, mut random) = (Choice::zipf(READERS, 0.5), Random::new(SEED));
    (0..400).map(|_| readers.draw(&mut random) as u64).collect()
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = Database::scratch("home-feed", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());

    let site = plain::Home { db: db.clone() };
    let plain = async |reader: &u64| site.feed(*reader).await;
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    // What is measured is the call, and not the pause after it.
    let site = waiting::Home { db: db.clone() };
    warm((0..READERS).map(|reader| site.feed(reader))).await;
    let waiting = async |reader: &u64| site.feed(*reader).await;
    let waiting = paced("ttl alone", &queries, &requests, PACE, waiting).await;

    let site = cached::Home { db };
    warm((0..READERS).map(|reader| site.feed(reader))).await;
    let misses = || {
        let stats = stage.cache().stats();
        stats.family("feed:<reader>").map_or(0, |feed| feed.misses)
    };
    let before = misses();
    let cached = async |reader: &u64| site.feed(*reader).await;
    let cached = paced("refresh_ahead", &queries, &requests, PACE, cached).await;

    plain.same_as(&waiting)?;
    plain.same_as(&cached)?;
    let waited = misses() - before;
    let conclusion = format!(
        "{} queries instead of {}, in the background: {waited} of {} looks had to wait for one.",
        cached.row.source, plain.row.source, cached.row.calls
    );
    let rows = [plain.row, waiting.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("home_feed", story).await
}
