//! What is in Redis alone: counters, counts of different things, rate limits.

use std::time::Duration;

use cached_redis_runtime::structures::{Counter, Decision, RateLimit, Uniques};
use cached_redis_runtime::{ErrorKind, key};

use super::{HOUR, Table};
use crate::common::World;
use crate::on_every_store;

/// Where all time goes by if some does.
fn is_memory(world: &World) -> bool {
    world
        .cache
        .server()
        .is_some_and(|server| server.kind == "memory")
}

on_every_store! {
    async fn a_counter_counts(world: &World) {
        let views = Counter::new(&world.cache, key!("views"));
        assert_eq!(views.get().await.unwrap(), 0);
        assert_eq!(views.incr().await.unwrap(), 1);
        assert_eq!(views.add(-5).await.unwrap(), -4);
        let callers: Vec<_> = (0..50)
            .map(|_| {
                let views = views.clone();
                world.spawn(async move { views.incr().await.unwrap() })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        assert_eq!(views.get().await.unwrap(), 46);
        assert_eq!(world.family("views").changes, 52);
        views.reset().await.unwrap();
        assert_eq!(views.get().await.unwrap(), 0);
        if world.is_redis() {
            views.incr().await.unwrap();
            assert_eq!(world.server().ttl("views"), None);
        }
    }

    async fn stats_say_how_long_structures_live(world: &World) {
        let cache = &world.cache;
        let ttl = |template: &str| world.family(template).ttl;
        let table = Table::of(&[("ada", 1.0)]);
        let board = table.board(cache);
        assert_eq!(board.top(1).await.unwrap().len(), 1);
        assert_eq!(ttl("board"), Some(HOUR));

        let orders = Counter::new(cache, key!("orders"));
        orders.incr().await.unwrap();
        assert_eq!(ttl("orders"), Some(Duration::MAX));
        let today = Counter::new(cache, key!("today")).ttl(HOUR);
        assert_eq!(today.get().await.unwrap(), 0);
        assert_eq!(ttl("today"), Some(HOUR));

        let readers = Uniques::exact(cache, key!("readers"), 2 * HOUR);
        readers.add("ada").await.unwrap();
        assert_eq!(ttl("readers"), Some(2 * HOUR));

        let limit = RateLimit::new(cache, 1, HOUR / 60);
        assert!(limit.check(key!("limit")).await.is_allowed());
        assert_eq!(ttl("limit"), Some(HOUR / 60));
    }

    /// To the last one, and not beyond: a number of Lua would have lost some on the way.
    async fn a_counter_does_not_wrap(world: &World) {
        let big = Counter::new(&world.cache, key!("big"));
        for (by, sum) in [(i64::MAX - 1, i64::MAX - 1), (1, i64::MAX)] {
            assert_eq!(big.add(by).await.unwrap(), sum);
        }
        assert_eq!(big.incr().await.unwrap_err().kind(), ErrorKind::Overflow);
        assert_eq!(big.get().await.unwrap(), i64::MAX);
        big.reset().await.unwrap();
        assert_eq!(big.add(i64::MIN).await.unwrap(), i64::MIN);
        assert_eq!(big.add(-1).await.unwrap_err().kind(), ErrorKind::Overflow);
        assert_eq!(big.get().await.unwrap(), i64::MIN);
    }

    async fn the_life_of_a_counter_begins_with_its_first_increment(world: &World) {
        let tries = Counter::new(&world.cache, key!("tries")).ttl(HOUR);
        tries.incr().await.unwrap();
        if is_memory(world) {
            world.age("tries", HOUR / 2).await;
            assert_eq!(tries.incr().await.unwrap(), 2);
            world.age("tries", HOUR * 6 / 10).await;
            assert_eq!(tries.get().await.unwrap(), 0);
        }
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        assert!(server.ttl("tries").unwrap() > HOUR * 9 / 10);
        server.run(&["PEXPIRE", "tries", "100000"]);
        tries.incr().await.unwrap();
        assert!(server.ttl("tries").unwrap() <= Duration::from_secs(100), "not renewed");
        // Somebody else has made it immortal.
        server.run(&["PERSIST", "tries"]);
        assert_eq!(tries.incr().await.unwrap(), 3);
        assert!(server.ttl("tries").is_some());
    }

    async fn what_is_no_number_is_left_alone(world: &World) {
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        let counter = Counter::new(&world.cache, key!("odd"));
        let limit = RateLimit::new(&world.cache, 5, HOUR);
        server.set("odd", b"five");
        for _ in 0..2 {
            assert_eq!(counter.get().await.unwrap_err().kind(), ErrorKind::WrongType);
            assert_eq!(counter.incr().await.unwrap_err().kind(), ErrorKind::WrongType);
            assert!(matches!(limit.check(key!("odd")).await, Decision::Unchecked { allowed: true, error }
                if error.kind() == ErrorKind::WrongType));
            server.run(&["DEL", "odd"]);
            server.run(&["LPUSH", "odd", "1"]);
        }
        let exact = Uniques::exact(&world.cache, key!("odd"), HOUR);
        let approximate = Uniques::approximate(&world.cache, key!("odd"), HOUR);
        for uniques in [exact, approximate] {
            assert_eq!(uniques.add("x").await.unwrap_err().kind(), ErrorKind::WrongType);
            assert_eq!(uniques.count().await.unwrap_err().kind(), ErrorKind::WrongType);
        }
        let kind: String = redis::from_redis_value(server.cli(&["TYPE", "odd"])).unwrap();
        assert_eq!(kind, "list");
        assert!(world.family("odd").foreign > 4);
    }

    async fn different_ones_are_counted(world: &World) {
        let exact = Uniques::exact(&world.cache, key!("exact"), HOUR);
        let approximate = Uniques::approximate(&world.cache, key!("approximate"), HOUR);
        for uniques in [&exact, &approximate] {
            assert_eq!(uniques.count().await.unwrap(), 0);
            for (member, new) in [(1, true), (2, true), (1, false), (3, true)] {
                assert_eq!(uniques.add(&member).await.unwrap(), new);
            }
            assert_eq!(uniques.count().await.unwrap(), 3);
        }
        assert!(exact.add(&("a", Some("b"))).await.unwrap());
        for n in 0..500 {
            exact.add(&n).await.unwrap();
            approximate.add(&n).await.unwrap();
        }
        assert_eq!(exact.count().await.unwrap(), 501);
        let estimate = approximate.count().await.unwrap();
        assert!((475..=525).contains(&estimate), "{estimate}");
        if world.is_redis() {
            for key in ["exact", "approximate"] {
                assert!(world.server().ttl(key).unwrap() <= HOUR);
            }
        }
        exact.reset().await.unwrap();
        assert_eq!(exact.count().await.unwrap(), 0);
    }

    async fn a_limit_allows_so_many_in_a_window(world: &World) {
        let minute = Duration::from_secs(60);
        let limit = RateLimit::new(&world.cache, 3, minute);
        let ip = "10.0.0.1";
        for left in [2, 1, 0] {
            let Decision::Allowed { remaining, resets_in } = limit.check(key!("login:<ip>")).await else {
                panic!("allowed")
            };
            assert_eq!(remaining, left);
            assert!(resets_in <= minute && resets_in > minute / 2, "{resets_in:?}");
        }
        for _ in 0..2 {
            let Decision::Denied { retry_in } = limit.check(key!("login:<ip>")).await else {
                panic!("denied")
            };
            assert!(retry_in <= minute && retry_in > minute / 2, "{retry_in:?}");
        }
        let other = "10.0.0.2";
        assert!(limit.check(key!("login:<other>")).await.is_allowed());
        let stats = world.family("login:<ip>");
        assert_eq!((stats.changes, stats.denied), (3, 2));
        if is_memory(world) {
            world.age("login:10.0.0.1", minute).await;
            assert!(limit.check(key!("login:<ip>")).await.is_allowed());
        }
        if !world.is_redis() {
            return;
        }
        let server = world.server();
        // A window that somebody else has made endless ends all the same.
        server.run(&["PERSIST", "login:10.0.0.1"]);
        assert!(!limit.check(key!("login:<ip>")).await.is_allowed());
        assert!(server.ttl("login:10.0.0.1").unwrap() <= minute);
        server.reset_commandstats();
        let _ = limit.check(key!("login:<other>")).await;
        let commands = server.data_commands();
        assert_eq!(commands.get("evalsha"), Some(&1), "{commands:?}");
    }

    async fn a_crowd_gets_no_more_than_the_limit(world: &World) {
        let limit = RateLimit::new(&world.cache, 20, HOUR);
        let callers: Vec<_> = (0..50)
            .map(|_| {
                let limit = limit.clone();
                world.spawn(async move { limit.check(key!("crowd")).await.is_allowed() })
            })
            .collect();
        let mut allowed = 0;
        for caller in callers {
            allowed += u32::from(caller.await.unwrap());
        }
        assert_eq!(allowed, 20);
    }
}
