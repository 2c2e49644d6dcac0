//! Traps that published caching crates fell into, one test each. The numbers that are missing here are listed at the end.

use std::sync::atomic::{AtomicU64, Ordering};

use cached_redis_runtime::{
    Cache, CacheKey, KeyName, Served, cache_aside, cache_invalidate, inspect,
};
use cached_redis_tests::CountingLoader;

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u32>;

/// As every user would write it, without a word about the cache.
#[derive(Debug, Clone, PartialEq)]
struct NotFound;

type Outcome<T> = Result<T, NotFound>;

on_every_store! {
    async fn trap_01_an_early_return_skips_the_write(world: &World) {
        #[cache_aside(key = "t1:<id>", ttl = 60)]
        async fn early(id: u64) -> Result<u64, NotFound> {
            if id == 1 {
                return Ok(10);
            }
            let value = lookup(id)?;
            Ok(value)
        }

        fn lookup(id: u64) -> Result<u64, NotFound> {
            if id == 2 { Ok(20) } else { Err(NotFound) }
        }

        #[cache_invalidate(key = "t1:<id>")]
        async fn write(id: u64) -> Result<(), NotFound> {
            if id == 1 {
                return Ok(());
            }
            lookup(id)?;
            Ok(())
        }

        for id in [1, 2] {
            early(id).await.unwrap();
            assert_eq!(inspect(early(id)).await.1, Served::Hit);
            write(id).await.unwrap();
            assert_eq!(inspect(early(id)).await.1, Served::Miss);
        }
        assert_eq!(early(3).await, Err(NotFound));
        assert_eq!(world.family("t1:<id>").failed_loads, 1);
    }

    async fn trap_02_locals_of_the_expansion_shadow_or_move_arguments(_world: &World) {
        #[cache_aside(key = "t2:<key>:<cache>:<ret>", ttl = 60, skip(call, site, load, value))]
        async fn shadow(
            key: String,
            cache: &str,
            r#ret: u64,
            call: Vec<u8>,
            site: String,
            load: u8,
            value: u8,
        ) -> String {
            let moved = (key, call, site);
            format!("{}{cache}{ret}{load}{value}{}", moved.0, moved.1.len())
        }

        let call = || shadow("k".into(), "c", 1, vec![0], String::new(), 2, 3);
        assert_eq!(inspect(call()).await, ("kc1231".to_owned(), Served::Miss));
        assert_eq!(inspect(call()).await, ("kc1231".to_owned(), Served::Hit));
    }

    async fn trap_03_generics_and_where_clauses_are_dropped(_world: &World) {
        struct Repo<T>(T);

        impl<T: Clone + Into<u64>> Repo<T> {
            /// Two impls, two statics, no clash.
            #[cache_aside(key = "t3:<self.0>:<id>:<K>", ttl = 60)]
            #[must_use]
            async fn read<K>(&self, id: K) -> u64
            where
                T: CacheKey,
                K: CacheKey + KeyName + Into<u64>,
            {
                self.0.clone().into() + id.into()
            }
        }

        assert_eq!(Repo(1_u8).read(2_u32).await, 3);
        assert_eq!(inspect(Repo(1_u8).read(2_u32)).await, (3, Served::Hit));
    }

    async fn trap_06_an_alias_gets_its_err_cached(_world: &World) {
        #[cache_aside(key = "t6:<id>", ttl = 60, skip(source))]
        async fn aliased(source: &CountingLoader<Outcome<u32>>, id: u64) -> Outcome<u32> {
            source.load().await
        }

        let source = CountingLoader::new(Err(NotFound));
        assert_eq!(aliased(&source, 1).await, Err(NotFound));
        source.set(Ok(1));
        assert_eq!(aliased(&source, 1).await, Ok(1));
    }

    async fn trap_09_ambiguous_templates_leak_another_callers_data(world: &World) {
        #[cache_aside(key = "t9:<tenant>:<user>", ttl = 60)]
        async fn read(tenant: &str, user: Option<&str>) -> String {
            format!("{tenant}/{user:?}")
        }

        let calls: [(&str, Option<&str>); 9] = [
            ("a", Some("b:c")),
            ("a:b", Some("c")),
            ("a%3Ab", Some("c")),
            ("a", None),
            ("a", Some("")),
            ("a", Some("~")),
            ("*", Some("?[a]")),
            ("{a}", Some("b")),
            ("a\n", Some("\u{0}é")),
        ];
        for (tenant, user) in calls {
            let expected = format!("{tenant}/{user:?}");
            assert_eq!(inspect(read(tenant, user)).await, (expected, Served::Miss));
        }
        assert_eq!(world.family("t9:<tenant>:<user>").fills, 9);
    }

    async fn trap_11_self_ignored_in_the_key_shares_across_tenants(_world: &World) {
        struct Repo {
            tenant: &'static str,
        }

        impl Repo {
            #[cache_aside(key = "t11:<self.tenant>:<id>", ttl = 60)]
            async fn read(&self, id: u64) -> String {
                format!("{}{id}", self.tenant)
            }
        }

        assert_eq!(Repo { tenant: "a" }.read(1).await, "a1");
        assert_eq!(Repo { tenant: "b" }.read(1).await, "b1");
    }

    async fn trap_18_single_flight_that_skips_the_read(_world: &World) {
        #[cache_aside(key = "t18:<id>", ttl = 60, skip(source))]
        async fn read(source: &Source, id: u64) -> u32 {
            source.load().await
        }

        let source = Source::new(1);
        for _ in 0..10 {
            read(&source, 1).await;
        }
        assert_eq!(source.runs(), 1);
    }

    async fn trap_21_metrics_counted_twice_through_a_second_look(world: &World) {
        #[cache_aside(key = "t21:<id>", ttl = 60, skip(source))]
        async fn read(source: Source, id: u64) -> u32 {
            source.load().await
        }

        let source = Source::new(1);
        let callers: Vec<_> = (0..100).map(|_| world.spawn(read(source.clone(), 1))).collect();
        for caller in callers {
            caller.await.unwrap();
        }
        read(source, 1).await;
        let stats = world.family("t21:<id>");
        assert_eq!((stats.loads, stats.fills), (1, 1));
        assert_eq!(stats.hits + stats.misses, 101, "each call is one or the other: {stats:?}");
        assert_eq!(stats.loads + stats.joined, stats.misses, "{stats:?}");
    }
}

#[tokio::test]
async fn trap_07_the_future_is_not_send() {
    fn send<T: Send>(future: T) -> T {
        future
    }

    #[cache_aside(key = "t7:<id>", ttl = 60)]
    async fn read(id: String) -> String {
        tokio::task::yield_now().await;
        id
    }

    #[cache_invalidate(key = "t7:<id>")]
    async fn write(id: String) {
        tokio::task::yield_now().await;
        drop(id);
    }

    let world = World::memory().await;
    world.spawn(send(read("1".into()))).await.unwrap();
    world.spawn(send(write("1".into()))).await.unwrap();
}

#[tokio::test]
async fn a_future_that_is_not_send_still_works() {
    #[cache_aside(key = "local:<id>", ttl = 60)]
    async fn read(id: u64) -> u64 {
        let local = std::rc::Rc::new(id);
        tokio::task::yield_now().await;
        *local
    }

    let world = World::memory().await;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(world.run(async {
            assert_eq!(inspect(read(1)).await, (1, Served::Miss));
            assert_eq!(inspect(read(1)).await, (1, Served::Hit));
        }))
        .await;
}

mod one {
    #[cached_redis_runtime::cache_aside(key = "one:<id>", ttl = 60)]
    pub(super) async fn find(id: u64) -> u64 {
        id + 1
    }
}

mod two {
    #[cached_redis_runtime::cache_aside(key = "two:<id>", ttl = 60)]
    pub(super) async fn find(id: u64) -> u64 {
        id + 2
    }
}

#[tokio::test]
async fn trap_10_functions_of_one_name_in_two_modules_collide() {
    let world = World::memory().await;
    assert_eq!(world.run(one::find(1)).await, 2);
    assert_eq!(world.run(two::find(1)).await, 3);
}

#[test]
fn trap_12_secrets_in_keys_show_in_debug_output() {
    let token = "s3cret";
    let key = cached_redis_runtime::key!("session:<token>");
    assert_eq!(key.as_str(), "session:s3cret");
    assert!(!format!("{key:?}").contains("s3cret"), "{key:?}");
}

#[tokio::test]
async fn trap_20_a_lock_held_across_the_body_deadlocks_two_functions_that_call_each_other() {
    static DEPTH: AtomicU64 = AtomicU64::new(0);

    #[cache_aside(key = "t20a:<id>", ttl = 60)]
    async fn first(id: u64) -> u64 {
        if DEPTH.fetch_add(1, Ordering::Relaxed) > 4 {
            return id;
        }
        Box::pin(second(id)).await
    }

    #[cache_aside(key = "t20b:<id>", ttl = 60)]
    async fn second(id: u64) -> u64 {
        Box::pin(first(id)).await
    }

    let world = World::memory().await;
    let within = std::time::Duration::from_secs(3);
    let value = tokio::time::timeout(within, world.run(first(7))).await;
    assert_eq!(value.expect("no deadlock"), 7);
}

#[tokio::test]
async fn trap_15_a_connection_kept_for_ever_is_dead_until_restart() {
    #[cache_aside(key = "t15:<id>", ttl = 60)]
    async fn read(id: u64) -> u64 {
        id
    }

    let world = World::redis().await;
    world.run(read(1)).await;
    for _ in 0..3 {
        let cache: &Cache = &world.cache;
        world
            .server()
            .run(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        let hits = || world.family("t15:<id>").hits;
        let before = hits();
        let patience = cached_redis_tests::Stopwatch::start();
        while hits() == before {
            assert!(patience.elapsed() < std::time::Duration::from_secs(5));
            cache.scope(read(1)).await;
            // Nothing in a call without a server waits, so the supervisor needs a chance to run.
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn trap_04_a_constant_as_ttl_is_silently_ignored() {
    const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

    #[cache_aside(key="t4:<id>",ttl=MINUTE,jitter=0.0)]
    async fn read(id: u64) -> u64 {
        id
    }

    let world = World::redis().await;
    world.run(read(1)).await;
    let ttl = world.server().ttl("t4:1").expect("a TTL");
    assert!(ttl <= MINUTE && ttl > MINUTE / 2, "{ttl:?}");
}

/// It would not compile if the expansion tripped any of these.
#[deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
mod trap_05 {
    use super::{cache_aside, cache_invalidate};

    #[cache_aside(key = "t5:<id>", ttl = 60)]
    pub(super) async fn read(id: u64) -> u64 {
        id
    }

    #[cache_invalidate(key = "t5:<id>")]
    pub(super) async fn write(id: u64) -> u64 {
        id
    }
}

#[tokio::test]
async fn trap_05_lints_leak_into_the_users_code() {
    let world = World::memory().await;
    assert_eq!(world.run(trap_05::read(1)).await, 1);
    assert_eq!(world.run(trap_05::write(1)).await, 1);
}

// The others by their number: 8 in tests/ui/signature, 13 in golden_keys.rs, 14 and 16 in redis_down.rs, 17 and 19 in
// stampede.rs, 22 in stale_reads.rs.
