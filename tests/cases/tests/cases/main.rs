//! Each use case of the examples saves what it says, on the store in memory and on a server, and goes on without it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]
#![allow(
    dead_code,
    reason = "the examples are included as they are, and nobody calls their `main` here"
)]

mod saved;
mod without_redis;

#[path = "../../../../examples/examples/catalogue_page.rs"]
mod catalogue_page;
#[path = "../../../../examples/examples/feature_flags.rs"]
mod feature_flags;
#[path = "../../../../examples/examples/home_feed.rs"]
mod home_feed;
#[path = "../../../../examples/examples/leaderboard.rs"]
mod leaderboard;
#[path = "../../../../examples/examples/profile_edit.rs"]
mod profile_edit;
#[path = "../../../../examples/examples/sessions.rs"]
mod sessions;
#[path = "../../../../examples/examples/shared_loader.rs"]
mod shared_loader;
#[path = "../../../../examples/examples/third_party_api.rs"]
mod third_party_api;
#[path = "../../../../examples/examples/view_counters.rs"]
mod view_counters;

use cached_redis_examples::savings::{Row, Savings};
use cached_redis_examples::stage::{Outcome, Stage};
use cached_redis_runtime::Cache;
use cached_redis_tests::Server;

/// So that entries of a busy machine are not missed for its sake.
const DEADLINE: &str = "?deadline=5s";

/// Plays a story with the cache at this URL.
async fn play(url: &str, story: impl AsyncFnOnce(&Stage) -> Outcome<Savings>) -> Savings {
    let stage = Stage::at(url, "case").await.unwrap();
    let cache: Cache = stage.cache().clone();
    let savings = cache.scope(story(&stage)).await;
    savings.unwrap_or_else(|error| panic!("{error}"))
}

fn at(server: &Server) -> String {
    server.url() + DEADLINE
}

fn row<'a>(savings: &'a Savings, way: &str) -> &'a Row {
    let row = savings.row(way);
    row.unwrap_or_else(|| panic!("no line \"{way}\" in\n{savings}"))
}

/// Nothing failed, and the source was asked so often.
fn assert_source(savings: &Savings, way: &str, expected: u64) {
    let row = row(savings, way);
    assert_eq!((row.failed, row.source), (0, expected), "{way}:\n{savings}");
}

/// The keys of all stories fit each other: none is read as two types, cleared and never read, or made by two templates.
#[tokio::test]
async fn the_keys_fit_each_other() {
    // A loader is in the catalogue once it has been made.
    play("memory://", shared_loader::story).await;
    cached_redis_runtime::catalogue().check().unwrap();
}
