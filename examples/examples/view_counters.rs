//! View counters: one more with each view, and nobody minds if a few are lost.
//!
//! ```text
//! cargo run --example view_counters
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example view_counters
//! ```
//!
//! A `Counter` is one `INCRBY`. Each value comes once, in all processes together: who is given a multiple of ten adds ten to the
//! table. `Uniques` counts the visitors in 12 KiB a page. Without Redis the views are counted in the table, one by
//! one, and the visitors are not.

use std::collections::HashSet;
use std::time::Duration;

use cached_redis_examples::airports::Travellers;
use cached_redis_examples::choice::Random;
use cached_redis_examples::database::Database;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};
use cached_redis_runtime::structures::{Counter, Uniques};
use cached_redis_runtime::{Cache, key};
use sqlx::SqlitePool;

const SEED: u64 = 3;
/// So many views of a page are written at once, and may be lost with Redis.
pub(crate) const BATCH: i64 = 10;
const DAY: Duration = Duration::from_hours(24);

const TABLES: &str = "
    CREATE TABLE page (code TEXT PRIMARY KEY, views INTEGER NOT NULL);
    CREATE TABLE visitor (code TEXT NOT NULL, visitor INTEGER NOT NULL, PRIMARY KEY (code, visitor));
";
const ADD: &str = "
    INSERT INTO page VALUES (?1, ?2) ON CONFLICT DO UPDATE SET views = views + ?2";
const VISIT: &str = "INSERT OR IGNORE INTO visitor VALUES (?, ?)";

async fn add(db: &SqlitePool, code: &str, views: i64) -> sqlx::Result<()> {
    let add = sqlx::query(ADD).bind(code).bind(views);
    add.execute(db).await.map(drop)
}

mod plain {
    use super::{VISIT, View, add};
    use sqlx::SqlitePool;

    pub(crate) struct Pages {
        pub(crate) db: SqlitePool,
    }

    impl Pages {
        pub(crate) async fn viewed(&self, view: &View) -> sqlx::Result<()> {
            add(&self.db, view.code, 1).await?;
            let visit = sqlx::query(VISIT).bind(view.code).bind(view.visitor);
            visit.execute(&self.db).await.map(drop)
        }

        pub(crate) async fn counts(&self, code: &str) -> sqlx::Result<(i64, u64)> {
            let views = sqlx::query_scalar("SELECT views FROM page WHERE code = ?").bind(code);
            let visitors = "SELECT count(*) FROM visitor WHERE code = ?";
            let visitors: i64 = sqlx::query_scalar(visitors)
                .bind(code)
                .fetch_one(&self.db)
                .await?;
            let views = views.fetch_optional(&self.db).await?;
            Ok((views.unwrap_or(0), visitors.cast_unsigned()))
        }
    }
}

mod cached {
    use super::{BATCH, Cache, Counter, DAY, SqlitePool, Uniques, View, add, key};

    pub(crate) struct Pages {
        pub(crate) db: SqlitePool,
        pub(crate) cache: Cache,
    }

    impl Pages {
        fn views(&self, code: &str) -> Counter {
            Counter::new(&self.cache, key!("views:<code>"))
        }

        fn visitors(&self, code: &str) -> Uniques {
            Uniques::approximate(&self.cache, key!("visitors:<code>"), DAY)
        }

        pub(crate) async fn viewed(&self, view: &View) -> sqlx::Result<()> {
            match self.views(view.code).incr().await {
                Ok(views) if views % BATCH == 0 => add(&self.db, view.code, BATCH).await?,
                Ok(_) => {}
                // Redis is away, and the view counts all the same.
                Err(_) => add(&self.db, view.code, 1).await?,
            }
            // Who is not counted today is counted tomorrow.
            let _ = self.visitors(view.code).add(&view.visitor).await;
            Ok(())
        }

        /// What is in the table, and what waits to be written there.
        pub(crate) async fn counts(&self, code: &str) -> sqlx::Result<(i64, u64)> {
            let views = sqlx::query_scalar("SELECT views FROM page WHERE code = ?").bind(code);
            let written: i64 = views.fetch_optional(&self.db).await?.unwrap_or(0);
            let waiting = self.views(code).get().await.unwrap_or(0) % BATCH;
            let visitors = self.visitors(code).count().await.unwrap_or(0);
            Ok((written + waiting, visitors))
        }
    }
}

pub(crate) struct View {
    pub(crate) code: &'static str,
    visitor: i64,
}

pub(crate) fn requests() -> Vec<View> {
    let (travellers, mut random) = (Travellers::new(), Random::new(SEED));
    let view = |_| View {
        code: travellers.draw(&mut random),
        visitor: (random.number() % 300).cast_signed(),
    };
    (0..1000).map(view).collect()
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = Database::scratch("views-plain", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let truth = plain::Pages { db };
    let plain = async |view: &View| truth.viewed(view).await;
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    let database = Database::scratch("views-cached", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let cache = stage.cache().clone();
    let pages = cached::Pages { db, cache };
    let cached = async |view: &View| pages.viewed(view).await;
    let cached = stage
        .one_by_one("Counter", &queries, &requests, cached)
        .await;

    let (mut lost, mut codes) = (0, HashSet::new());
    for View { code, .. } in &requests {
        if codes.insert(code) {
            let ((views, visitors), (all, different)) =
                (pages.counts(code).await?, truth.counts(code).await?);
            let connected = stage.cache().stats().connected;
            let close = visitors.abs_diff(different).saturating_sub(1) * 50 <= different;
            if connected && (views != all || !close) || views > all || views + BATCH <= all {
                return Err(format!(
                    "{code}: {views} of {all} views, {visitors} of {different} visitors"
                )
                .into());
            }
            lost += all - views;
        }
    }
    let conclusion = format!(
        "{} queries instead of {}, {lost} of {} views lost.",
        cached.row.source,
        plain.row.source,
        requests.len()
    );
    let rows = [plain.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("view_counters", story).await
}
