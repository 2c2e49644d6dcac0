//! The server dies in the middle of a story: every call is answered, and as if there were no cache.

use std::sync::Arc;

use cached_redis_examples::stage::{Outcome, Stage};
use cached_redis_tests::Server;

use super::{
    Savings, at, catalogue_page, leaderboard, profile_edit, row, sessions, shared_loader,
    view_counters,
};

/// The stories compare the answers with those of the plain side themselves.
async fn killed(story: impl AsyncFnOnce(&Stage) -> Outcome<Savings>) -> Savings {
    let server = Arc::new(Server::start());
    let stage = Stage::at(&at(&server), "killed").await.unwrap();
    let victim = Arc::clone(&server);
    let stage = stage.with_incident(move || victim.kill());
    let savings = stage.cache().clone().scope(story(&stage)).await;
    assert!(!server.is_running(), "the middle of the story came");
    savings.unwrap_or_else(|error| panic!("{error}"))
}

/// In the first half the cache is of use, in the second one the source is asked each time.
fn assert_half(savings: &Savings, way: &str) {
    let (plain, cached) = (row(savings, "plain"), row(savings, way));
    assert_eq!((cached.failed, cached.calls), (0, plain.calls), "{savings}");
    assert!(cached.source >= plain.source / 2, "{savings}");
    assert!(cached.source < plain.source * 7 / 8, "{savings}");
}

#[tokio::test]
async fn a_catalogue_page() {
    assert_half(&killed(catalogue_page::story).await, "cache_aside");
}

/// And who edits his profile still sees what he wrote.
#[tokio::test]
async fn a_profile() {
    assert_half(&killed(profile_edit::story).await, "cached");
}

#[tokio::test]
async fn sessions() {
    assert_half(&killed(sessions::story).await, "sliding");
}

#[tokio::test]
async fn a_shared_loader() {
    assert_half(&killed(shared_loader::story).await, "read_through");
}

#[tokio::test]
async fn a_leaderboard() {
    assert_half(&killed(leaderboard::story).await, "Ranking");
}

/// A view then costs one query, as without a counter, and its visitor is not counted. Of each page at most the views that
/// waited to be written are lost.
#[tokio::test]
async fn view_counters() {
    let savings = killed(view_counters::story).await;
    let (plain, cached) = (row(&savings, "plain"), row(&savings, "Counter"));
    assert_eq!((cached.failed, cached.calls), (0, plain.calls), "{savings}");
    let half = plain.calls as u64 / 2;
    assert!((half..half + 50).contains(&cached.source), "{savings}");
}
