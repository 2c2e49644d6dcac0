//! What this process keeps of calls that a frozen server does not answer.

use cached_redis_runtime::{Cache, cache_aside, cache_invalidate};
use cached_redis_tests::Server;

const TASKS: u64 = 64;

#[cache_aside(key = "memory:<id>", ttl = 60)]
async fn read(id: u64) -> u64 {
    id
}

#[cache_invalidate(key = "memory:<id>")]
async fn write(id: u64) {
    let _ = id;
}

/// Calls of all three sorts: reads of keys of their own, reads of few keys, writes of few keys.
pub(crate) async fn table(calls: u64) {
    let server = Server::start();
    let cache = Cache::connect(server.url()).await.expect("a good URL");
    batch(&cache, 0, calls / 10).await;
    server.stop();
    println!("\nmemory of this process, server frozen:");
    println!("{:>9} {:>9}", "calls", "KiB");
    for part in 0..5 {
        println!("{:>9} {:>9}", part * calls / 4, resident());
        if part < 4 {
            batch(&cache, (part + 1) * calls, calls / 4).await;
        }
    }
    let stats = cache.stats();
    println!(
        "left: {} waiting, {} queued, {} keys under way, {} deletions pending",
        stats.waiting, stats.queued, stats.under_way, stats.pending_deletes
    );
    server.cont();
}

async fn batch(cache: &Cache, first: u64, calls: u64) {
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let cache = cache.clone();
            tokio::spawn(async move {
                cache
                    .scope(async {
                        for n in (first + task..first + calls)
                            .step_by(usize::try_from(TASKS).expect("few"))
                        {
                            read(n).await;
                            read(n % 10).await;
                            write(n % 100).await;
                        }
                    })
                    .await;
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// In KiB, by the kernel's count. Zero where there is none.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or_default()
}
