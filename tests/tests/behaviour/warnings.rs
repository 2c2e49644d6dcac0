//! What the cache says aloud, and how often.

use cached_redis_runtime::{Cache, cache_aside, cache_invalidate, transaction};
use cached_redis_tests::Server;

use crate::common::World;
use crate::heard::Heard;

/// A database's, as far as its name goes.
struct Transaction;

#[cache_aside(key = "open:<id>", ttl = 60, skip(_tx))]
async fn read(_tx: &Transaction, id: u64) -> u64 {
    id
}

#[cache_invalidate(key = "open:<id>")]
async fn write(_tx: &mut Transaction, id: u64) {
    let _ = id;
}

#[cache_invalidate(key = "open:<id>")]
async fn write_properly(_tx: &mut Transaction, id: u64) -> Result<(), ()> {
    let _ = id;
    Ok(())
}

#[tokio::test]
async fn an_open_transaction_outside_of_its_block_is_told_once_per_function() {
    let world = World::memory().await;
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let mut tx = Transaction;
    for id in 0..3 {
        world.run(read(&tx, id)).await;
        world.run(write(&mut tx, id)).await;
        let block = transaction(write_properly(&mut tx, id));
        world.run(block).await.unwrap();
    }
    assert_eq!(
        heard.times("warnings::read` was given an open transaction"),
        1
    );
    assert_eq!(
        heard.times("warnings::write` was given an open transaction"),
        1
    );
    assert_eq!(heard.times("write_properly"), 0);
}

#[tokio::test]
async fn a_value_that_is_too_large_is_told_once_and_not_shown() {
    #[cache_aside(key = "page:<id>", ttl = 60)]
    async fn page(id: u64) -> String {
        let _ = id;
        "hunter2".repeat(100)
    }

    let world = World::memory_with(|builder| builder.max_value_bytes(64)).await;
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    for id in 0..3 {
        world.run(page(id)).await;
    }
    assert_eq!(heard.times("page` returned a value that is not cached"), 1);
    assert_eq!(heard.times("hunter2"), 0);
    assert_eq!(world.family("page:<id>").unstored, 3);
}

#[tokio::test]
async fn a_key_that_is_too_long_is_told_once_and_not_shown() {
    #[cache_aside(key = "secret:<text>", ttl = 60)]
    async fn read_secret(text: &str) -> usize {
        text.len()
    }

    let world = World::memory().await;
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    let text = "hunter2".repeat(2000);
    for _ in 0..3 {
        world.run(read_secret(&text)).await;
    }
    assert_eq!(heard.times("key or a tag longer than 8192 bytes"), 1);
    assert_eq!(heard.times("hunter2"), 0);
}

/// A write does run; it is its entries that stay.
#[tokio::test]
async fn a_deletion_that_is_refused_is_told_once() {
    #[cache_invalidate(key = "card:<id>")]
    async fn discard(id: u64) {
        let _ = id;
    }

    let server = Server::builder().user("app", "pw", "~* +@all -del").start();
    let cache = Cache::connect(server.url_as("app", "pw")).await.unwrap();
    let heard = Heard::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    for id in 0..3 {
        cache.scope(discard(id)).await;
    }
    assert_eq!(heard.times("discard` could not use the cache: "), 1);
    assert_eq!(heard.times("uncached"), 0);
}

/// Also by a program that ends soon.
#[tokio::test]
async fn a_server_that_is_away_is_told_before_connect_returns() {
    for (url, text) in [
        ("redis://127.0.0.1:1", "127.0.0.1:1 cannot be used"),
        (
            "redis-cluster://127.0.0.1:1",
            "the cluster at 127.0.0.1:1 could",
        ),
        (
            "redis-sentinel://127.0.0.1:1/m",
            "`m` of sentinel 127.0.0.1:1",
        ),
    ] {
        let heard = Heard::default();
        let _listening = tracing::subscriber::set_default(heard.clone());
        let cache = Cache::connect(url).await.unwrap();
        assert_eq!(heard.times(text), 1, "{url}");
        drop(cache);
    }
}
