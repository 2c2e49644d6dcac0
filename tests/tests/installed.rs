//! The installed cache. A process has one, so this is a test binary of its own with one test.

use cached_redis_runtime::{Cache, ErrorKind, Served, cache_aside, cache_invalidate, inspect};

#[cache_aside(key = "n:<id>", ttl = 60)]
async fn read(id: u64) -> u64 {
    id
}

#[cache_invalidate(key = "n:<id>")]
async fn write(id: u64) {
    let _ = id;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_and_every_task_finds_it() {
    assert_eq!(inspect(read(1)).await.1, Served::Uncached, "not yet");
    let cache = Cache::connect("memory://").await.expect("a good URL");
    cache.install().expect("the first");
    assert_eq!(inspect(read(1)).await.1, Served::Miss);
    // A spawned task inherits no scope, and needs none.
    let elsewhere = tokio::spawn(inspect(read(1))).await.expect("no panic");
    assert_eq!(elsewhere, (1, Served::Hit));
    write(1).await;
    assert_eq!(inspect(read(1)).await.1, Served::Miss);

    let other = Cache::connect("memory://").await.expect("a good URL");
    let error = other.install().expect_err("there is one");
    assert_eq!(error.kind(), ErrorKind::AlreadyInstalled);
    assert!(error.to_string().contains("scope"), "{error}");
    let scoped = other.scope(inspect(read(1))).await;
    assert_eq!(scoped, (1, Served::Miss), "a scope overrides it");
    assert_eq!(inspect(read(1)).await.1, Served::Hit);
    assert_eq!(cache.stats().total().hits, 2);
    assert_eq!(other.stats().total().fills, 1);
}
