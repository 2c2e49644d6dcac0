//! Keys longer than `max_key_bytes` never reach the store.

use std::collections::HashMap;

use cached_redis_runtime::{
    Cache, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};

use crate::common::World;

#[cache_aside(key = "k:<name>", ttl = 60)]
async fn read(name: &str) -> usize {
    name.len()
}

#[cache_aside(key = "k:<names>", each = names, ttl = 60)]
async fn read_many(names: &[String]) -> HashMap<String, usize> {
    names
        .iter()
        .map(|name| (name.clone(), name.len()))
        .collect()
}

#[cache_invalidate(key = "k:<name>")]
async fn write(name: &str) {
    let _ = name;
}

/// With the longest key that is allowed, and one that is a byte longer. Nothing in them is escaped.
const FITS: usize = 98;
const LONG: usize = 99;

fn name(length: usize) -> String {
    "n".repeat(length)
}

async fn on_both_stores(test: impl AsyncFn(&World)) {
    let memory = World::memory_with(|builder| builder.max_key_bytes(100)).await;
    Box::pin(memory.run(test(&memory))).await;
    let redis = World::redis_with(|builder| builder.max_key_bytes(100)).await;
    Box::pin(redis.run(test(&redis))).await;
}

#[tokio::test]
async fn a_read_runs_its_body_and_stores_nothing() {
    on_both_stores(async |world| {
        for served in [Served::Miss, Served::Hit] {
            assert_eq!(inspect(read(&name(FITS))).await, (FITS, served));
        }
        for _ in 0..3 {
            assert_eq!(inspect(read(&name(LONG))).await, (LONG, Served::Uncached));
        }
        assert_eq!(refresh(read(&name(LONG))).await, LONG);
        let stats = world.family("k:<name>");
        assert_eq!((stats.long_keys, stats.fills, stats.errors), (4, 1, 0));
        if world.is_redis() {
            assert_eq!(world.server().keys(), [format!("k:{}", name(FITS))]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_loads_them_along() {
    on_both_stores(async |world| {
        let names = [name(1), name(LONG), name(2)];
        for loads in 1..4 {
            assert_eq!(read_many(&names).await.len(), 3);
            let stats = world.family("k:<names>");
            assert_eq!((stats.long_keys, stats.fills), (loads, 2));
        }
        if world.is_redis() {
            assert_eq!(world.server().keys().len(), 2);
        }
    })
    .await;
}

#[tokio::test]
async fn a_write_has_nothing_to_delete() {
    on_both_stores(async |world| {
        read(&name(FITS)).await;
        let name = name(LONG);
        write(&name).await;
        transaction(async {
            write(&name).await;
            Ok::<_, ()>(())
        })
        .await
        .unwrap();
        world.cache.invalidate(key!("k:<name>")).await.unwrap();
        let stats = world.family("k:<name>");
        assert_eq!((stats.long_keys, stats.invalidations), (2, 0));
        if world.is_redis() {
            assert_eq!(world.server().data_commands().get("del"), None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_limit_without_room_for_a_key_is_an_error() {
    let error = Cache::builder("memory://")
        .max_key_bytes(63)
        .connect()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Setting);
    assert!(error.to_string().contains("max_key_bytes"), "{error}");
}
