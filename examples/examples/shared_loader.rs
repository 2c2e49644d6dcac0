//! One loader, configured once, for several services that read the same things.
//!
//! ```text
//! cargo run --example shared_loader
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example shared_loader
//! ```
//!
//! Read-through: `cache.read_through` is given the loader, and the services are given clones of what it returns. What one of them has
//! read is a hit for the other, one at a time or many at once. `read_through` shows the rest of it.

use std::collections::HashMap;
use std::time::Duration;

use cached_redis_examples::airports::{self, Travellers};
use cached_redis_examples::choice::Random;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};
use cached_redis_runtime::{Cache, ReadThrough, key_family};
use sqlx::SqlitePool;

const SEED: u64 = 6;

const FIND_MANY: &str = "
    SELECT code, city, (SELECT coalesce(sum(flights), 0) FROM route WHERE destination = code)
    FROM airport WHERE code IN (SELECT value FROM json_each(?))";

/// The city, and how many flights go there in a year.
type Airport = (String, i64);

key_family! {
    /// An airport by its code.
    pub(crate) AirportByCode(code: &str) -> Airport = "airport:<code>:traffic";
}

/// Everything about loading an airport is here, and nowhere else.
type Airports = ReadThrough<AirportByCode<'static>, sqlx::Result<Option<Airport>>>;

fn airports(cache: &Cache, db: &SqlitePool) -> Airports {
    let (one, many) = (db.clone(), db.clone());
    cache
        .read_through(AirportByCode, Duration::from_hours(1), move |code| {
            find(one.clone(), code)
        })
        .many(move |codes| find_many(many.clone(), codes))
        .none_ttl(Duration::from_secs(30))
}

async fn find(db: SqlitePool, code: String) -> sqlx::Result<Option<Airport>> {
    let found = find_many(db, vec![code]).await?;
    Ok(found.into_values().next())
}

async fn find_many(db: SqlitePool, codes: Vec<String>) -> sqlx::Result<HashMap<String, Airport>> {
    let codes = serde_json::json!(codes).to_string();
    let found = sqlx::query_as(FIND_MANY).bind(codes);
    let found: Vec<(String, String, i64)> = found.fetch_all(&db).await?;
    let found = found.into_iter();
    Ok(found
        .map(|(code, city, flights)| (code, (city, flights)))
        .collect())
}

mod plain {
    use super::{find, find_many};
    use sqlx::SqlitePool;

    pub(crate) struct Search(pub(crate) SqlitePool);

    impl Search {
        pub(crate) async fn line(&self, code: &str) -> sqlx::Result<String> {
            let airport = find(self.0.clone(), code.to_owned()).await?;
            Ok(airport.map_or_else(String::new, |(city, _)| city))
        }
    }

    pub(crate) struct Planner(pub(crate) SqlitePool);

    impl Planner {
        pub(crate) async fn traffic(&self, codes: &[String]) -> sqlx::Result<i64> {
            let airports = find_many(self.0.clone(), codes.to_vec()).await?;
            Ok(airports.values().map(|(_, flights)| flights).sum())
        }
    }
}

mod cached {
    use super::Airports;

    pub(crate) struct Search(pub(crate) Airports);

    impl Search {
        pub(crate) async fn line(&self, code: &str) -> sqlx::Result<String> {
            let airport = self.0.get(code).await?;
            Ok(airport.map_or_else(String::new, |(city, _)| city))
        }
    }

    pub(crate) struct Planner(pub(crate) Airports);

    impl Planner {
        pub(crate) async fn traffic(&self, codes: &[String]) -> sqlx::Result<i64> {
            let airports = self.0.get_many(codes).await?;
            Ok(airports.values().map(|(_, flights)| flights).sum())
        }
    }
}

/// One airport for the search, or the stops of a trip for the planner.
pub(crate) fn requests() -> Vec<Vec<String>> {
    let (travellers, mut random) = (Travellers::new(), Random::new(SEED));
    (0..500)
        .map(|number| {
            let stops = if number % 2 == 0 { 1 } else { 4 };
            let stop = |_| travellers.draw(&mut random).to_owned();
            (0..stops).map(stop).collect()
        })
        .collect()
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = airports::open("shared-loader").await?;
    let (db, queries) = (database.pool.clone(), database.queries());

    let search = plain::Search(db.clone());
    let planner = plain::Planner(db.clone());
    let plain = async |stops: &Vec<String>| match &stops[..] {
        [one] => search.line(one).await,
        many => planner.traffic(many).await.map(|it| it.to_string()),
    };
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    let airports = airports(stage.cache(), &db);
    let search = cached::Search(airports.clone());
    let planner = cached::Planner(airports);
    let cached = async |stops: &Vec<String>| match &stops[..] {
        [one] => search.line(one).await,
        many => planner.traffic(many).await.map(|it| it.to_string()),
    };
    let cached = stage
        .one_by_one("read_through", &queries, &requests, cached)
        .await;

    plain.same_as(&cached)?;
    let conclusion = format!(
        "{} queries instead of {}: what the search has read, the planner does not read again.",
        cached.row.source, plain.row.source
    );
    let rows = [plain.row, cached.row];
    Ok(Savings::new("queries", rows, conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("shared_loader", story).await
}
