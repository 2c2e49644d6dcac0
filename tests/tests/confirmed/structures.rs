//! Structures whose writes end in a deletion.

use std::convert::Infallible;
use std::time::Duration;

use cached_redis_runtime::structures::{Feed, Ranking};
use cached_redis_runtime::{Cache, ErrorKind, Served, inspect, key};
use cached_redis_tests::{Gate, eventually, pause};

use super::{DEADLINE, LONG, SHORT, World, settings};
use crate::common::PATIENCE;

const HOUR: Duration = Duration::from_secs(3600);

/// A feed that the replica has, in a cache that stores no item of any length.
async fn feed(world: &World, limit: Duration) -> (Cache, Feed<String, Infallible>) {
    let settings = settings(world.primary.url(), limit).max_value_bytes(64);
    let cache = settings.connect().await.unwrap();
    let source = async |_| Ok(vec!["brief".to_owned()]);
    let feed = Feed::new(&cache, key!("feed"), Duration::from_secs(600), 10, source);
    feed.latest(1).await.unwrap();
    let has_it = || world.replica.keys() == world.primary.keys();
    assert!(!world.primary.keys().is_empty());
    eventually(PATIENCE, has_it).await;
    (cache, feed)
}

fn insert() -> impl Future<Output = Result<String, Infallible>> {
    std::future::ready(Ok("long".repeat(100)))
}

#[tokio::test]
async fn a_feed_that_cannot_have_an_item_is_deleted_on_the_replica_as_well() {
    let world = World::start(LONG).await;
    let (cache, feed) = feed(&world, LONG).await;
    world.replica.stop();
    let push = tokio::spawn(async move { feed.push(insert()).await });
    eventually(PATIENCE, || world.waiting() == 1).await;
    // It is the replicas that are waited for, and not the server.
    pause(2 * DEADLINE).await;
    assert!(!push.is_finished());
    world.replica.cont();
    let Ok(written) = push.await.unwrap();
    written.cached.unwrap();
    assert_eq!(world.replica.keys(), world.primary.keys());
    assert_eq!(
        (
            cache.stats().unconfirmed,
            cache.stats().total().lost_deletes
        ),
        (0, 0)
    );
}

#[tokio::test]
async fn a_feed_whose_deletion_no_replica_confirms_says_so() {
    let world = World::start(SHORT).await;
    let (cache, feed) = feed(&world, SHORT).await;
    world.replica.stop();
    let Ok(written) = feed.push(insert()).await;
    assert_eq!(written.cached.unwrap_err().kind(), ErrorKind::Unconfirmed);
    let stats = cache.stats();
    let family = stats.family("feed").unwrap();
    assert_eq!((family.invalidations, family.unconfirmed), (1, 1));
    assert_eq!((stats.unconfirmed, stats.pending_deletes), (1, 0));
}

/// The script of a write has deleted them: a score whose member another writes, and an item that the list may have already.
#[tokio::test]
async fn a_structure_that_cannot_take_a_change_is_deleted_on_the_replica_as_well() {
    let world = World::start(LONG).await;
    let board = Ranking::new(&world.cache, key!("board"), HOUR, || async {
        Ok::<_, Infallible>(vec![(7_u64, 1.0)])
    });
    let (_, feed) = feed(&world, LONG).await;
    board.len().await.unwrap();
    let has_both = || world.replica.keys() == world.primary.keys();
    eventually(PATIENCE, has_both).await;
    for key in ["board", "feed"] {
        let (board, feed, gate) = (board.clone(), feed.clone(), Gate::closed());
        let held = gate.clone();
        let call = tokio::spawn(async move {
            let write = async {
                held.pass().await;
                Ok::<_, Infallible>("x".to_owned())
            };
            let Ok(written) = match key {
                "board" => board.record(&7, 2, write).await,
                _ => feed.push(write).await,
            };
            written.cached
        });
        gate.reached().await;
        // As if somebody else had written the same, or built it anew.
        match key {
            "board" => world.primary.run(&["DEL", "%beside:writers:{board}"]),
            _ => world.primary.run(&["LSET", "feed", "0", "another"]),
        }
        world.replica.stop();
        gate.open();
        eventually(PATIENCE, || {
            !world.primary.keys().contains(&key.to_owned()) && world.waiting() == 1
        })
        .await;
        assert!(!call.is_finished());
        world.replica.cont();
        call.await.unwrap().unwrap();
        assert!(!world.replica.keys().contains(&key.to_owned()));
    }
    assert_eq!(world.cache.stats().unconfirmed, 0);
}

/// It has deleted nothing.
#[tokio::test]
async fn a_write_that_the_source_refuses_waits_for_nobody() {
    let world = World::start(LONG).await;
    let board = Ranking::new(&world.cache, key!("board"), HOUR, || async {
        Ok::<_, &str>(vec![(7_u64, 1.0)])
    });
    board.len().await.unwrap();
    world.replica.stop();
    world.primary.reset_commandstats();
    let refused = async { Err::<(), _>("no") };
    assert_eq!(board.record(&7, 2, refused).await.unwrap_err(), "no");
    assert_eq!(inspect(board.score(&7)).await, (Ok(Some(1.0)), Served::Hit));
    assert_eq!(world.primary.data_commands().get("wait"), None);
    assert_eq!(world.cache.stats().unconfirmed, 0);
}
