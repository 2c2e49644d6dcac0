//! Keys and tags longer than `max_key_bytes` never reach the store.

use std::collections::HashMap;

use cached_redis_runtime::{
    Cache, ErrorKind, Served, cache_aside, cache_invalidate, inspect, key, refresh, transaction,
};
use cached_redis_tests::eventually;

use crate::common::{PATIENCE, World};

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

#[tokio::test]
async fn a_tag_has_the_same_limit() {
    #[cache_aside(key = "c:<id>", ttl = 60, tags("t:<name>"), skip(name))]
    async fn tagged(id: u64, name: &str) -> u64 {
        let _ = name;
        id
    }

    #[cache_aside(key = "c:<ids>", each = ids, ttl = 60, tags("t:<name>"), skip(name))]
    async fn many(ids: &[u64], name: &str) -> Vec<(u64, u64)> {
        let _ = name;
        ids.iter().map(|&id| (id, id)).collect()
    }

    #[cache_invalidate(tags("t:<name>"))]
    async fn clear(name: &str) {
        let _ = name;
    }

    // `%tag:t:` comes before it.
    let (fits, long) = (name(93), name(94));
    on_both_stores(async |world| {
        for _ in 0..2 {
            assert_eq!(inspect(tagged(1, &long)).await, (1, Served::Uncached));
            assert_eq!(inspect(many(&[2, 3], &long)).await.1, Served::Uncached);
        }
        clear(&long).await;
        world.cache.invalidate_tag(key!("t:<long>")).await.unwrap();
        assert_eq!(world.family("c:<id>").long_keys, 2);
        assert_eq!(world.family("t:<name>").long_keys, 1);
        if world.is_redis() {
            eventually(PATIENCE, || world.server().keys().is_empty()).await;
        }
        for served in [Served::Miss, Served::Hit] {
            assert_eq!(inspect(tagged(1, &fits)).await, (1, served));
        }
        clear(&fits).await;
        assert_eq!(inspect(tagged(1, &fits)).await, (1, Served::Miss));
    })
    .await;
}
