//! A catalogue page: put together by costly queries, looked at by everybody, changed now and then.
//!
//! ```text
//! cargo run --example catalogue_page
//! REDIS_URL=redis://127.0.0.1:6379 cargo run --example catalogue_page
//! ```
//!
//! Cache-aside with a long TTL, because whoever changes something deletes what he has changed: one page by its key, all of
//! them by a tag. What the page needs many of, it reads in one batch. The airports and how often each is looked at are real.

use std::collections::HashMap;

use cached_redis_examples::airports::{self, Travellers};
use cached_redis_examples::choice::Random;
use cached_redis_examples::savings::{Savings, one_by_one};
use cached_redis_examples::stage::{Outcome, Stage, show};

const SEED: u64 = 1;

/// The name, the flights of a year, and a JSON list of where most of them go.
type Page = (String, i64, String);

const PAGE: &str = "
    SELECT name, (SELECT coalesce(sum(flights), 0) FROM route WHERE origin = code), (SELECT json_group_array(destination)
        FROM (SELECT destination FROM route WHERE origin = code ORDER BY flights DESC, destination LIMIT 5))
    FROM airport WHERE code = ?";
const CARDS: &str = "
    SELECT code, name || ' (' || state || ')' FROM airport WHERE code IN (SELECT value FROM json_each(?))";
const RENAME: &str = "UPDATE airport SET name = ? WHERE code = ?";
const NEW_TIMETABLE: &str = "UPDATE route SET flights = flights + 1";

mod plain {
    use super::{
        Answer, CARDS, Cards, NEW_TIMETABLE, PAGE, Page, RENAME, Request, destinations, json,
    };
    use sqlx::SqlitePool;

    pub(crate) struct Catalogue {
        pub(crate) db: SqlitePool,
    }

    impl Catalogue {
        async fn page(&self, code: &str) -> sqlx::Result<Option<Page>> {
            let page = sqlx::query_as(PAGE).bind(code);
            page.fetch_optional(&self.db).await
        }

        async fn cards(&self, codes: &[String]) -> sqlx::Result<Cards> {
            let cards = sqlx::query_as(CARDS).bind(json(codes));
            let cards: Vec<(String, String)> = cards.fetch_all(&self.db).await?;
            Ok(cards.into_iter().collect())
        }

        async fn rename(&self, code: &str, name: &str) -> sqlx::Result<()> {
            let rename = sqlx::query(RENAME).bind(name).bind(code);
            rename.execute(&self.db).await.map(drop)
        }

        async fn new_timetable(&self) -> sqlx::Result<()> {
            let renew = sqlx::query(NEW_TIMETABLE);
            renew.execute(&self.db).await.map(drop)
        }

        pub(crate) async fn serve(&self, request: &Request) -> sqlx::Result<Answer> {
            match request {
                Request::Rename(code, name) => self.rename(code, name).await?,
                Request::NewTimetable => self.new_timetable().await?,
                Request::Look(code) => {
                    let page = self.page(code).await?;
                    let cards = self.cards(&destinations(page.as_ref())).await?;
                    return Ok(Some((page, cards)));
                }
            }
            Ok(None)
        }
    }
}

mod cached {
    use super::{
        Answer, CARDS, Cards, NEW_TIMETABLE, PAGE, Page, RENAME, Request, destinations, json,
    };
    use cached_redis_runtime::{cache_aside, cache_invalidate};
    use sqlx::SqlitePool;

    pub(crate) struct Catalogue {
        pub(crate) db: SqlitePool,
    }

    impl Catalogue {
        #[cache_aside(key = "airport:<code>:page", ttl = "1d", tags("timetable"))]
        async fn page(&self, code: &str) -> sqlx::Result<Option<Page>> {
            let page = sqlx::query_as(PAGE).bind(code);
            page.fetch_optional(&self.db).await
        }

        #[cache_aside(key = "airport:<codes>:card", each = codes, ttl = "1d")]
        async fn cards(&self, codes: &[String]) -> sqlx::Result<Cards> {
            let cards = sqlx::query_as(CARDS).bind(json(codes));
            let cards: Vec<(String, String)> = cards.fetch_all(&self.db).await?;
            Ok(cards.into_iter().collect())
        }

        #[cache_invalidate(keys("airport:<code>:page", "airport:<code>:card"))]
        async fn rename(&self, code: &str, name: &str) -> sqlx::Result<()> {
            let rename = sqlx::query(RENAME).bind(name).bind(code);
            rename.execute(&self.db).await.map(drop)
        }

        #[cache_invalidate(tags("timetable"))]
        async fn new_timetable(&self) -> sqlx::Result<()> {
            let renew = sqlx::query(NEW_TIMETABLE);
            renew.execute(&self.db).await.map(drop)
        }

        pub(crate) async fn serve(&self, request: &Request) -> sqlx::Result<Answer> {
            match request {
                Request::Rename(code, name) => self.rename(code, name).await?,
                Request::NewTimetable => self.new_timetable().await?,
                Request::Look(code) => {
                    let page = self.page(code).await?;
                    let cards = self.cards(&destinations(page.as_ref())).await?;
                    return Ok(Some((page, cards)));
                }
            }
            Ok(None)
        }
    }
}

/// A line for each of the places one mostly flies to from there.
type Cards = HashMap<String, String>;

/// The page and its cards; nothing for a change.
type Answer = Option<(Option<Page>, Cards)>;

fn destinations(page: Option<&Page>) -> Vec<String> {
    let list = page.map_or("[]", |(_, _, destinations)| destinations);
    serde_json::from_str(list).unwrap_or_default()
}

fn json(codes: &[String]) -> String {
    serde_json::json!(codes).to_string()
}

pub(crate) enum Request {
    Look(&'static str),
    Rename(&'static str, &'static str),
    NewTimetable,
}

pub(crate) fn requests() -> Vec<Request> {
    let (travellers, mut random) = (Travellers::new(), Random::new(SEED));
    let look = |_| Request::Look(travellers.draw(&mut random));
    let mut requests: Vec<_> = (0..500).map(look).collect();
    requests[200] = Request::Rename("ATL", "Atlanta International");
    requests[350] = Request::NewTimetable;
    requests
}

pub(crate) async fn story(stage: &Stage) -> Outcome<Savings> {
    let requests = requests();
    let database = airports::open("catalogue-plain").await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let site = plain::Catalogue { db };
    let plain = async |one: &Request| site.serve(one).await;
    let plain = one_by_one("plain", &queries, &requests, plain).await;

    let database = airports::open("catalogue-cached").await?;
    let (db, queries) = (database.pool.clone(), database.queries());
    let site = cached::Catalogue { db };
    let cached = async |one: &Request| site.serve(one).await;
    let cached = stage
        .one_by_one("cache_aside", &queries, &requests, cached)
        .await;

    plain.same_as(&cached)?;
    let conclusion = format!(
        "{} queries instead of {}: a page and a card are read once, and again when they have changed.",
        cached.row.source, plain.row.source
    );
    Ok(Savings::new("queries", [plain.row, cached.row], conclusion))
}

#[tokio::main]
async fn main() -> Outcome {
    show("catalogue_page", story).await
}
