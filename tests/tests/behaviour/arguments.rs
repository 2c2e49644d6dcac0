//! Each argument of `cache_aside` does what its documentation says.

use std::time::Duration;

use cached_redis_runtime::{Cache, ErrorKind, Served, cache_aside, inspect};
use cached_redis_tests::CountingLoader;

use crate::common::World;
use crate::on_every_store;

type Source = CountingLoader<u32>;

on_every_store! {
    async fn the_second_call_is_a_hit(world: &World) {
        #[cache_aside(key = "n:<id>", ttl = 60, skip(source))]
        async fn read(source: &Source, id: u64) -> u32 {
            source.load().await
        }

        let source = Source::new(7);
        assert_eq!(inspect(read(&source, 1)).await, (7, Served::Miss));
        source.set(8);
        assert_eq!(inspect(read(&source, 1)).await, (7, Served::Hit));
        assert_eq!(inspect(read(&source, 2)).await, (8, Served::Miss));
        assert_eq!(source.runs(), 2);
        let stats = world.family("n:<id>");
        assert_eq!((stats.hits, stats.misses, stats.loads, stats.fills), (1, 2, 2, 2));
    }

    async fn errors_come_back_unchanged_and_are_not_cached(world: &World) {
        #[cache_aside(key = "e:<id>", ttl = 60, skip(source))]
        async fn read(source: &CountingLoader<Result<u32, String>>, id: u64) -> Result<u32, String> {
            source.load().await
        }

        let source = CountingLoader::new(Err("the database is away".to_owned()));
        assert_eq!(read(&source, 1).await.unwrap_err(), "the database is away");
        source.set(Ok(3));
        assert_eq!(inspect(read(&source, 1)).await, (Ok(3), Served::Miss));
        assert_eq!(world.family("e:<id>").failed_loads, 1);
    }

    async fn none_is_cached_only_with_none_ttl(world: &World) {
        #[cache_aside(key = "plain:<id>", ttl = 60, skip(source))]
        async fn plain(source: &CountingLoader<Option<u32>>, id: u64) -> Option<u32> {
            source.load().await
        }

        #[cache_aside(key = "negative:<id>", ttl = 60, none_ttl = "5s", skip(source))]
        async fn negative(source: &CountingLoader<Option<u32>>, id: u64) -> Option<u32> {
            source.load().await
        }

        let source = CountingLoader::new(None);
        for _ in 0..2 {
            assert_eq!(inspect(plain(&source, 1)).await, (None, Served::Miss));
        }
        assert_eq!(world.family("plain:<id>").unstored, 2);
        assert_eq!(inspect(negative(&source, 1)).await, (None, Served::Miss));
        assert_eq!(inspect(negative(&source, 1)).await, (None, Served::Hit));
        assert_eq!(world.family("negative:<id>").negative_hits, 1);
        if world.is_redis() {
            let ttl = world.server().ttl("negative:1").unwrap();
            assert!(ttl <= Duration::from_secs(5) && ttl > Duration::from_secs(4), "{ttl:?}");
        }
    }

    async fn unless_sees_the_value_and_keeps_it_out(world: &World) {
        #[cache_aside(key = "list:<id>", ttl = 60, unless = |list| list.iter().sum::<u32>() == 0, skip(source))]
        async fn list(source: &CountingLoader<Vec<u32>>, id: u64) -> Result<Vec<u32>, String> {
            Ok(source.load().await)
        }

        let source = CountingLoader::new(Vec::new());
        assert_eq!(inspect(list(&source, 1)).await.1, Served::Miss);
        source.set(vec![1]);
        assert_eq!(inspect(list(&source, 1)).await, (Ok(vec![1]), Served::Miss));
        assert_eq!(inspect(list(&source, 1)).await, (Ok(vec![1]), Served::Hit));
        assert_eq!(world.family("list:<id>").unstored, 1);
    }

    async fn when_decides_per_call(world: &World) {
        #[cache_aside(key = "w:<id>", ttl = 60, when = *id < 10, skip(source))]
        async fn read(source: &Source, id: &u64) -> u32 {
            source.load().await
        }

        let source = Source::new(1);
        for _ in 0..2 {
            assert_eq!(inspect(read(&source, &10)).await.1, Served::Bypassed);
        }
        assert_eq!(inspect(read(&source, &9)).await.1, Served::Miss);
        assert_eq!(inspect(read(&source, &9)).await.1, Served::Hit);
        assert_eq!(world.family("w:<id>").bypassed, 2);
    }

    async fn another_version_is_a_miss_that_heals(world: &World) {
        #[cache_aside(key = "v:<id>", ttl = 60, skip(source))]
        async fn old(source: &Source, id: u64) -> u32 {
            source.load().await
        }

        #[cache_aside(key = "v:<id>", ttl = 60, version = 2, skip(source))]
        async fn new(source: &Source, id: u64) -> u32 {
            source.load().await
        }

        let source = Source::new(1);
        old(&source, 1).await;
        source.set(2);
        assert_eq!(inspect(new(&source, 1)).await, (2, Served::Miss));
        assert_eq!(inspect(new(&source, 1)).await, (2, Served::Hit));
        assert_eq!(world.family("v:<id>").mismatches, 1);
    }

    async fn ttl_may_be_written_in_every_way(world: &World) {
        const HOUR: Duration = Duration::from_secs(3600);

        struct Repo;

        impl Repo {
            const TTL: Duration = Duration::from_secs(30);

            #[cache_aside(key = "ttl:self", ttl = Self::TTL, jitter = 0.0)]
            async fn of_self(&self) -> u32 {
                1
            }
        }

        #[cache_aside(key = "ttl:seconds", ttl = 90, jitter = 0.0)]
        async fn seconds() -> u32 {
            1
        }

        #[cache_aside(key = "ttl:text", ttl = "1h30m", jitter = 0.0)]
        async fn text() -> u32 {
            1
        }

        #[cache_aside(key = "ttl:const", ttl = HOUR, jitter = 0.0)]
        async fn constant() -> u32 {
            1
        }

        #[cache_aside(key = "ttl:forever", ttl = forever)]
        async fn forever() -> u32 {
            1
        }

        seconds().await;
        text().await;
        constant().await;
        forever().await;
        Repo.of_self().await;
        assert_eq!(inspect(forever()).await.1, Served::Hit);
        if world.is_redis() {
            let about = |key: &str, seconds: u64| {
                let ttl = world.server().ttl(key).unwrap();
                assert!(ttl <= Duration::from_secs(seconds), "{key}: {ttl:?}");
                assert!(ttl > Duration::from_secs(seconds - 5), "{key}: {ttl:?}");
            };
            about("ttl:seconds", 90);
            about("ttl:text", 5400);
            about("ttl:const", 3600);
            about("ttl:self", 30);
            assert_eq!(world.server().ttl("ttl:forever"), None);
        }
    }

    async fn an_entry_is_gone_after_its_ttl(world: &World) {
        #[cache_aside(key = "short:<id>", ttl = "30ms", skip(source))]
        async fn read(source: &Source, id: u64) -> u32 {
            source.load().await
        }

        let source = Source::new(1);
        read(&source, 1).await;
        // Time is what is tested: there is nothing else to wait for.
        cached_redis_tests::pause(Duration::from_millis(60)).await;
        assert_eq!(inspect(read(&source, 1)).await.1, Served::Miss);
        assert_eq!(world.family("short:<id>").hits, 0);
    }

    async fn the_attribute_can_name_its_cache(world: &World) {
        struct Repo {
            cache: Cache,
            source: Source,
        }

        impl Repo {
            #[cache_aside(key = "own:<id>", ttl = 60, cache = self.cache)]
            async fn read(&self, id: u64) -> u32 {
                self.source.load().await
            }
        }

        let own = Cache::connect("memory://").await.unwrap();
        let repo = Repo { cache: own.clone(), source: Source::new(1) };
        repo.read(1).await;
        assert_eq!(inspect(repo.read(1)).await.1, Served::Hit);
        assert_eq!(own.stats().total().hits, 1);
        assert_eq!(world.cache.stats().total().loads, 0);
    }
}

#[tokio::test]
async fn jitter_shortens_and_never_lengthens() {
    #[cache_aside(key = "jitter:<id>", ttl = 1000, jitter = 0.5)]
    async fn read(id: u64) -> u64 {
        id
    }

    let world = World::redis().await;
    world
        .run(async {
            for id in 0..200 {
                read(id).await;
            }
        })
        .await;
    let ttls: Vec<u64> = (0..200)
        .map(|id| {
            world
                .server()
                .ttl(&format!("jitter:{id}"))
                .unwrap()
                .as_secs()
        })
        .collect();
    assert!(
        ttls.iter().all(|&ttl| (490..=1000).contains(&ttl)),
        "{ttls:?}"
    );
    assert!(ttls.iter().any(|&ttl| ttl < 700), "{ttls:?}");
    assert!(ttls.iter().any(|&ttl| ttl > 800), "{ttls:?}");
}

/// Braces would put all keys of a cluster into one slot, or those beside a structure into another than its own.
#[tokio::test]
async fn a_namespace_that_would_change_slots_or_names_is_refused() {
    for namespace in [
        "", "a{b", "a}b", "a{b}c", "{}", "%tag", "a%reload", "%beside:",
    ] {
        let builder = Cache::builder("memory://").namespace(namespace);
        let error = builder.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Setting, "{namespace}");
        assert!(error.to_string().contains("`namespace`"), "{error}");
    }
}

#[tokio::test]
async fn a_namespace_stands_before_every_key() {
    #[cache_aside(key = "ns:<id>", ttl = 60)]
    async fn read(id: u64) -> u64 {
        id
    }

    let world = World::redis_with(|builder| builder.namespace("shop")).await;
    world.run(read(1)).await;
    assert_eq!(world.server().keys(), ["shop:ns:1"]);
    let id = 1;
    world
        .cache
        .invalidate(cached_redis_runtime::key!("ns:<id>"))
        .await
        .unwrap();
    assert!(world.server().keys().is_empty());
}

#[tokio::test]
async fn with_no_cache_installed_the_function_runs_as_written() {
    #[cache_aside(key = "none:<id>", ttl = 60)]
    async fn read(id: u64) -> u64 {
        id
    }

    assert_eq!(inspect(read(3)).await, (3, Served::Uncached));
    assert_eq!(inspect(async { 1 }).await, (1, Served::Untouched));
}

#[test]
fn outside_a_runtime_the_function_runs_as_written() {
    #[cache_aside(key = "outside:<id>", ttl = 60, cache = cache, skip(cache))]
    async fn read(cache: &Cache, id: u64) -> u64 {
        id
    }

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cache = runtime.block_on(Cache::connect("memory://")).unwrap();
    drop(runtime);
    assert_eq!(
        futures_util::FutureExt::now_or_never(read(&cache, 3)),
        Some(3)
    );
}
