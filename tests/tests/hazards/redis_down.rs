//! Redis absent, killed, stopped, restarted: every call returns the body's value, and nobody waits for a reconnect.

use std::time::Duration;

use cached_redis_runtime::{Cache, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key};
use cached_redis_tests::{Server, Stopwatch, eventually};

use crate::common::World;

const DEADLINE: Duration = Duration::from_millis(100);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_millis(400);

#[cache_aside(key = "d:<id>", ttl = 60, skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "d:<id>")]
async fn write(id: u64) {
    let _ = id;
}

async fn world() -> World {
    World::redis_with(|builder| builder.deadline(DEADLINE)).await
}

/// The median over many calls while the server is away; every one of them answers.
async fn median_cost(world: &World) -> Duration {
    world
        .run(async {
            let mut costs = Vec::new();
            for n in 0..301 {
                let watch = Stopwatch::start();
                assert_eq!(inspect(read(1, n)).await, (n, Served::Uncached));
                costs.push(watch.elapsed());
            }
            costs.sort();
            costs[costs.len() / 2]
        })
        .await
}

/// From the moment the server is back.
async fn caching_resumes(world: &World) {
    let watch = Stopwatch::start();
    eventually(Duration::from_secs(10), || world.cache.stats().connected).await;
    assert!(
        watch.elapsed() < Duration::from_secs(2),
        "{:?}",
        watch.elapsed()
    );
    world
        .run(async {
            read(99, 1).await;
            assert_eq!(inspect(read(99, 2)).await, (1, Served::Hit));
        })
        .await;
}

#[tokio::test]
async fn trap_14_absent_at_start_is_no_error_and_no_panic() {
    let server = Server::start();
    server.kill();
    let watch = Stopwatch::start();
    let cache = Cache::connect(server.url()).await.expect("no error");
    assert!(
        watch.elapsed() < Duration::from_millis(1500),
        "{:?}",
        watch.elapsed()
    );
    assert_eq!(
        cache.ping().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    assert_eq!(
        cache.scope(inspect(read(1, 1))).await,
        (1, Served::Uncached)
    );
    server.restart();
    let watch = Stopwatch::start();
    eventually(Duration::from_secs(10), || cache.stats().connected).await;
    assert!(
        watch.elapsed() < Duration::from_secs(2),
        "{:?}",
        watch.elapsed()
    );
    cache.scope(read(1, 1)).await;
    assert_eq!(cache.scope(inspect(read(1, 2))).await, (1, Served::Hit));
}

#[tokio::test]
async fn killed_and_restarted() {
    let world = world().await;
    world.run(read(1, 0)).await;
    world.server().kill();
    let watch = Stopwatch::start();
    assert_eq!(world.run(read(1, 5)).await, 5);
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    let median = median_cost(&world).await;
    assert!(median < Duration::from_micros(50), "{median:?}");
    world.server().restart();
    caching_resumes(&world).await;
}

#[tokio::test]
async fn stopped_and_continued() {
    let world = world().await;
    world.run(read(1, 0)).await;
    world.server().stop();
    let watch = Stopwatch::start();
    assert_eq!(world.run(read(1, 5)).await, 5);
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    // The second unanswered command opens the breaker.
    assert_eq!(world.run(read(1, 6)).await, 6);
    let median = median_cost(&world).await;
    assert!(median < Duration::from_micros(50), "{median:?}");
    world.server().cont();
    caching_resumes(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_under_load_costs_each_caller_one_deadline_at_most() {
    let world = world().await;
    world.run(read(1, 0)).await;
    world.server().stop();
    let callers: Vec<_> = (0..100)
        .map(|n| {
            world.spawn(async move {
                let watch = Stopwatch::start();
                // Each has a key of its own: callers of one would share.
                assert_eq!(read(n.into(), n).await, n);
                watch.elapsed()
            })
        })
        .collect();
    for caller in callers {
        let elapsed = caller.await.unwrap();
        assert!(elapsed < DEADLINE + SLACK, "{elapsed:?}");
    }
    world.server().cont();
}

#[tokio::test]
async fn killed_during_a_load() {
    #[cache_aside(key = "k:<id>", ttl = 60, skip(server))]
    async fn kills(server: &Server, id: u64) -> u64 {
        server.kill();
        id
    }

    let world = world().await;
    let watch = Stopwatch::start();
    assert_eq!(world.run(kills(world.server(), 3)).await, 3);
    assert!(
        watch.elapsed() < DEADLINE + SLACK + SLACK,
        "{:?}",
        watch.elapsed()
    );
}

#[tokio::test]
async fn an_invalidation_that_fails_is_made_good_before_the_key_is_trusted() {
    let world = world().await;
    world
        .run(async {
            let id = 1;
            read(id, 1).await;
            assert_eq!(inspect(read(id, 2)).await, (1, Served::Hit));
            // Stopped, not killed: the stale entry survives.
            world.server().stop();
            write(id).await;
            let stats = world.family("d:<id>");
            assert_eq!((stats.lost_deletes, stats.invalidations), (1, 0));
            assert_eq!(world.cache.stats().pending_deletes, 1);
            assert_eq!(read(id, 3).await, 3, "bypassed");
            world.server().cont();
            // From here on until the deletion has been executed, and after it: never the old value.
            for n in 10..40 {
                let value = read(id, n).await;
                assert!(value >= 10 || value == 3, "stale: {value}");
                tokio::task::yield_now().await;
            }
            world.deletions_made_good().await;
            let (value, _) = inspect(read(id, 50)).await;
            assert!(value >= 10, "stale: {value}");
            world.cache.invalidate(key!("d:<id>")).await.unwrap();
        })
        .await;
}

/// The server answers, and only the deletion fails: without the bypass every read would be a stale hit.
#[tokio::test]
async fn trap_16_a_failed_deletion_is_bypassed_until_it_is_made_good() {
    let server = Server::builder().user("app", "pw", "~* +@all -del").start();
    let cache = Cache::connect(server.url_as("app", "pw")).await.unwrap();
    cache
        .scope(async {
            let id = 1;
            read(id, 1).await;
            read(2, 1).await;
            write(id).await;
            assert_eq!(cache.stats().pending_deletes, 1);
            for n in 2..5 {
                assert_eq!(inspect(read(id, n)).await, (n, Served::Uncached), "stale");
            }
            assert_eq!(
                inspect(read(2, 2)).await,
                (1, Served::Hit),
                "other keys are not touched"
            );
            let error = cache.invalidate(key!("d:<id>")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Auth);
            server.run(&["ACL", "SETUSER", "app", "+del"]);
            eventually(Duration::from_secs(10), || {
                cache.stats().pending_deletes == 0
            })
            .await;
            assert_eq!(inspect(read(id, 6)).await, (6, Served::Miss));
        })
        .await;
}

/// Those who wait for another process's load find out together that the server hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_while_callers_wait_for_another_process() {
    let world = world().await;
    // A lease of somebody else's.
    world.server().set("d:7", b"\xFA0123456789abcdef");
    let callers: Vec<_> = (0..500).map(|n| world.spawn(read(7, n))).collect();
    eventually(Duration::from_secs(10), || {
        world.cache.stats().waiting == 499
    })
    .await;
    let watch = Stopwatch::start();
    world.server().stop();
    for caller in callers {
        assert!(caller.await.unwrap() < 500);
    }
    assert!(
        watch.elapsed() < DEADLINE * 2 + SLACK,
        "{:?}",
        watch.elapsed()
    );
    world.server().cont();
}

#[tokio::test]
async fn the_password_changed_while_running() {
    let world = world().await;
    // A connection from before the change stays authenticated.
    let mut admin = world.server().connection().unwrap();
    let mut run = |command: &[&str]| {
        let mut line = redis::cmd(command[0]);
        line.arg(&command[1..]);
        line.query::<redis::Value>(&mut admin).unwrap();
    };
    run(&["CONFIG", "SET", "requirepass", "new"]);
    run(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    eventually(Duration::from_secs(10), || !world.cache.stats().connected).await;
    assert_eq!(world.run(inspect(read(1, 4))).await, (4, Served::Uncached));
    run(&["CONFIG", "SET", "requirepass", ""]);
    caching_resumes(&world).await;
}

#[tokio::test]
async fn the_deadline_of_the_url_wins() {
    let server = Server::start();
    let url = format!("{}?deadline=100ms", server.url());
    let builder = Cache::builder(url).deadline(Duration::from_secs(30));
    let cache = builder.connect().await.unwrap();
    server.stop();
    let watch = Stopwatch::start();
    assert_eq!(cache.scope(read(1, 5)).await, 5);
    assert!(watch.elapsed() < DEADLINE + SLACK, "{:?}", watch.elapsed());
    server.cont();
}

#[tokio::test]
async fn a_wrong_url_is_an_error_and_names_the_part() {
    for (url, part) in [
        ("redis:/localhost", "must begin with"),
        ("redis://localhost/zero", "database"),
        ("memory://big", "nothing after it"),
        ("postgres://u:s3cret@h", "must begin with"),
    ] {
        let error = Cache::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Url);
        assert!(error.to_string().contains(part), "{url}: {error}");
        assert!(!error.to_string().contains("s3cret"));
    }
    let server = Server::start();
    let url = format!("{}/99", server.url().trim_end_matches("/0"));
    let error = Cache::connect(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(error.to_string().contains("database number"), "{error}");
    let error = Cache::builder("memory://")
        .deadline(Duration::ZERO)
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setting);
}
