//! `stale` and `early`: an entry that is due is loaded anew by one of its readers, in his own call.

use std::collections::BTreeMap;
use std::time::Duration;

use cached_redis_runtime::{
    Served, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};
use cached_redis_tests::{CountingLoader, Stopwatch, eventually, pause};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Source = CountingLoader<Result<u32, String>>;

const TEMPLATE: &str = "rate:<id>";
const MINUTE: Duration = Duration::from_secs(60);
/// As long as the source is away.
const HOUR: Duration = Duration::from_secs(3600);

#[cache_aside(key = "rate:<id>", ttl = "1m", stale = "1h", skip(source))]
async fn rate(source: &Source, id: u64) -> Result<u32, String> {
    source.load().await
}

#[cache_invalidate(key = "rate:<id>")]
async fn set(source: &Source, id: u64, rate: u32) {
    let _ = id;
    source.set(Ok(rate));
}

fn is_stale(served: Served) -> bool {
    matches!(served, Served::Stale { age } if age < 2 * MINUTE)
}

/// An entry that says 1, past its TTL, of a source that says 2.
async fn past_its_ttl(world: &World) -> Source {
    let source = Source::new(Ok(1));
    assert_eq!(rate(&source, 1).await, Ok(1));
    assert_eq!(inspect(rate(&source, 1)).await.1, Served::Hit);
    world.age("rate:1", MINUTE).await;
    source.set(Ok(2));
    source
}

on_every_store! {
    async fn one_caller_reloads_and_the_others_have_the_old_value(world: &World) {
        let source = past_its_ttl(world).await;
        source.gate().close();
        let elected = world.spawn({
            let source = source.clone();
            async move { inspect(rate(&source, 1)).await }
        });
        source.gate().reached_by(2).await;
        for _ in 0..20 {
            let (value, served) = inspect(rate(&source, 1)).await;
            assert_eq!(value, Ok(1));
            assert!(is_stale(served), "{served}");
        }
        source.gate().open();
        assert_eq!(elected.await.unwrap(), (Ok(2), Served::Refreshed));
        assert_eq!(inspect(rate(&source, 1)).await, (Ok(2), Served::Hit));
        assert_eq!(source.runs(), 2);
        let stats = world.family(TEMPLATE);
        assert_eq!((stats.hits, stats.stale_hits, stats.misses), (22, 20, 1));
        assert_eq!((stats.loads, stats.refreshes, stats.skipped_refreshes), (2, 1, 20));
        assert_eq!((stats.early_loads, stats.rejected_refreshes), (0, 0));
        assert_eq!(world.cache.stats().under_way, 0);
    }

    async fn a_source_that_fails_costs_nobody_his_answer(world: &World) {
        let source = past_its_ttl(world).await;
        source.set(Err("away".to_owned()));
        for _ in 0..10 {
            let (value, served) = inspect(rate(&source, 1)).await;
            assert_eq!(value, Ok(1));
            assert!(is_stale(served), "{served}");
        }
        assert_eq!(source.runs(), 2, "not asked again for a while");
        let stats = world.family(TEMPLATE);
        assert_eq!((stats.failed_loads, stats.stale_hits, stats.fills), (1, 10, 1));
        // Failing does not renew it.
        world.age("rate:1", HOUR).await;
        assert_eq!(rate(&source, 1).await, Err("away".to_owned()));
        source.set(Ok(3));
        assert_eq!(inspect(rate(&source, 1)).await, (Ok(3), Served::Miss));
    }

    async fn an_error_of_a_refresh_is_one(world: &World) {
        let source = past_its_ttl(world).await;
        source.set(Err("away".to_owned()));
        assert_eq!(refresh(rate(&source, 1)).await, Err("away".to_owned()));
        assert_eq!(rate(&source, 1).await, Ok(1));
    }

    async fn an_invalidation_leaves_nothing_stale(world: &World) {
        let source = past_its_ttl(world).await;
        set(&source, 1, 3).await;
        source.set(Err("away".to_owned()));
        assert_eq!(rate(&source, 1).await, Err("away".to_owned()));
        source.set(Ok(4));
        assert_eq!(inspect(rate(&source, 1)).await, (Ok(4), Served::Miss));
    }

    async fn an_invalidation_during_the_reload_wins(world: &World) {
        let source = past_its_ttl(world).await;
        source.gate().close();
        let call = || {
            let source = source.clone();
            world.spawn(async move { inspect(rate(&source, 1)).await })
        };
        let elected = call();
        source.gate().reached_by(2).await;
        set(&source, 1, 3).await;
        let later = call();
        source.gate().reached_by(3).await;
        source.gate().open();
        assert_eq!(elected.await.unwrap(), (Ok(2), Served::Refreshed));
        assert_eq!(later.await.unwrap(), (Ok(3), Served::Miss));
        assert_eq!(inspect(rate(&source, 1)).await, (Ok(3), Served::Hit));
        assert_eq!(world.family(TEMPLATE).rejected_fills, 1);
    }

    async fn not_found_has_its_own_life_and_is_stale_after_it(world: &World) {
        #[cache_aside(key = "found:<id>", ttl = "1h", none_ttl = "1m", stale = "1h", skip(source))]
        async fn find(source: &CountingLoader<Result<Option<u32>, ()>>, id: u64) -> Result<Option<u32>, ()> {
            source.load().await
        }

        let source = CountingLoader::new(Ok(None));
        find(&source, 1).await.unwrap();
        world.age("found:1", MINUTE).await;
        source.set(Err(()));
        let (value, served) = inspect(find(&source, 1)).await;
        assert_eq!(value, Ok(None));
        assert!(is_stale(served), "{served}");
        world.age("found:1", HOUR).await;
        assert_eq!(find(&source, 1).await, Err(()));
    }

    async fn what_is_not_to_be_stored_any_more_takes_the_old_entry_away(world: &World) {
        #[cache_aside(key = "maybe:<id>", ttl = "1m", stale = "1h", skip(source))]
        async fn find(source: &CountingLoader<Option<u32>>, id: u64) -> Option<u32> {
            source.load().await
        }

        let source = CountingLoader::new(Some(1));
        find(&source, 1).await;
        world.age("maybe:1", MINUTE).await;
        source.set(None);
        assert_eq!(inspect(find(&source, 1)).await, (None, Served::Refreshed));
        assert_eq!(inspect(find(&source, 1)).await, (None, Served::Miss));
    }

    async fn a_caller_that_hangs_up_leaves_the_reload_to_the_next(world: &World) {
        let source = past_its_ttl(world).await;
        source.gate().close();
        let elected = world.spawn({
            let source = source.clone();
            async move { rate(&source, 1).await }
        });
        source.gate().reached_by(2).await;
        elected.abort();
        assert!(elected.await.unwrap_err().is_cancelled());
        source.gate().open();
        // The election is given up in the background.
        let mut reloaded = false;
        for _ in 0..1000 {
            let (value, served) = inspect(rate(&source, 1)).await;
            reloaded = served == Served::Refreshed;
            assert_eq!(value, Ok(if reloaded { 2 } else { 1 }));
            if reloaded {
                break;
            }
            pause(Duration::from_millis(2)).await;
        }
        assert!(reloaded);
    }

    async fn a_panic_is_its_callers_and_counts_as_a_failure(world: &World) {
        #[cache_aside(key = "panic:<id>", ttl = "1m", stale = "1h", skip(source))]
        async fn read(source: &CountingLoader<Option<u32>>, id: u64) -> u32 {
            source.load().await.expect("a value")
        }

        let source = CountingLoader::new(Some(1));
        read(&source, 1).await;
        world.age("panic:1", MINUTE).await;
        source.set(None);
        let panicking = world.spawn({
            let source = source.clone();
            async move { read(&source, 1).await }
        });
        assert!(panicking.await.unwrap_err().is_panic());
        for _ in 0..5 {
            let (value, served) = inspect(read(&source, 1)).await;
            assert!(value == 1 && is_stale(served), "{value} {served}");
        }
        assert_eq!(source.runs(), 2);
        assert_eq!(world.cache.stats().under_way, 0);
    }

    async fn a_transaction_reloads_nothing(world: &World) {
        let source = past_its_ttl(world).await;
        let inside = transaction(async {
            let (value, served) = inspect(rate(&source, 1)).await;
            assert!(is_stale(served), "{served}");
            value
        });
        assert_eq!(inside.await, Ok(1));
        assert_eq!(source.runs(), 1);
    }

    async fn without_a_permit_the_old_value_will_do(world: &World) {
        #[cache_aside(key = "few:<id>", ttl = "1m", stale = "1h", max_loads = 1, skip(source))]
        async fn read(source: &CountingLoader<u32>, id: u64) -> u32 {
            source.load().await
        }

        let source = CountingLoader::new(1);
        read(&source, 1).await;
        world.age("few:1", MINUTE).await;
        source.gate().close();
        let other = world.spawn({
            let source = source.clone();
            async move { read(&source, 2).await }
        });
        source.gate().reached_by(2).await;
        let (value, served) = inspect(read(&source, 1)).await;
        assert!(value == 1 && is_stale(served), "{value} {served}");
        assert_eq!(world.family("few:<id>").rejected_refreshes, 1);
        source.gate().open();
        other.await.unwrap();
        assert_eq!(inspect(read(&source, 1)).await, (1, Served::Refreshed));
    }

    async fn what_is_reloaded_is_found_by_its_tag(world: &World) {
        #[cache_aside(key = "member:<id>", ttl = "1m", stale = "1h", tags("all"), skip(source))]
        async fn read(source: &CountingLoader<u32>, id: u64) -> u32 {
            source.load().await
        }

        let source = CountingLoader::new(1);
        read(&source, 1).await;
        world.age("member:1", MINUTE).await;
        source.set(2);
        assert_eq!(inspect(read(&source, 1)).await, (2, Served::Refreshed));
        assert_eq!(inspect(read(&source, 1)).await, (2, Served::Hit));
        world.cache.invalidate_tag(key!("all")).await.unwrap();
        assert_eq!(inspect(read(&source, 1)).await.1, Served::Miss);
        // And while it is being reloaded.
        world.age("member:1", MINUTE).await;
        source.gate().close();
        let elected = world.spawn({
            let source = source.clone();
            async move { read(&source, 1).await }
        });
        source.gate().reached_by(4).await;
        world.cache.invalidate_tag(key!("all")).await.unwrap();
        source.set(3);
        source.gate().open();
        assert_eq!(elected.await.unwrap(), 2);
        assert_eq!(inspect(read(&source, 1)).await, (3, Served::Miss));
    }

    async fn a_body_that_calls_itself_is_not_elected_twice(world: &World) {
        #[cache_aside(key = "inner:<id>", ttl = "1m", stale = "1h", skip(source, deep))]
        async fn read(source: &CountingLoader<u32>, id: u64, deep: bool) -> u32 {
            let value = source.load().await;
            if deep {
                Box::pin(read(source, id, false)).await
            } else {
                value
            }
        }

        let source = CountingLoader::new(1);
        read(&source, 1, true).await;
        assert_eq!(source.runs(), 2);
        world.age("inner:1", MINUTE).await;
        source.set(2);
        assert_eq!(inspect(read(&source, 1, true)).await, (2, Served::Refreshed));
        assert_eq!(source.runs(), 4);
    }

    async fn early_reloads_before_the_end(world: &World) {
        // With such a factor every reader draws the lot.
        #[cache_aside(key = "early:<id>", ttl = "1m", early = 1000000000000.0, skip(source))]
        async fn read(source: &Source, id: u64) -> Result<u32, String> {
            // What takes no time is not begun early.
            pause(Duration::from_millis(3)).await;
            source.load().await
        }

        let source = Source::new(Ok(1));
        read(&source, 1).await.unwrap();
        source.set(Ok(2));
        source.gate().close();
        let elected = world.spawn({
            let source = source.clone();
            async move { inspect(read(&source, 1)).await }
        });
        source.gate().reached_by(2).await;
        assert_eq!(inspect(read(&source, 1)).await, (Ok(1), Served::Hit), "others go on");
        source.gate().open();
        assert_eq!(elected.await.unwrap(), (Ok(2), Served::Refreshed));
        source.set(Err("away".to_owned()));
        for _ in 0..3 {
            assert_eq!(inspect(read(&source, 1)).await, (Ok(2), Served::Hit));
        }
        assert_eq!(source.runs(), 3);
        let stats = world.family("early:<id>");
        assert_eq!((stats.early_loads, stats.failed_loads, stats.stale_hits), (2, 1, 0));
    }
}

const RETRY: Duration = Duration::from_millis(50);

async fn recovers_at_once(world: &World) {
    let source = past_its_ttl(world).await;
    source.set(Err("away".to_owned()));
    let (watch, mut asked) = (Stopwatch::start(), 0);
    while asked < 3 {
        assert_eq!(rate(&source, 1).await, Ok(1));
        asked = source.runs() - 1;
        pause(Duration::from_millis(2)).await;
    }
    assert!(watch.elapsed() >= 2 * RETRY, "{:?}", watch.elapsed());
    source.set(Ok(3));
    let (mut value, mut reads) = (Ok(1), 0);
    while value != Ok(3) && reads < 1000 {
        value = rate(&source, 1).await;
        reads += 1;
        pause(Duration::from_millis(2)).await;
    }
    assert_eq!(value, Ok(3));
    assert_eq!(source.runs() - 1, asked + 1, "the first attempt is enough");
}

#[tokio::test]
async fn a_source_that_is_back_is_found_at_the_next_attempt_memory() {
    let world = World::memory_with(|builder| builder.refresh_retry(RETRY)).await;
    world.run(recovers_at_once(&world)).await;
}

#[tokio::test]
async fn a_source_that_is_back_is_found_at_the_next_attempt_redis() {
    let world = World::redis_with(|builder| builder.refresh_retry(RETRY)).await;
    world.run(recovers_at_once(&world)).await;
}

#[tokio::test]
async fn the_key_lives_for_both_and_the_header_for_the_ttl() {
    let world = World::redis().await;
    let source = Source::new(Ok(1));
    world.run(rate(&source, 1)).await.unwrap();
    let left = world.server().ttl("rate:1").unwrap();
    assert!(
        (HOUR + Duration::from_secs(53)..=HOUR + MINUTE).contains(&left),
        "{left:?}"
    );
    let entry = world.server().get("rate:1").unwrap();
    let life = entry[33..38]
        .iter()
        .fold(0, |life, byte| life << 8 | u64::from(*byte));
    assert!((54_000..=60_000).contains(&life), "{life}");
}

/// As without `stale`; and of many who find an entry due, one asks.
#[tokio::test]
async fn what_it_costs_the_server() {
    let world = World::redis().await;
    world
        .run(async {
            let source = Source::new(Ok(1));
            rate(&source, 1).await.unwrap();
            world.server().reset_commandstats();
            for _ in 0..5 {
                rate(&source, 1).await.unwrap();
            }
            let commands = world.server().data_commands();
            assert_eq!(commands, BTreeMap::from([("get".to_owned(), 5)]));
            world.age("rate:1", MINUTE).await;
            source.set(Err("away".to_owned()));
            world.server().reset_commandstats();
            for _ in 0..100 {
                rate(&source, 1).await.unwrap();
            }
            let commands = world.server().data_commands();
            // With the claim comes another look, and where a claim is a script it looks as well.
            let server = world.cache.server().unwrap();
            let looks = 101 + u64::from(!server.capabilities.set_nx_get);
            assert_eq!(
                (commands["get"], commands["set"]),
                (looks, 1),
                "{commands:?}"
            );
        })
        .await;
}

/// A full server refuses the election's key as it refuses whatever is new.
#[tokio::test]
async fn a_server_that_refuses_the_election_is_read_all_the_same() {
    let world = World::redis().await;
    world
        .run(async {
            let source = past_its_ttl(&world).await;
            world.server().run(&["CONFIG", "SET", "maxmemory", "1"]);
            for _ in 0..5 {
                let (value, served) = inspect(rate(&source, 1)).await;
                assert_eq!(value, Ok(1));
                assert!(is_stale(served), "{served}");
            }
            assert_eq!(source.runs(), 1);
            assert_eq!(
                world.family(TEMPLATE).errors,
                1,
                "and not asked again at once"
            );
        })
        .await;
}

/// The key of the election, for those who look at their server and those who write its ACL.
#[tokio::test]
async fn the_key_of_an_election() {
    let second = Duration::from_secs(1);
    let world = World::redis_with(|builder| builder.namespace("app").refresh_retry(second)).await;
    world
        .run(async {
            let source = Source::new(Ok(1));
            rate(&source, 1).await.unwrap();
            world.age("app:rate:1", MINUTE).await;
            source.gate().close();
            let call = world.spawn({
                let source = source.clone();
                async move { rate(&source, 1).await }
            });
            source.gate().reached_by(2).await;
            assert_eq!(world.server().keys(), ["app:%reload:rate:1", "app:rate:1"]);
            let left = world.server().ttl("app:%reload:rate:1").unwrap();
            assert!(left <= Duration::from_secs(10), "{left:?}");
            source.gate().open();
            call.await.unwrap().unwrap();
            assert_eq!(world.server().keys(), ["app:rate:1"]);
            // After a failure it stays for the interval.
            world.age("app:rate:1", MINUTE).await;
            source.set(Err("away".to_owned()));
            rate(&source, 1).await.unwrap();
            let left = world.server().ttl("app:%reload:rate:1").unwrap();
            assert!(left <= second, "{left:?}");
            let gone = || world.server().keys() == ["app:rate:1"];
            eventually(PATIENCE, gone).await;
        })
        .await;
}

/// Another process's clock may say anything.
#[tokio::test]
async fn a_clock_that_is_ahead_or_behind_does_no_harm() {
    let world = World::redis().await;
    world
        .run(async {
            let source = Source::new(Ok(1));
            rate(&source, 1).await.unwrap();
            // Written by one whose clock is an hour ahead: fresh, until the server lets it expire.
            world.server().run(&[
                "SETRANGE",
                "rate:1",
                "27",
                "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}",
            ]);
            assert_eq!(inspect(rate(&source, 1)).await, (Ok(1), Served::Hit));
            // And by one who lives in 1970: reloaded once, and then fresh.
            world
                .server()
                .run(&["SETRANGE", "rate:1", "27", "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}"]);
            assert_eq!(inspect(rate(&source, 1)).await, (Ok(1), Served::Refreshed));
            assert_eq!(inspect(rate(&source, 1)).await, (Ok(1), Served::Hit));
        })
        .await;
}
