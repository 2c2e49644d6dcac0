//! Structures while Redis is killed, stopped, full or restarted.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_runtime::structures::{Counter, Decision, Feed, Ranking, RateLimit, Uniques};
use cached_redis_runtime::{ErrorKind, Served, inspect, key, transaction};
use cached_redis_tests::{Gate, Server, Stopwatch, eventually};

use crate::common::{PATIENCE, World};

const DEADLINE: Duration = Duration::from_millis(100);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_millis(400);
const HOUR: Duration = Duration::from_secs(3600);

async fn world() -> World {
    World::redis_with(|builder| builder.deadline(DEADLINE)).await
}

/// A database of one member and its score, and a feed of all scores.
#[derive(Clone, Debug, Default)]
struct Database {
    scores: Arc<Mutex<Vec<u32>>>,
    reads: Arc<AtomicU32>,
    gate: Option<Gate>,
}

impl Database {
    fn of(score: u32) -> Self {
        let database = Self::default();
        database.scores.lock().unwrap().push(score);
        database
    }

    async fn write(&self, score: u32) -> Result<u32, String> {
        tokio::task::yield_now().await;
        self.scores.lock().unwrap().push(score);
        Ok(score)
    }

    async fn newest(self) -> Result<Vec<u32>, String> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let scores = self.scores.lock().unwrap().clone();
        if let Some(gate) = &self.gate {
            gate.pass().await;
        }
        Ok(scores.into_iter().rev().collect())
    }

    fn board(&self, world: &World) -> Ranking<u64, String> {
        let database = self.clone();
        Ranking::new(&world.cache, key!("board"), HOUR, move || {
            let database = database.clone();
            async move { Ok(vec![(1, f64::from(database.newest().await?[0]))]) }
        })
    }

    fn feed(&self, world: &World) -> Feed<u32, String> {
        let database = self.clone();
        Feed::new(&world.cache, key!("feed"), HOUR, 100, move |_| {
            database.clone().newest()
        })
    }
}

/// From when the server is back.
async fn comes_back(world: &World) {
    eventually(PATIENCE, || world.cache.stats().connected).await;
    world.deletions_made_good().await;
}

fn unavailable(error: &cached_redis_runtime::Error) {
    assert!(
        matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout),
        "{error}"
    );
}

/// What is in Redis alone says so.
async fn nothing_is_counted(world: &World) {
    let counter = Counter::new(&world.cache, key!("views"));
    unavailable(&counter.incr().await.unwrap_err());
    unavailable(&counter.get().await.unwrap_err());
    let uniques = Uniques::exact(&world.cache, key!("visitors"), HOUR);
    unavailable(&uniques.add("x").await.unwrap_err());
    unavailable(&uniques.count().await.unwrap_err());
    let limit = RateLimit::new(&world.cache, 1, HOUR);
    for (limit, expected) in [(limit.clone(), true), (limit.deny_when_down(), false)] {
        let decision = limit.check(key!("login")).await;
        assert_eq!(decision.is_allowed(), expected);
        assert!(matches!(decision, Decision::Unchecked { .. }));
    }
    assert_eq!(world.family("login").errors, 2);
}

#[tokio::test]
async fn killed_and_restarted() {
    let world = world().await;
    let database = Database::of(1);
    let (board, feed) = (database.board(&world), database.feed(&world));
    board.len().await.unwrap();
    feed.latest(1).await.unwrap();
    world.server().kill();
    let watch = Stopwatch::start();
    assert_eq!(board.score(&1).await, Ok(Some(1.0)));
    assert_eq!(feed.latest(9).await, Ok(vec![1]));
    let written = board.record(&1, 2, database.write(2)).await.unwrap();
    unavailable(&written.cached.unwrap_err());
    unavailable(
        &feed
            .push(database.write(3))
            .await
            .unwrap()
            .cached
            .unwrap_err(),
    );
    assert_eq!(board.score(&1).await, Ok(Some(3.0)));
    assert_eq!(feed.latest(9).await, Ok(vec![3, 2, 1]));
    assert!(world.cache.stats().pending_deletes > 0);
    nothing_is_counted(&world).await;
    // All of that together: nobody waited for a reconnect.
    assert!(
        watch.elapsed() < DEADLINE * 10 + SLACK,
        "{:?}",
        watch.elapsed()
    );
    world.server().restart();
    comes_back(&world).await;
    assert_eq!(board.score(&1).await, Ok(Some(3.0)));
    assert_eq!(inspect(board.score(&1)).await, (Ok(Some(3.0)), Served::Hit));
    assert_eq!(feed.latest(9).await, Ok(vec![3, 2, 1]));
    assert_eq!(
        inspect(feed.latest(9)).await,
        (Ok(vec![3, 2, 1]), Served::Hit)
    );
    let counter = Counter::new(&world.cache, key!("views"));
    assert_eq!(counter.incr().await.unwrap(), 1);
    board
        .record(&1, 4, database.write(4))
        .await
        .unwrap()
        .cached
        .unwrap();
    assert_eq!(inspect(board.score(&1)).await, (Ok(Some(4.0)), Served::Hit));
}

/// Between the change of the source and that of Redis the server goes away, and comes back with what it had.
#[tokio::test]
async fn stopped_between_the_source_and_redis() {
    let world = world().await;
    let database = Database::of(1);
    let (board, feed) = (database.board(&world), database.feed(&world));
    board.len().await.unwrap();
    feed.latest(1).await.unwrap();
    let stops = async {
        world.server().stop();
        database.write(2).await
    };
    let watch = Stopwatch::start();
    let written = board.record(&1, 2, stops).await.unwrap();
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    written.cached.unwrap_err();
    let watch = Stopwatch::start();
    assert_eq!(board.score(&1).await, Ok(Some(2.0)), "bypassed");
    feed.push(database.write(3))
        .await
        .unwrap()
        .cached
        .unwrap_err();
    assert_eq!(feed.latest(9).await, Ok(vec![3, 2, 1]), "bypassed");
    assert!(
        watch.elapsed() < DEADLINE * 2 + SLACK,
        "{:?}",
        watch.elapsed()
    );
    world.server().cont();
    for _ in 0..20 {
        assert_eq!(board.score(&1).await, Ok(Some(3.0)));
        tokio::task::yield_now().await;
    }
    comes_back(&world).await;
    for served in [Served::Miss, Served::Hit] {
        assert_eq!(inspect(board.score(&1)).await, (Ok(Some(3.0)), served));
        assert_eq!(inspect(feed.latest(9)).await, (Ok(vec![3, 2, 1]), served));
    }
}

#[tokio::test]
async fn killed_between_the_source_and_redis() {
    let world = world().await;
    let database = Database::of(1);
    let board = database.board(&world);
    board.len().await.unwrap();
    let kills = async {
        world.server().kill();
        database.write(2).await
    };
    board
        .record(&1, 2, kills)
        .await
        .unwrap()
        .cached
        .unwrap_err();
    world.server().restart();
    comes_back(&world).await;
    assert_eq!(board.score(&1).await, Ok(Some(2.0)));
    assert_eq!(inspect(board.score(&1)).await, (Ok(Some(2.0)), Served::Hit));
}

/// The source is read, and then there is nobody to store it.
#[tokio::test]
async fn killed_while_it_is_built() {
    let world = world().await;
    let gate = Gate::closed();
    let database = Database {
        gate: Some(gate.clone()),
        ..Database::of(1)
    };
    let board = database.board(&world);
    let builder = world.spawn({
        let board = board.clone();
        async move { board.score(&1).await }
    });
    gate.reached().await;
    world.server().kill();
    gate.open();
    let watch = Stopwatch::start();
    assert_eq!(builder.await.unwrap(), Ok(Some(1.0)));
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    world.server().restart();
    comes_back(&world).await;
    assert_eq!(board.score(&1).await, Ok(Some(1.0)));
    assert_eq!(inspect(board.score(&1)).await, (Ok(Some(1.0)), Served::Hit));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_server_is_no_stampede_on_the_source() {
    let world = world().await;
    let gate = Gate::closed();
    let database = Database {
        gate: Some(gate.clone()),
        ..Database::of(1)
    };
    let board = database.board(&world);
    world.server().kill();
    eventually(PATIENCE, || !world.cache.stats().connected).await;
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let board = board.clone();
            world.spawn(async move { board.score(&1).await })
        })
        .collect();
    gate.reached().await;
    world.waiting(99).await;
    gate.open();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Ok(Some(1.0)));
    }
    assert_eq!(database.reads.load(Ordering::SeqCst), 2);
}

/// A full server still deletes.
#[tokio::test]
async fn a_full_server_keeps_nothing_old() {
    let world = World::redis_on(
        Server::start_with(&["--maxmemory-policy", "noeviction"]),
        |builder| builder,
    )
    .await;
    let database = Database::of(1);
    let (board, feed) = (database.board(&world), database.feed(&world));
    board.len().await.unwrap();
    feed.latest(1).await.unwrap();
    world.server().run(&["CONFIG", "SET", "maxmemory", "1"]);
    board
        .record(&1, 2, database.write(2))
        .await
        .unwrap()
        .cached
        .ok();
    feed.push(database.write(3)).await.unwrap().cached.ok();
    world.deletions_made_good().await;
    assert_eq!(board.score(&1).await, Ok(Some(3.0)));
    assert_eq!(feed.latest(9).await, Ok(vec![3, 2, 1]));
    let full = Counter::new(&world.cache, key!("views")).incr().await;
    assert_eq!(full.unwrap_err().kind(), ErrorKind::Full);
    world.server().run(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(board.score(&1).await, Ok(Some(3.0)));
    assert_eq!(inspect(board.score(&1)).await, (Ok(Some(3.0)), Served::Hit));
}

/// What is half built is not shown, whatever became of the other half.
#[tokio::test]
async fn what_was_staged_and_lost_is_not_stored() {
    let world = World::redis().await;
    let gate = Gate::closed();
    let database = Database {
        gate: Some(gate.clone()),
        ..Database::of(1)
    };
    let board = database.board(&world);
    // As an earlier attempt would have left it: nothing of it may count.
    world
        .server()
        .run(&["ZADD", "%beside:next:{board}", "77", "ghost"]);
    let builder = world.spawn({
        let board = board.clone();
        async move { board.len().await.unwrap() }
    });
    gate.reached().await;
    gate.open();
    builder.await.unwrap();
    eventually(PATIENCE, || world.family("board").fills == 1).await;
    assert_eq!(inspect(board.len()).await, (Ok(1), Served::Hit));
    assert_eq!(world.server().keys(), ["board"]);
}

/// What was done by a write that was given up, its transaction may commit all the same.
#[tokio::test]
async fn given_up_in_a_transaction() {
    for world in [World::memory().await, world().await] {
        let database = Database::of(1);
        let board = database.board(&world);
        board.len().await.unwrap();
        transaction(async {
            let gate = Gate::closed();
            let write = async {
                gate.pass().await;
                Ok::<_, String>(())
            };
            tokio::select! {
                _ = board.record(&1, 2, write) => panic!("the gate is closed"),
                () = gate.reached() => {}
            }
            world.deletions_made_good().await;
            // Somebody else, before the commit.
            let other = board.clone();
            let other = world.spawn(async move { other.score(&1).await });
            assert_eq!(other.await.unwrap(), Ok(Some(1.0)));
            database.write(2).await
        })
        .await
        .unwrap();
        assert_eq!(board.score(&1).await, Ok(Some(2.0)));
    }
}

/// It looks once, and asks the source.
#[tokio::test]
async fn what_cannot_be_read_and_may_not_be_deleted_is_left() {
    let world = World::redis().await;
    let feed = Database::of(1).feed(&world);
    let server = world.server();
    server.run(&["RPUSH", "feed", "somebody's"]);
    server.run(&["ACL", "SETUSER", "default", "-del"]);
    assert_eq!(
        inspect(feed.latest(1)).await,
        (Ok(vec![1]), Served::Uncached)
    );
    assert_eq!(world.family("feed").mismatches, 1);
}
