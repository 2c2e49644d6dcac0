//! `sliding`: what is read lives on, what is not read expires.

use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{CountingLoader, Server, eventually};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Source = CountingLoader<u32>;

const TEMPLATE: &str = "session:<id>";

#[cache_aside(key = "session:<id>", ttl = "1h", jitter = 0.0, sliding, skip(source))]
async fn session(source: &Source, id: u64) -> u32 {
    source.load().await
}

#[cache_aside(key = "maybe:<id>", ttl = "1h", none_ttl = "1h", jitter = 0.0, sliding)]
async fn maybe(id: u64) -> Option<u64> {
    id.checked_sub(1)
}

#[cache_aside(key = "long:<id>", ttl = "1h", jitter = 0.0, sliding)]
async fn long(id: u64) -> u64 {
    id
}

#[cache_aside(key = "fixed:<id>", ttl = "1h")]
async fn fixed(id: u64) -> u64 {
    id
}

#[cache_invalidate(key = "session:<id>")]
async fn log_out(source: &Source, id: u64) {
    let _ = id;
    source.set(source.peek() + 1);
}

on_every_store! {
    /// And at most once per tenth of the ttl is it renewed.
    async fn what_is_read_lives_on(world: &World) {
        let source = Source::new(7);
        session(&source, 1).await;
        for renewals in 1..=6 {
            world.age("session:1", HALF).await;
            for _ in 0..5 {
                assert_eq!(inspect(session(&source, 1)).await, (7, Served::Hit));
            }
            eventually(PATIENCE, || world.family(TEMPLATE).renewals == renewals).await;
            // Less than a tenth.
            world.age("session:1", Duration::from_secs(300)).await;
            assert_eq!(inspect(session(&source, 1)).await, (7, Served::Hit));
        }
        assert_eq!(source.runs(), 1);
        assert_eq!(world.family(TEMPLATE).renewals, 6);
    }

    async fn what_is_not_read_expires(world: &World) {
        let source = Source::new(7);
        session(&source, 1).await;
        world.age("session:1", 2 * HALF).await;
        assert_eq!(inspect(session(&source, 1)).await, (7, Served::Miss));
    }

    /// A renewal that is under way finds the entry gone, or another in its place.
    async fn what_is_invalidated_stays_so(world: &World) {
        let source = Source::new(0);
        session(&source, 1).await;
        for value in 1..50 {
            world.age("session:1", HALF).await;
            session(&source, 1).await;
            log_out(&source, 1).await;
            assert_eq!(inspect(session(&source, 1)).await, (value, Served::Miss));
        }
    }

    /// As long as somebody asked for it, "not found" would hide what was created meanwhile.
    async fn not_found_is_not_renewed(world: &World) {
        maybe(0).await;
        world.age("maybe:0", HALF).await;
        assert_eq!(inspect(maybe(0)).await, (None, Served::Hit));
        world.age("maybe:0", HALF).await;
        assert_eq!(inspect(maybe(0)).await, (None, Served::Miss));
        assert_eq!(world.family("maybe:<id>").renewals, 0);
    }
}

const HALF: Duration = Duration::from_secs(1800);
const ALMOST_ALL: Duration = Duration::from_secs(3590);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_read_it_at_once_one_renews_it() {
    let world = &World::redis().await;
    world.run(long(7)).await;
    world.age("long:7", HALF).await;
    world.server().reset_commandstats();
    let readers: Vec<_> = (0..100).map(|_| world.spawn(long(7))).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), 7);
    }
    eventually(PATIENCE, || world.family("long:<id>").renewals == 1).await;
    assert!(world.server().ttl("long:7").unwrap() > ALMOST_ALL);
    assert_eq!(world.server().commandstats().get("setrange"), Some(&1));
    // Other processes see that it has been done.
    let other = Cache::builder(world.server().url()).deadline(Duration::from_secs(5));
    let other = other.connect().await.unwrap();
    for _ in 0..10 {
        assert_eq!(other.scope(inspect(long(7))).await, (7, Served::Hit));
    }
    assert_eq!(world.server().commandstats().get("pexpire"), Some(&1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_without_it_renews_nothing() {
    let world = &World::redis().await;
    world.run(fixed(7)).await;
    world.age("fixed:7", HALF).await;
    assert_eq!(world.run(inspect(fixed(7))).await, (7, Served::Hit));
    assert!(world.server().ttl("fixed:7").unwrap() <= HALF);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_may_not_renew_still_reads() {
    let rules = "~* +get +set +del +getrange +eval +ping +evalsha +script|load";
    let server = Server::builder().user("app", "secret", rules).start();
    let url = server.url_as("app", "secret");
    let world = &World::redis_on(server, |_| {
        Cache::builder(url).deadline(Duration::from_secs(5))
    })
    .await;
    world.run(long(7)).await;
    world.age("long:7", HALF).await;
    assert_eq!(world.run(inspect(long(7))).await, (7, Served::Hit));
    eventually(PATIENCE, || world.family("long:<id>").errors > 0).await;
    assert_eq!(world.family("long:<id>").renewals, 0);
}
