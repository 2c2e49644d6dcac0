//! One's own profile: who has changed something must see it at once, whatever else is cached.
//!
//! ```text
//! cargo run --example profile_edit
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example profile_edit
//! ```
//!
//! Cache-aside for everybody who reads. One write deletes the entry (`cache_invalidate`), so that the next read loads; the
//! other one leaves what it wrote (`write_through`), so that the next read is a hit. After both, a read that begins
//! when the write has returned sees it, in each process.

use cached_redis_examples::choice::{Choice, Random};
use cached_redis_examples::database::Database;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};

const SEED: u64 = 2;
const USERS: u64 = 200;

const TABLES: &str = "
    CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, motto TEXT NOT NULL);
    CREATE TABLE post (author INTEGER NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
        INSERT INTO user SELECT i, 'user ' || i, '' FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO post SELECT 1 + i * 7919 % 200 FROM n;
";
const FIND: &str = "
    SELECT name, motto, (SELECT count(*) FROM post WHERE author = id) FROM user WHERE id = ?";
const RENAME: &str = "UPDATE user SET name = ? WHERE id = ?";
const SET_MOTTO: &str = "
    UPDATE user SET motto = ? WHERE id = ?
    RETURNING name, motto, (SELECT count(*) FROM post WHERE author = id)";

/// The name, the motto, and the number of posts.
type Profile = (String, String, i64);

mod plain {
    use super::{FIND, Profile, RENAME, Request, SET_MOTTO};
    use sqlx::SqlitePool;

    pub(crate) struct Profiles {
        pub(crate) db: SqlitePool,
    }

    impl Profiles {
        async fn find(&self, id: u64) -> sqlx::Result<Option<Profile>> {
            let find = sqlx::query_as(FIND).bind(id.cast_signed());
            find.fetch_optional(&self.db).await
        }

        async fn rename(&self, id: u64, name: &str) -> sqlx::Result<()> {
            let rename = sqlx::query(RENAME).bind(name).bind(id.cast_signed());
            rename.execute(&self.db).await.map(drop)
        }

        async fn set_motto(&self, id: u64, motto: &str) -> sqlx::Result<Option<Profile>> {
            let set = sqlx::query_as(SET_MOTTO).bind(motto).bind(id.cast_signed());
            set.fetch_optional(&self.db).await
        }

        /// Who changes something looks at it.
        pub(crate) async fn serve(&self, request: &Request) -> sqlx::Result<Option<Profile>> {
            match request {
                Request::Look(_) => {}
                Request::Rename(id, name) => self.rename(*id, name).await?,
                Request::SetMotto(id, motto) => drop(self.set_motto(*id, motto).await?),
            }
            self.find(request.id()).await
        }
    }
}

mod cached {
    use super::{FIND, Profile, RENAME, Request, SET_MOTTO};
    use cached_redis_runtime::{cache_aside, cache_invalidate, write_through};
    use sqlx::SqlitePool;

    pub(crate) struct Profiles {
        pub(crate) db: SqlitePool,
    }

    impl Profiles {
        #[cache_aside(key = "profile:<id>", ttl = "1h")]
        async fn find(&self, id: u64) -> sqlx::Result<Option<Profile>> {
            let find = sqlx::query_as(FIND).bind(id.cast_signed());
            find.fetch_optional(&self.db).await
        }

        #[cache_invalidate(key = "profile:<id>")]
        async fn rename(&self, id: u64, name: &str) -> sqlx::Result<()> {
            let rename = sqlx::query(RENAME).bind(name).bind(id.cast_signed());
            rename.execute(&self.db).await.map(drop)
        }

        #[write_through(key = "profile:<id>", ttl = "1h")]
        async fn set_motto(&self, id: u64, motto: &str) -> sqlx::Result<Option<Profile>> {
            let set = sqlx::query_as(SET_MOTTO).bind(motto).bind(id.cast_signed());
            set.fetch_optional(&self.db).await
        }

        /// Who changes something looks at it.
        pub(crate) async fn serve(&self, request: &Request) -> sqlx::Result<Option<Profile>> {
            match request {
                Request::Look(_) => {}
                Request::Rename(id, name) => self.rename(*id, name).await?,
                Request::SetMotto(id, motto) => drop(self.set_motto(*id, motto).await?),
            }
            self.find(request.id()).await
        }
    }
}

pub(crate) enum Request {
    Look(u64),
    Rename(u64, String),
    SetMotto(u64, String),
}

impl Request {
    fn id(&self) -> u64 {
        let (Self::Look(id) | Self::Rename(id, _) | Self::SetMotto(id, _)) = self;
        *id
    }
}

/// One in twenty is a change.
pub(crate) fn requests() -> Vec<Request> {
    let (users, mut random) = (Choice::zipf(USERS, 1.0), Random::new(SEED));
    let request = |number: usize| {
        let id = 1 + users.draw(&mut random) as u64;
        match number % 40 {
            19 => Request::Rename(id, format!("renamed {number}")),
            39 => Request::SetMotto(id, format!("motto {number}")),
            _ => Request::Look(id),
        }
    };
    (0..1000).map(request).collect()
}

/// Whether the answer has what was just written.
fn seen(request: &Request, profile: Option<&Profile>) -> bool {
    profile.is_some_and(|(name, motto, _)| match request {
        Request::Look(_) => true,
        Request::Rename(_, new) => name == new,
        Request::SetMotto(_, new) => motto == new,
    })
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = Database::scratch("profile-plain", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let site = plain::Profiles { db };
    let plain = async |one: &Request| site.serve(one).await;
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    let database = Database::scratch("profile-cached", TABLES).await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let site = cached::Profiles { db };
    let cached = async |one: &Request| site.serve(one).await;
    let cached = stage
        .one_by_one("cached", &queries, &requests, cached)
        .await;

    plain.same_as(&cached)?;
    for (request, answer) in requests.iter().zip(&cached.answers) {
        if !seen(request, answer.clone()?.as_ref()) {
            return Err("who changed a profile did not see it".into());
        }
    }
    let conclusion = format!(
        "{} queries instead of {}, and each of those who changed a profile saw it in the next read.",
        cached.row.source, plain.row.source
    );
    let rows = [plain.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("profile_edit", story).await
}
