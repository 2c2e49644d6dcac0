//! `tags(…)`: entries that are invalidated together.

use std::future::pending;
use std::time::Duration;

use cached_redis_runtime::{
    Served, bypass, cache_aside, cache_invalidate, inspect, key, key_family, refresh, transaction,
};
use cached_redis_tests::{CountingLoader, Gate, eventually};

use crate::common::{PATIENCE, World};
use crate::on_every_store;

type Source = CountingLoader<u64>;

#[cache_aside(
    key = "user:<id>",
    ttl = 60,
    tags("team:<team>", "all-users"),
    skip(source, team)
)]
async fn find(source: &Source, id: u64, team: &str) -> u64 {
    source.load().await
}

#[cache_aside(key = "plain:<id>", ttl = 60, skip(source))]
async fn plain(source: &Source, id: u64) -> u64 {
    source.load().await
}

#[cache_invalidate(tags("team:<team>"))]
async fn rename_team(source: &Source, team: String, value: u64) -> Result<(), &'static str> {
    // The argument moves into the body: its tag was taken before.
    drop(team);
    source.set(value);
    Ok(())
}

#[cache_invalidate(keys("plain:<id>"), tags("all-users"))]
async fn forget_all(id: u64) {
    let _ = id;
}

async fn served(source: &Source, id: u64, team: &str) -> (u64, Served) {
    inspect(find(source, id, team)).await
}

/// A load of `find` that is held at the source's gate, on a task of its own.
fn held(
    world: &World,
    source: &Source,
    id: u64,
    team: &'static str,
) -> tokio::task::JoinHandle<u64> {
    let source = source.clone();
    world.spawn(async move { find(&source, id, team).await })
}

on_every_store! {
    async fn all_members_go_and_no_others(world: &World) {
        let source = Source::new(1);
        for id in 1..=3 {
            find(&source, id, "red").await;
        }
        find(&source, 4, "blue").await;
        plain(&source, 1).await;
        rename_team(&source, "red".to_owned(), 2).await.unwrap();
        for id in 1..=3 {
            assert_eq!(served(&source, id, "red").await, (2, Served::Miss));
        }
        assert_eq!(served(&source, 4, "blue").await, (1, Served::Hit));
        assert_eq!(inspect(plain(&source, 1)).await.1, Served::Hit);
        let stats = world.family("team:<team>");
        assert_eq!((stats.tag_invalidations, stats.invalidations), (3, 0));
        assert_eq!(world.family("user:<id>").fills, 7);
    }

    async fn an_entry_goes_with_each_of_its_tags(_world: &World) {
        let source = Source::new(1);
        find(&source, 1, "red").await;
        find(&source, 2, "blue").await;
        plain(&source, 1).await;
        plain(&source, 2).await;
        forget_all(1).await;
        assert_eq!(served(&source, 1, "red").await.1, Served::Miss);
        assert_eq!(served(&source, 2, "blue").await.1, Served::Miss);
        assert_eq!(inspect(plain(&source, 1)).await.1, Served::Miss, "the key beside the tag");
        assert_eq!(inspect(plain(&source, 2)).await.1, Served::Hit);
    }

    async fn by_hand_and_a_tag_that_nothing_has(world: &World) {
        let source = Source::new(1);
        find(&source, 1, "red").await;
        let team = "green";
        world.cache.invalidate_tag(key!("team:<team>")).await.unwrap();
        assert_eq!(served(&source, 1, "red").await.1, Served::Hit);
        let team = "red";
        let tag = key!("team:<team>");
        world.cache.invalidate_tag(&tag).await.unwrap();
        world.cache.invalidate_tag(tag).await.unwrap();
        assert_eq!(served(&source, 1, "red").await.1, Served::Miss);
    }

    async fn a_tag_can_be_a_family(world: &World) {
        key_family! {
            Team(name: str) -> () = "team:<name>";
        }

        #[cache_aside(key = "family:<id>", ttl = 60, tags(Team(&team)), skip(team))]
        async fn read(id: u64, team: String) -> u64 {
            drop(team);
            id
        }

        #[cache_invalidate(tags(Team(team)))]
        async fn clear(team: &str) {
            let _ = team;
        }

        read(1, "red".to_owned()).await;
        clear("blue").await;
        assert_eq!(inspect(read(1, "red".to_owned())).await.1, Served::Hit);
        clear("red").await;
        assert_eq!(inspect(read(1, "red".to_owned())).await.1, Served::Miss);
        world.cache.invalidate_tag(Team("red")).await.unwrap();
        assert_eq!(inspect(read(1, "red".to_owned())).await.1, Served::Miss);
    }

    async fn a_load_that_began_before_is_not_stored(world: &World) {
        let source = Source::behind(Gate::closed(), 1);
        let slow = held(world, &source, 1, "red");
        source.gate().reached().await;
        rename_team(&source, "red".to_owned(), 2).await.unwrap();
        source.gate().open();
        assert_eq!(slow.await.unwrap(), 1, "what it read");
        assert_eq!(world.family("user:<id>").rejected_fills, 1);
        assert_eq!(served(&source, 1, "red").await, (2, Served::Miss));
    }

    async fn a_forced_reload_that_began_before_is_not_stored(world: &World) {
        let source = Source::behind(Gate::opened(), 1);
        find(&source, 1, "red").await;
        source.gate().close();
        let slow = {
            let source = source.clone();
            world.spawn(async move { refresh(find(&source, 1, "red")).await })
        };
        source.gate().reached_by(2).await;
        rename_team(&source, "red".to_owned(), 2).await.unwrap();
        source.gate().open();
        assert_eq!(slow.await.unwrap(), 1);
        assert_eq!(served(&source, 1, "red").await, (2, Served::Miss));
    }

    async fn a_forced_reload_puts_the_entry_under_its_tags(_world: &World) {
        let source = Source::new(1);
        find(&source, 1, "red").await;
        refresh(find(&source, 1, "blue")).await;
        assert_eq!(served(&source, 1, "blue").await.1, Served::Hit);
        rename_team(&source, "blue".to_owned(), 2).await.unwrap();
        assert_eq!(served(&source, 1, "blue").await, (2, Served::Miss));
    }

    /// The one who claimed gives up, and the next in line loads under tags of its own.
    async fn whoever_takes_over_has_its_own_tags(world: &World) {
        let source = Source::behind(Gate::closed(), 1);
        let first = held(world, &source, 1, "red");
        source.gate().reached().await;
        let second = held(world, &source, 1, "blue");
        world.waiting(1).await;
        first.abort();
        source.gate().reached_by(2).await;
        source.gate().open();
        assert_eq!(second.await.unwrap(), 1);
        assert_eq!(served(&source, 1, "blue").await.1, Served::Hit);
        rename_team(&source, "blue".to_owned(), 2).await.unwrap();
        assert_eq!(served(&source, 1, "blue").await, (2, Served::Miss));
    }

    async fn values_cannot_forge_a_tag(world: &World) {
        #[cache_aside(key = "<a>:<b>", ttl = 60, tags("t:<a>:<b>"))]
        async fn read(a: &str, b: &str) -> u64 {
            (a.len() + b.len()) as u64
        }

        #[cache_invalidate(tags("t:<a>:<b>"))]
        async fn clear(a: &str, b: &str) {
            let _ = (a, b);
        }

        let pairs = [("a:b", "c"), ("a", "b:c"), ("%tag", "t"), ("%3A", ":"), ("", ""), ("é\n", "\0")];
        for (a, b) in pairs {
            read(a, b).await;
        }
        if world.is_redis() {
            let tags = world.server().keys();
            let tags = tags.iter().filter(|key| key.starts_with("%tag:"));
            assert_eq!(tags.count(), pairs.len());
        }
        for (n, (a, b)) in pairs.into_iter().enumerate() {
            clear(a, b).await;
            assert_eq!(inspect(bypass(read(a, b))).await.1, Served::Bypassed);
            for (m, (a, b)) in pairs.into_iter().enumerate().skip(n + 1) {
                assert_eq!(inspect(read(a, b)).await.1, Served::Hit, "{n} and {m}");
            }
            assert_eq!(inspect(read(a, b)).await.1, Served::Miss);
        }
    }

    async fn the_result_can_name_the_tag(_world: &World) {
        #[cache_invalidate(tags("team:<ret>", "none:<name>:<ret>"))]
        async fn create(source: &Source, name: String) -> Option<String> {
            source.set(2);
            Some(name).filter(|name| name != "nobody")
        }

        let source = Source::new(1);
        find(&source, 1, "red").await;
        create(&source, "nobody".to_owned()).await;
        assert_eq!(served(&source, 1, "red").await, (1, Served::Hit));
        create(&source, "red".to_owned()).await;
        assert_eq!(served(&source, 1, "red").await, (2, Served::Miss));
    }

    async fn when_always_and_errors_hold_for_tags_as_for_keys(_world: &World) {
        #[cache_invalidate(tags("all-users"), when = clear)]
        async fn sometimes(clear: bool) {
            let _ = clear;
        }

        #[cache_invalidate(tags("all-users"))]
        async fn failing() -> Result<(), &'static str> {
            Err("no")
        }

        #[cache_invalidate(tags("all-users"), always)]
        async fn uncertain() -> Result<(), &'static str> {
            Err("perhaps")
        }

        let source = Source::new(1);
        find(&source, 1, "red").await;
        sometimes(false).await;
        failing().await.unwrap_err();
        assert_eq!(served(&source, 1, "red").await.1, Served::Hit);
        sometimes(true).await;
        assert_eq!(served(&source, 1, "red").await.1, Served::Miss);
        uncertain().await.unwrap_err();
        assert_eq!(served(&source, 1, "red").await.1, Served::Miss);
    }

    async fn a_writer_that_did_not_end_invalidates_all_the_same(world: &World) {
        #[cache_invalidate(tags("team:<team>"))]
        async fn hangs(gate: &Gate, team: &str) {
            let _ = team;
            gate.pass().await;
            pending::<()>().await;
        }

        let source = Source::new(1);
        find(&source, 1, "red").await;
        let gate = Gate::opened();
        let writer = {
            let gate = gate.clone();
            world.spawn(async move { hangs(&gate, "red").await })
        };
        gate.reached().await;
        source.set(2);
        writer.abort();
        assert!(writer.await.unwrap_err().is_cancelled());
        assert_eq!(find(&source, 1, "red").await, 2, "bypassed, or invalidated by now");
        world.deletions_made_good().await;
        assert_ne!(served(&source, 1, "red").await.0, 1);
    }

    async fn a_transaction_keeps_tags_until_its_end(world: &World) {
        let source = Source::new(1);
        find(&source, 1, "red").await;
        find(&source, 2, "blue").await;
        plain(&source, 1).await;
        transaction(async {
            rename_team(&source, "red".to_owned(), 2).await?;
            let team = "blue";
            world.cache.invalidate_tag(key!("team:<team>")).await.unwrap();
            // Which entries have the tag is not known here.
            assert_eq!(served(&source, 1, "red").await, (2, Served::Bypassed));
            assert_eq!(served(&source, 3, "green").await, (2, Served::Bypassed));
            assert_eq!(inspect(plain(&source, 1)).await.1, Served::Hit);
            let other = held(world, &source, 1, "red");
            assert_eq!(other.await.unwrap(), 1, "not before the commit");
            Ok::<_, &str>(())
        })
        .await
        .unwrap();
        assert_eq!(served(&source, 1, "red").await, (2, Served::Miss));
        assert_eq!(served(&source, 2, "blue").await, (2, Served::Miss));
        assert_eq!(world.family("team:<team>").tag_invalidations, 2);

        transaction(async {
            rename_team(&source, "red".to_owned(), 3).await?;
            source.set(2);
            Err::<(), _>("rolled back")
        })
        .await
        .unwrap_err();
        assert_eq!(served(&source, 1, "red").await, (2, Served::Hit));
    }

    async fn ten_thousand_members(world: &World) {
        #[cache_aside(key = "many:<ids>", each = ids, ttl = 600, tags("many"))]
        async fn many(ids: Vec<u64>) -> Vec<(u64, u64)> {
            ids.into_iter().map(|id| (id, 1)).collect()
        }

        let ids: Vec<u64> = (0..10_000).collect();
        many(ids.clone()).await;
        assert_eq!(world.family("many:<ids>").fills, 10_000);
        if world.is_redis() {
            assert_eq!(world.server().cli(&["ZCARD", "%tag:many"]), redis::Value::Int(10_000));
        }
        world.cache.invalidate_tag(key!("many")).await.unwrap();
        if world.is_redis() {
            assert_eq!(world.server().keys(), ["%tag:many"]);
        }
        many(ids).await;
        assert_eq!(world.family("many:<ids>").fills, 20_000);
    }

    async fn rows_have_common_tags_and_tags_of_their_own(world: &World) {
        #[cache_aside(key = "row:<ids>", each = ids, ttl = 60, tags("rows", "row-tag:<tenant>:<ids>"), skip(tenant))]
        async fn rows(tenant: String, ids: &[u64]) -> Vec<(u64, u64)> {
            drop(tenant);
            ids.iter().map(|id| (*id, *id)).collect()
        }

        #[cache_invalidate(tags("row-tag:<tenant>:<ids>"), each = ids)]
        async fn clear(tenant: String, ids: &[u64]) {
            let _ = (tenant, ids);
        }

        async fn fills(world: &World, ids: &[u64]) -> u64 {
            let before = world.family("row:<ids>").fills;
            rows("x".to_owned(), ids).await;
            world.family("row:<ids>").fills - before
        }

        assert_eq!(fills(world, &[1, 2, 3, 4]).await, 4);
        clear("y".to_owned(), &[1, 2]).await;
        assert_eq!(fills(world, &[1, 2, 3, 4]).await, 0);
        clear("x".to_owned(), &[2, 4]).await;
        assert_eq!(fills(world, &[1, 2, 3, 4]).await, 2);
        world.cache.invalidate_tag(key!("rows")).await.unwrap();
        assert_eq!(fills(world, &[1, 2, 3, 4]).await, 4);
    }

    async fn rows_that_are_being_loaded_are_not_stored(world: &World) {
        #[cache_aside(key = "slow:<ids>", each = ids, ttl = 60, tags("slow"), skip(gate))]
        async fn rows(gate: &Gate, ids: &[u64]) -> Vec<(u64, u64)> {
            gate.pass().await;
            ids.iter().map(|id| (*id, *id)).collect()
        }

        let gate = Gate::closed();
        let slow = {
            let gate = gate.clone();
            world.spawn(async move { rows(&gate, &[1, 2, 3]).await })
        };
        gate.reached().await;
        world.cache.invalidate_tag(key!("slow")).await.unwrap();
        gate.open();
        slow.await.unwrap();
        let stats = world.family("slow:<ids>");
        assert_eq!((stats.fills, stats.rejected_fills), (0, 3));
    }
}

#[tokio::test]
async fn a_hit_knows_nothing_of_tags() {
    let world = World::redis().await;
    let source = Source::new(1);
    world
        .run(async {
            find(&source, 1, "red").await;
            world.server().reset_commandstats();
            for _ in 0..10 {
                assert_eq!(served(&source, 1, "red").await.1, Served::Hit);
            }
            let commands = world.server().data_commands();
            assert_eq!(
                commands.into_iter().collect::<Vec<_>>(),
                [("get".to_owned(), 10)]
            );
        })
        .await;
}

/// Ten callers of one cold key register once: those who wait have nothing to register.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stampede_registers_once() {
    let world = World::redis().await;
    let source = Source::behind(Gate::closed(), 1);
    let callers: Vec<_> = (0..10).map(|_| held(&world, &source, 1, "red")).collect();
    world.waiting(9).await;
    source.gate().open();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 1);
    }
    let commands = world.server().data_commands();
    assert_eq!(
        commands.get("zadd"),
        Some(&2),
        "one for each tag: {commands:?}"
    );
}

#[tokio::test]
async fn members_whose_time_is_over_are_forgotten() {
    #[cache_aside(key = "brief:<id>", ttl = "20ms", jitter = 0.0, tags("brief"))]
    async fn brief(id: u64) -> u64 {
        id
    }

    let world = World::redis_with(|builder| builder.lease(Duration::from_millis(100))).await;
    let members = || world.server().cli(&["ZCARD", "%tag:brief"]);
    world
        .run(async {
            for id in 0..20 {
                brief(id).await;
            }
            assert_ne!(members(), redis::Value::Int(0));
            // The last one's life is over, and with it the set's.
            eventually(PATIENCE, || world.server().keys().is_empty()).await;
            brief(1).await;
            assert_eq!(members(), redis::Value::Int(1));
            // The one that lives longer keeps the set, and the others leave it.
            world
                .server()
                .run(&["ZADD", "%tag:brief", "9999999999999", "other"]);
            world.server().run(&["PERSIST", "%tag:brief"]);
            eventually(PATIENCE, || world.server().get("brief:1").is_none()).await;
            let over = || {
                let score = world.server().cli(&["ZSCORE", "%tag:brief", "brief:1"]);
                let now: (f64, f64) =
                    redis::from_redis_value(world.server().cli(&["TIME"])).unwrap();
                now.0 * 1000.0 + now.1 / 1000.0
                    > redis::from_redis_value::<f64>(score).unwrap() + 1.0
            };
            eventually(PATIENCE, over).await;
            brief(2).await;
            let left: Vec<String> =
                redis::from_redis_value(world.server().cli(&["ZRANGE", "%tag:brief", "0", "-1"]))
                    .unwrap();
            assert_eq!(left, ["brief:2", "other"]);
        })
        .await;
}

/// A body that takes longer than a registration lives: it is renewed as the lease is.
#[tokio::test]
async fn a_slow_load_stays_registered() {
    #[cache_aside(
        key = "slow:<id>",
        ttl = "50ms",
        jitter = 0.0,
        tags("slow"),
        skip(source)
    )]
    async fn slow(source: &Source, id: u64) -> u64 {
        source.load().await
    }

    let world = World::redis_with(|builder| builder.lease(Duration::from_millis(300))).await;
    let source = Source::behind(Gate::closed(), 1);
    let load = {
        let source = source.clone();
        world.spawn(async move { slow(&source, 1).await })
    };
    source.gate().reached().await;
    let score = || {
        let score = world.server().cli(&["ZSCORE", "%tag:slow", "slow:1"]);
        redis::from_redis_value::<f64>(score).unwrap()
    };
    let first = score();
    // Past the end of the first registration: 50 ms and three leases.
    eventually(PATIENCE, || score() > first + 1000.0).await;
    world.cache.invalidate_tag(key!("slow")).await.unwrap();
    source.gate().open();
    assert_eq!(load.await.unwrap(), 1);
    assert_eq!(world.family("slow:<id>").rejected_fills, 1);
}

/// The lease is renewed and the registration is not: an invalidation could miss the key, so nothing is stored.
#[tokio::test]
async fn a_load_that_could_not_stay_registered_is_not_stored() {
    let server = cached_redis_tests::Server::builder();
    let server = server.user("app", "pw", "~* +@all").start();
    let cache = cached_redis_runtime::Cache::builder(server.url_as("app", "pw"));
    let cache = cache
        .lease(Duration::from_millis(300))
        .connect()
        .await
        .unwrap();
    let source = Source::behind(Gate::closed(), 1);
    let load = {
        let (cache, source) = (cache.clone(), source.clone());
        tokio::spawn(async move { cache.scope(find(&source, 1, "red")).await })
    };
    source.gate().reached().await;
    let renewals = || {
        server
            .commandstats()
            .get("pexpire")
            .copied()
            .unwrap_or_default()
    };
    server.run(&["ACL", "SETUSER", "app", "-zadd"]);
    let before = renewals();
    // Three renewals of a lease are its whole life, and so that of the registration's term.
    eventually(PATIENCE, || renewals() > before + 6).await;
    source.gate().open();
    assert_eq!(load.await.unwrap(), 1);
    let stats = cache.stats().family("user:<id>").cloned().unwrap();
    assert_eq!(
        (stats.fills, stats.rejected_fills, stats.unstored),
        (0, 0, 1)
    );
    server.run(&["ACL", "SETUSER", "app", "+zadd"]);
    assert_eq!(cache.scope(served(&source, 1, "red")).await.1, Served::Miss);
}

#[tokio::test]
async fn caches_with_different_namespaces_have_different_tags() {
    let server = cached_redis_tests::Server::start();
    let connect = |namespace: &'static str| {
        let builder = cached_redis_runtime::Cache::builder(server.url());
        builder.namespace(namespace).connect()
    };
    let (one, two) = (connect("one").await.unwrap(), connect("two").await.unwrap());
    let source = Source::new(1);
    for cache in [&one, &two] {
        cache.scope(find(&source, 1, "red")).await;
    }
    one.scope(forget_all(1)).await;
    assert_eq!(two.scope(served(&source, 1, "red")).await.1, Served::Hit);
    assert_eq!(one.scope(served(&source, 1, "red")).await.1, Served::Miss);
    let refused = connect("app:%tag").await.unwrap_err();
    assert!(refused.to_string().contains("`%tag`"), "{refused}");
}

/// Nothing that could be found again may be stored, and nobody waits for anybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn something_else_under_the_name_of_a_tag() {
    let world = World::redis().await;
    world.server().set("%tag:all-users", b"not a tag");
    let source = Source::new(1);
    for _ in 0..2 {
        assert_eq!(
            world.run(served(&source, 1, "red")).await,
            (1, Served::Uncached)
        );
    }
    world.run(plain(&source, 1)).await;
    let error = world
        .cache
        .invalidate_tag(key!("all-users"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), cached_redis_runtime::ErrorKind::WrongType);
    world.run(forget_all(1)).await;
    assert_eq!(
        world.cache.stats().pending_deletes,
        0,
        "to try again is of no use"
    );
    assert_eq!(world.run(inspect(plain(&source, 1))).await.1, Served::Miss);
    eventually(PATIENCE, || world.server().get("user:1").is_none()).await;
    assert_eq!(
        world.server().get("%tag:all-users").as_deref(),
        Some(&b"not a tag"[..])
    );
    world.server().run(&["DEL", "%tag:all-users"]);
    assert_eq!(world.run(served(&source, 1, "red")).await.1, Served::Miss);
    assert_eq!(world.run(served(&source, 1, "red")).await.1, Served::Hit);
}

/// What cannot be stored is shared all the same, as where there is no server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_can_be_registered_callers_share_loads() {
    let world = World::redis().await;
    world.server().set("%tag:all-users", b"not a tag");
    let source = Source::behind(Gate::closed(), 7);
    let call = || {
        let source = source.clone();
        world.spawn(async move { served(&source, 1, "red").await })
    };
    let first = call();
    source.gate().reached().await;
    let others: Vec<_> = (0..100).map(|_| call()).collect();
    // Each finds out for itself that it cannot register; by then all of them are in line for the one load.
    eventually(PATIENCE, || {
        let stats = world.cache.stats();
        (stats.waiting, stats.under_way) == (100, 1)
    })
    .await;
    source.gate().open();
    assert_eq!(first.await.unwrap(), (7, Served::Uncached));
    for other in others {
        assert_eq!(other.await.unwrap().0, 7);
    }
    assert_eq!(source.runs(), 2);
    let stats = world.cache.stats();
    assert_eq!((stats.waiting, stats.under_way), (0, 0));
}

/// The server hangs while a tag is invalidated: functions with tags do without the cache until that is made good.
#[tokio::test]
async fn a_tag_that_could_not_be_invalidated_is_made_good() {
    let deadline = Duration::from_millis(100);
    let world = World::redis_with(|builder| builder.deadline(deadline)).await;
    let source = Source::new(1);
    world
        .run(async {
            find(&source, 1, "red").await;
            find(&source, 2, "blue").await;
            world.server().stop();
            rename_team(&source, "red".to_owned(), 2).await.unwrap();
            assert_eq!(world.cache.stats().pending_deletes, 1);
            assert_eq!(world.family("team:<team>").lost_deletes, 1);
            assert_eq!(served(&source, 1, "red").await, (2, Served::Uncached));
            world.server().cont();
            // Never the old value from here on, whether or not the tag has been made good.
            for _ in 0..50 {
                assert_eq!(find(&source, 1, "red").await, 2);
                tokio::task::yield_now().await;
            }
            world.deletions_made_good().await;
            assert_eq!(find(&source, 1, "red").await, 2);
            assert_eq!(served(&source, 2, "blue").await, (1, Served::Hit));
        })
        .await;
}

/// What the keys found out, the tags need not find out again.
#[tokio::test]
async fn keys_and_tags_that_cannot_be_invalidated_cost_one_deadline() {
    let deadline = Duration::from_millis(400);
    let world = World::redis_with(|builder| builder.deadline(deadline)).await;
    world
        .run(async {
            world.server().stop();
            let watch = cached_redis_tests::Stopwatch::start();
            forget_all(1).await;
            let elapsed = watch.elapsed();
            assert!(elapsed < deadline + deadline / 2, "{elapsed:?}");
            assert_eq!(world.cache.stats().pending_deletes, 2);
            world.server().cont();
            world.deletions_made_good().await;
        })
        .await;
}

#[tokio::test]
async fn guards_and_tags_that_cannot_be_invalidated_cost_one_deadline() {
    #[cache_invalidate(keys("plain:<id>"), tags("all-users"), before)]
    async fn forget_all(gate: Gate, id: u64) {
        let _ = id;
        gate.pass().await;
    }

    let deadline = Duration::from_millis(400);
    let world = World::redis_with(|builder| builder.deadline(deadline)).await;
    let gate = Gate::closed();
    let write = world.spawn(forget_all(gate.clone(), 1));
    gate.reached().await;
    world.server().stop();
    let watch = cached_redis_tests::Stopwatch::start();
    gate.open();
    write.await.unwrap();
    let elapsed = watch.elapsed();
    assert!(elapsed < deadline + deadline / 2, "{elapsed:?}");
    assert_eq!(world.cache.stats().pending_deletes, 2);
    world.server().cont();
    world.deletions_made_good().await;
}

/// The server answers, and only the tag cannot be read.
#[tokio::test]
async fn a_pending_tag_keeps_functions_with_tags_from_the_cache() {
    let builder = cached_redis_tests::Server::builder();
    let server = builder.user("app", "pw", "~* +@all -zscan").start();
    let url = server.url_as("app", "pw");
    let cache = cached_redis_runtime::Cache::connect(url).await.unwrap();
    let source = Source::new(1);
    cache
        .scope(async {
            find(&source, 1, "red").await;
            find(&source, 2, "blue").await;
            plain(&source, 1).await;
            rename_team(&source, "red".to_owned(), 2).await.unwrap();
            assert_eq!(served(&source, 1, "red").await, (2, Served::Uncached));
            assert_eq!(served(&source, 2, "blue").await, (2, Served::Uncached));
            assert_eq!(inspect(plain(&source, 1)).await, (1, Served::Hit));
            server.run(&["ACL", "SETUSER", "app", "+zscan"]);
            eventually(PATIENCE, || cache.stats().pending_deletes == 0).await;
            assert_eq!(served(&source, 1, "red").await, (2, Served::Miss));
            assert_eq!(served(&source, 2, "blue").await, (1, Served::Hit));
        })
        .await;
}

/// The permissions that the README names.
#[tokio::test]
async fn a_user_with_few_permissions() {
    let server = cached_redis_tests::Server::builder();
    let rules = "~* +get +mget +set +del +getrange +pexpire +eval +ping \
                 +zadd +zremrangebyscore +zscan +pttl +time";
    let server = server.user("app", "pw", rules).start();
    let cache = cached_redis_runtime::Cache::connect(server.url_as("app", "pw")).await;
    let source = Source::new(1);
    let calls = async {
        find(&source, 1, "red").await;
        assert_eq!(served(&source, 1, "red").await.1, Served::Hit);
        rename_team(&source, "red".to_owned(), 2).await.unwrap();
        assert_eq!(served(&source, 1, "red").await, (2, Served::Miss));
    };
    cache.unwrap().scope(calls).await;
}

/// What is said in the documentation about other languages.
#[tokio::test]
async fn another_language_reads_the_tag_and_deletes_its_members() {
    let world = World::redis().await;
    let source = Source::new(1);
    world.run(find(&source, 1, "red team")).await;
    let server = world.server();
    assert_eq!(
        server.keys(),
        ["%tag:all-users", "%tag:team:red%20team", "user:1"]
    );
    let members = server.cli(&["ZRANGE", "%tag:team:red%20team", "0", "-1"]);
    let members: Vec<String> = redis::from_redis_value(members).unwrap();
    for member in &members {
        server.run(&["DEL", member]);
    }
    assert_eq!(
        world.run(served(&source, 1, "red team")).await.1,
        Served::Miss
    );
}
