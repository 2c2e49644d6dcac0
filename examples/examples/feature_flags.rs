//! Feature flags: read by each request, changed once a month, and then at once.
//!
//! ```text
//! cargo run --example feature_flags
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example feature_flags
//! ```
//!
//! Cache-aside with a long TTL. The operator's tool is another program, perhaps in another language: it changes the table and
//! sends a plain `DEL` for the flag's key. The next call, in whatever process, reads the new value; a load that was under
//! way cannot bring the old one back.

use cached_redis_examples::choice::{Choice, Random};
use cached_redis_examples::database::Database;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};
use cached_redis_runtime::key;
use sqlx::SqlitePool;

const SEED: u64 = 8;
const FLAGS: u64 = 20;

/// A flag is on for a part of the customers, by rules that somebody has to look through.
const TABLES: &str = "
    CREATE TABLE flag (name TEXT PRIMARY KEY, enabled INTEGER NOT NULL);
    CREATE TABLE rule (flag TEXT NOT NULL, share INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19)
        INSERT INTO flag SELECT 'flag-' || i, i <> 3 FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3999)
        INSERT INTO rule SELECT 'flag-' || (i % 20), i * 31 % 100 FROM n;
";
const FIND: &str = "
    SELECT CASE WHEN enabled THEN (SELECT max(share) FROM rule WHERE flag = name) ELSE 0 END FROM flag WHERE name = ?";

mod plain {
    use super::FIND;
    use sqlx::SqlitePool;

    pub(crate) struct Flags {
        pub(crate) db: SqlitePool,
    }

    impl Flags {
        pub(crate) async fn share(&self, name: &str) -> sqlx::Result<Option<i64>> {
            let find = sqlx::query_scalar(FIND).bind(name);
            find.fetch_optional(&self.db).await
        }
    }
}

mod cached {
    use super::FIND;
    use cached_redis_runtime::cache_aside;
    use sqlx::SqlitePool;

    pub(crate) struct Flags {
        pub(crate) db: SqlitePool,
    }

    impl Flags {
        #[cache_aside(key = "flag:<name>", ttl = "7d")]
        pub(crate) async fn share(&self, name: &str) -> sqlx::Result<Option<i64>> {
            let find = sqlx::query_scalar(FIND).bind(name);
            find.fetch_optional(&self.db).await
        }
    }
}

/// The operator's tool. It knows the table and the key, and nothing of this library.
async fn switch(db: &SqlitePool, name: &str, on: bool) -> sqlx::Result<()> {
    let switch = sqlx::query("UPDATE flag SET enabled = ? WHERE name = ?");
    switch.bind(on).bind(name).execute(db).await.map(drop)
}

#[derive(Debug)]
pub(crate) enum Request {
    Ask(String),
    Switch(String, bool),
}

/// A flag is switched five times, and asked for in between and right afterwards.
pub(crate) fn requests() -> Vec<Request> {
    let (flags, mut random) = (Choice::zipf(FLAGS, 0.7), Random::new(SEED));
    let mut requests: Vec<_> = (0..1000)
        .map(|_| Request::Ask(format!("flag-{}", flags.draw(&mut random))))
        .collect();
    for (time, at) in [100, 250, 450, 700, 900].into_iter().enumerate() {
        let name = "flag-3".to_owned();
        requests[at] = Request::Switch(name.clone(), time % 2 == 0);
        requests[at + 1] = Request::Ask(name);
    }
    requests
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = Database::scratch("flags-plain", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let flags = plain::Flags { db: db.clone() };
    let plain = async |request: &Request| -> Outcome<Option<i64>> {
        match request {
            Request::Ask(name) => Ok(flags.share(name).await?),
            Request::Switch(name, on) => Ok(switch(&db, name, *on).await.map(|()| None)?),
        }
    };
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    let database = Database::scratch("flags-cached", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let flags = cached::Flags { db: db.clone() };
    let cached = async |request: &Request| -> Outcome<Option<i64>> {
        match request {
            Request::Ask(name) => Ok(flags.share(name).await?),
            Request::Switch(name, on) => {
                switch(&db, name, *on).await?;
                stage.plain_delete(key!("flag:<name>")).await?;
                Ok(None)
            }
        }
    };
    let cached = stage
        .one_by_one("cached", &queries, &requests, cached)
        .await;

    // Each switch was seen by the call after it: the plain side asks the database each time.
    plain.same_as(&cached)?;
    let conclusion = format!(
        "{} queries instead of {}, although each switch was in effect in the very next call.",
        cached.row.source, plain.row.source
    );
    let rows = [plain.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("feature_flags", story).await
}
