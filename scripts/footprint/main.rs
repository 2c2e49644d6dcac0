// The program that `scripts/footprint.sh` completes with functions and their list, `ALL`.

use std::alloc::System;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cached_redis_runtime::__rt::Site;
use cached_redis_runtime::{Cache, cache_aside};
use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

type Call = fn() -> Pin<Box<dyn Future<Output = u64> + Send>>;

const READERS: u64 = 64;
/// What a process may need besides: buffers that have grown, a task that is about to end.
const SLACK: usize = 64 * 1024;

#[cache_aside(key = "key:<id>", ttl = 3600)]
async fn read(id: u64) -> u64 {
    id
}

fn main() {
    let mut args = std::env::args().skip(1);
    let url = args.next().expect("a URL");
    let keys: u64 = args.next().and_then(|keys| keys.parse().ok()).expect("a number of keys");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let well = runtime.block_on(measure(&url, keys));
    std::process::exit(if well { 0 } else { 1 });
}

async fn measure(url: &str, keys: u64) -> bool {
    let cache = Cache::builder(url).deadline(Duration::from_secs(20));
    let cache = cache.connect().await.expect("a cache");
    cache.ping().await.expect("a server that answers");
    cache.clone().install().expect("the only one");
    read_all(keys, keys + 20_000).await;

    let functions = ALL.len();
    let before = settled().await;
    for call in ALL {
        call().await;
    }
    let heap = settled().await.saturating_sub(before);
    let constant = size_of::<Site>();
    let each = heap.div_ceil(functions) + constant;
    println!("{functions} functions: {each} B each, of which {constant} B are a static and the rest is counters, made by the first call");

    let before = settled().await;
    read_all(0, keys).await;
    let after = settled().await;
    println!("{keys} keys read: {before} B of heap before, {after} B after");

    let stats = cache.stats();
    let loads = stats.total().fills;
    println!("{} families, {loads} fills, {} keys under way", stats.families.len(), stats.under_way);
    let all_filled = loads == keys + 20_000 + functions as u64;
    each < 1024 && after < before + SLACK && all_filled
}

/// Reads each key once, by several callers.
async fn read_all(first: u64, end: u64) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.store(first, Ordering::Relaxed);
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..READERS {
        readers.spawn(async move {
            loop {
                let id = NEXT.fetch_add(1, Ordering::Relaxed);
                if id >= end {
                    return;
                }
                assert_eq!(read(id).await, id);
            }
        });
    }
    readers.join_all().await;
}

/// The heap in use, once what goes on in the background has ended.
async fn settled() -> usize {
    tokio::time::sleep(Duration::from_millis(500)).await;
    HEAP.allocated()
}
