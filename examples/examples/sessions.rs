//! Sessions: read by each click, alive as long as somebody clicks.
//!
//! ```text
//! cargo run --example sessions
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example sessions
//! ```
//!
//! Cache-aside with a sliding TTL: a read renews it, at most once per tenth of it, so a click stays one `GET`. The database is
//! asked once per visit. Logging out deletes the entry, since no TTL ends what is read all the time.

use std::time::Duration;

use cached_redis_examples::choice::{Choice, Random};
use cached_redis_examples::database::Database;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};
use cached_redis_examples::watch::{now, pause};
use cached_redis_runtime::{Served, cache_aside, inspect};

const SEED: u64 = 4;
const VISITORS: u64 = 50;

const TABLES: &str = "
    CREATE TABLE session (token TEXT PRIMARY KEY, user INTEGER NOT NULL);
    CREATE TABLE permission (user INTEGER NOT NULL, name TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
        INSERT INTO session SELECT 'token-' || i, i FROM n;
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
        INSERT INTO permission SELECT i % 50, 'permission ' || (i / 500) FROM n;
";
const FIND: &str = "
    SELECT user, (SELECT group_concat(DISTINCT name) FROM permission WHERE permission.user = session.user)
    FROM session WHERE token = ?";
const LOG_OUT: &str = "DELETE FROM session WHERE token = ?";

/// The user's number, and what he may do.
type Session = (i64, String);

mod plain {
    use super::{FIND, LOG_OUT, Request, Session};
    use sqlx::SqlitePool;

    pub(crate) struct Sessions {
        pub(crate) db: SqlitePool,
    }

    impl Sessions {
        async fn find(&self, token: &str) -> sqlx::Result<Option<Session>> {
            let find = sqlx::query_as(FIND).bind(token);
            find.fetch_optional(&self.db).await
        }

        async fn log_out(&self, token: &str) -> sqlx::Result<()> {
            let log_out = sqlx::query(LOG_OUT).bind(token);
            log_out.execute(&self.db).await.map(drop)
        }

        pub(crate) async fn serve(&self, request: &Request) -> sqlx::Result<Option<Session>> {
            match request {
                Request::Click(token) => self.find(token).await,
                Request::LogOut(token) => self.log_out(token).await.map(|()| None),
            }
        }
    }
}

mod cached {
    use super::{FIND, LOG_OUT, Request, Session};
    use cached_redis_runtime::{cache_aside, cache_invalidate};
    use sqlx::SqlitePool;

    pub(crate) struct Sessions {
        pub(crate) db: SqlitePool,
    }

    impl Sessions {
        #[cache_aside(key = "session:<token>", ttl = "30m", sliding)]
        async fn find(&self, token: &str) -> sqlx::Result<Option<Session>> {
            let find = sqlx::query_as(FIND).bind(token);
            find.fetch_optional(&self.db).await
        }

        #[cache_invalidate(key = "session:<token>")]
        async fn log_out(&self, token: &str) -> sqlx::Result<()> {
            let log_out = sqlx::query(LOG_OUT).bind(token);
            log_out.execute(&self.db).await.map(drop)
        }

        pub(crate) async fn serve(&self, request: &Request) -> sqlx::Result<Option<Session>> {
            match request {
                Request::Click(token) => self.find(token).await,
                Request::LogOut(token) => self.log_out(token).await.map(|()| None),
            }
        }
    }
}

pub(crate) enum Request {
    Click(String),
    LogOut(String),
}

/// Every seventh of the visitors logs out in the end, and then tries once more.
pub(crate) fn requests() -> Vec<Request> {
    let (visitors, mut random) = (Choice::zipf(VISITORS, 0.5), Random::new(SEED));
    let token = |visitor: usize| format!("token-{visitor}");
    let mut requests: Vec<_> = (0..1000)
        .map(|_| Request::Click(token(visitors.draw(&mut random))))
        .collect();
    for visitor in (0..50).step_by(7) {
        requests.push(Request::LogOut(token(visitor)));
        requests.push(Request::Click(token(visitor)));
    }
    requests
}

const LIFE: Duration = Duration::from_millis(600);

/// As short as is needed to watch it end.
#[cache_aside(key = "kiosk:<token>", ttl = LIFE, jitter = 0.0, sliding)]
async fn kiosk(token: &str) -> String {
    token.to_owned()
}

/// One session that is read all the time, for two lives, and one that is not.
async fn lives_as_long_as_it_is_read() -> Outcome {
    let (began, mut last) = (now(), now());
    kiosk("idle").await;
    kiosk("busy").await;
    while began.elapsed() < 2 * LIFE {
        pause(LIFE / 20).await;
        let gap = last.elapsed();
        last = now();
        let served = inspect(kiosk("busy")).await.1;
        if served == Served::Uncached {
            // Redis is away: there is no session that could live or end.
            return Ok(());
        }
        // On a machine that was too busy to read in time, a session may end.
        if served != Served::Hit && gap < LIFE / 2 {
            return Err(format!("a session that is read was a {served}").into());
        }
    }
    match inspect(kiosk("idle")).await.1 {
        Served::Hit => Err("a session that nobody read outlived its time".into()),
        _ => Ok(()),
    }
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = Database::scratch("sessions-plain", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let site = plain::Sessions { db };
    let plain = async |one: &Request| site.serve(one).await;
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    let database = Database::scratch("sessions-cached", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let site = cached::Sessions { db };
    let cached = async |one: &Request| site.serve(one).await;
    let cached = stage
        .one_by_one("sliding", &queries, &requests, cached)
        .await;

    plain.same_as(&cached)?;
    lives_as_long_as_it_is_read().await?;
    let conclusion = format!(
        "{} queries instead of {}: one per visit. What is read lives on, what is not read ends, and who logs out is out.",
        cached.row.source, plain.row.source
    );
    let rows = [plain.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("sessions", story).await
}
