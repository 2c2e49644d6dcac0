//! A few tasks that call without a pause, and what their calls cost beyond the body.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::{Server, Stopwatch, pause};
use tokio::task::JoinHandle;

const TASKS: usize = 8;
/// What the source takes.
const BODY: Duration = Duration::from_millis(5);

/// Returns how long it took: a timer is late by more than what is measured.
#[cache_aside(key = "fault:<id>", ttl = 60)]
async fn read(id: u64) -> Duration {
    let watch = Stopwatch::start();
    pause(BODY).await;
    let _ = id;
    watch.elapsed()
}

/// A server and a cache with its default settings.
pub(crate) struct World {
    server: Server,
    cache: Cache,
    next: Arc<AtomicU64>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let server = Server::start();
        let cache = Cache::connect(server.url()).await.expect("a good URL");
        Self {
            server,
            cache,
            next: Arc::default(),
        }
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) async fn calls_for(&self, duration: Duration) -> Costs {
        self.start_calls(duration).await.expect("no panic")
    }

    /// Calls until this much time has passed, each with a key that no call had before.
    pub(crate) fn start_calls(&self, duration: Duration) -> JoinHandle<Costs> {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (cache, next) = (self.cache.clone(), Arc::clone(&self.next));
                tokio::spawn(async move { cache.scope(calls(&next, duration)).await })
            })
            .collect();
        tokio::spawn(async move {
            let mut costs = Vec::new();
            for task in tasks {
                costs.extend(task.await.expect("no panic"));
            }
            costs.sort_unstable();
            Costs(costs)
        })
    }
}

async fn calls(next: &AtomicU64, duration: Duration) -> Vec<Duration> {
    let all = Stopwatch::start();
    let mut costs = Vec::new();
    while all.elapsed() < duration {
        let watch = Stopwatch::start();
        let body = read(next.fetch_add(1, Ordering::Relaxed)).await;
        costs.push(watch.elapsed().saturating_sub(body));
    }
    costs
}

/// What calls cost beyond their bodies, the cheapest first.
pub(crate) struct Costs(Vec<Duration>);

impl Costs {
    pub(crate) fn calls(&self) -> usize {
        self.0.len()
    }

    /// The cost that this share of the calls does not exceed.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a few thousand calls"
    )]
    pub(crate) fn share(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.0.get(at).copied().unwrap_or_default()
    }
}
