//! What a project's own tests are written with.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use cached_redis_runtime::test_util::TestCache;
use cached_redis_runtime::{
    Key, Served, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};
use cached_redis_tests::{CountingLoader, Gate, eventually};
use futures_util::FutureExt as _;

use crate::common::PATIENCE;

type Source = CountingLoader<u32>;

const MINUTE: Duration = Duration::from_secs(60);

#[cache_aside(
    key = "kit:<id>",
    ttl = "10m",
    none_ttl = "1m",
    jitter = 0.0,
    skip(source)
)]
async fn find(source: &Source, id: u32) -> Option<u32> {
    let loaded = source.load().await;
    (id != 13).then_some(loaded)
}

#[cache_invalidate(key = "kit:<id>")]
async fn write(source: &Source, id: u32, value: u32) -> u32 {
    source.set(value);
    id
}

#[cache_invalidate(key = "kit:<id>", before)]
async fn guarded(source: &Source, id: u32) {
    let _ = id;
    source.load().await;
}

fn key(id: u32) -> Key {
    key!("kit:<id>")
}

/// What a failing assertion says.
async fn complaint<T>(expectation: impl Future<Output = T>) -> String {
    let caught = AssertUnwindSafe(expectation).catch_unwind().await;
    let panic = caught.err().expect("the expectation is not met");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[tokio::test]
async fn what_is_expected_is_held_against_what_happens() {
    let (cache, source) = (TestCache::new(), Source::new(1));
    assert_eq!(cache.expect_miss(find(&source, 1)).await, Some(1));
    assert_eq!(cache.expect_hit(find(&source, 1)).await, Some(1));
    let written = cache
        .expect_invalidates(write(&source, 2, 5), || find(&source, 2))
        .await;
    assert_eq!((written, source.peek()), (2, 5));
    assert_eq!(source.runs(), 3);

    let said = complaint(cache.expect_hit(find(&source, 3))).await;
    assert!(
        said.contains("expected a hit, and the call was served as `miss`"),
        "{said}"
    );
    assert!(
        said.contains("testing_kit.rs:"),
        "where it was expected: {said}"
    );
    let said = complaint(cache.expect_miss(find(&source, 3))).await;
    assert!(said.contains("served as `hit`"), "{said}");
    let said = complaint(cache.expect_miss(refresh(find(&source, 3)))).await;
    assert!(said.contains("`refreshed`"), "{said}");
    let said = complaint(cache.expect_hit(async {})).await;
    assert!(said.contains("no cached function was called"), "{said}");
    let other = || find(&source, 4);
    let said = complaint(cache.expect_invalidates(write(&source, 5, 1), other)).await;
    assert!(said.contains("still a hit after the write"), "{said}");
    let in_transaction = transaction(async { Ok::<_, ()>(find(&source, 99).await) });
    let said = complaint(cache.expect_miss(in_transaction)).await;
    assert!(said.contains("`bypassed`"), "{said}");
}

#[tokio::test]
async fn time_passes_in_one_cache_and_not_in_another() {
    let (cache, other, source) = (TestCache::new(), TestCache::default(), Source::new(1));
    for cache in [&cache, &other] {
        cache.expect_miss(find(&source, 1)).await;
        cache.expect_miss(find(&source, 13)).await;
    }
    cache.advance(Duration::from_secs(59));
    cache.expect_hit(find(&source, 13)).await;
    cache.advance(Duration::from_secs(1));
    cache.expect_miss(find(&source, 13)).await;
    cache.advance(8 * MINUTE);
    cache.expect_hit(find(&source, 1)).await;
    cache.advance(MINUTE);
    cache.expect_miss(find(&source, 1)).await;
    // Further back than this machine has been up.
    cache.advance(Duration::from_secs(100 * 365 * 24 * 3600));
    cache.expect_miss(find(&source, 1)).await;
    other.expect_hit(find(&source, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn tokios_time_counts_as_well() {
    let (cache, source) = (TestCache::new(), Source::new(1));
    cache.expect_miss(find(&source, 1)).await;
    tokio::time::advance(6 * MINUTE).await;
    cache.expect_hit(find(&source, 1)).await;
    cache.advance(4 * MINUTE);
    cache.expect_miss(find(&source, 1)).await;
}

/// A load that has lost its lease stores nothing.
#[tokio::test]
async fn a_load_under_way_grows_older_too() {
    let (cache, source) = (TestCache::new(), Source::behind(Gate::closed(), 1));
    let load = cache.scope(find(&source, 1));
    let meanwhile = async {
        source.gate().reached().await;
        cache.advance(Duration::from_secs(11));
        source.gate().open();
    };
    assert_eq!(tokio::join!(load, meanwhile).0, Some(1));
    cache.expect_miss(find(&source, 1)).await;
}

/// Writers that have gone without a word stand in the door for a lease.
#[tokio::test]
async fn guards_grow_older_too() {
    let (cache, source) = (TestCache::new(), Source::behind(Gate::closed(), 1));
    let mut write = Box::pin(cache.scope(guarded(&source, 1)));
    tokio::select! {
        () = &mut write => panic!("the gate is closed"),
        () = source.gate().reached() => {}
    }
    source.gate().open();
    assert_eq!(
        cache.scope(inspect(find(&source, 1))).await.1,
        Served::Uncached
    );
    cache.advance(Duration::from_secs(11));
    cache.expect_miss(find(&source, 1)).await;
}

#[tokio::test]
async fn without_a_server_the_body_runs() {
    let (cache, source) = (TestCache::new(), Source::new(1));
    cache.expect_miss(find(&source, 1)).await;
    let outage = cache.outage();
    assert!(!cache.cache().stats().connected);
    assert_eq!(
        cache.scope(inspect(find(&source, 1))).await.1,
        Served::Uncached
    );
    let said = complaint(cache.expect_hit(find(&source, 1))).await;
    assert!(
        said.contains("`uncached` (the test has taken the server away)"),
        "{said}"
    );
    cache.cache().invalidate(key(1)).await.unwrap_err();
    drop(outage);
    // What was to be deleted is, a moment later.
    eventually(PATIENCE, || cache.cache().stats().pending_deletes == 0).await;
    cache.expect_miss(find(&source, 1)).await;
    cache.expect_hit(find(&source, 1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_costs_a_deadline() {
    let (cache, source) = (TestCache::new(), Source::new(1));
    let hanging = cache.hang();
    let began = tokio::time::Instant::now();
    assert_eq!(
        cache.scope(inspect(find(&source, 1))).await.1,
        Served::Uncached
    );
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    drop(hanging);
    cache.expect_miss(find(&source, 1)).await;
}

#[test]
#[should_panic(expected = "`max_key_bytes` must be at least 64")]
fn a_setting_out_of_range_is_refused() {
    drop(TestCache::with(|builder| builder.max_key_bytes(1)));
}
