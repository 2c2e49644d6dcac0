//! What is different on a Redis Cluster: many servers, slots that move, and some servers that fail while others do not.
//! What is the same everywhere is tested by `behaviour` and `hazards`, which run on a cluster too.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod confirmed;
mod failover;
mod moves;
mod outages;
mod replicas;
mod start;
mod steady;
mod tags;

use std::time::Duration;

use cached_redis_runtime::{Cache, Served, cache_aside, cache_invalidate, inspect};
use cached_redis_tests::{Cluster, Server, Stopwatch, Table, eventually};

/// Longer than any healthy test needs.
const PATIENCE: Duration = Duration::from_secs(20);
/// That a busy machine does not miss; tests of the deadline itself set their own.
const GENEROUS: Duration = Duration::from_secs(5);

#[cache_aside(key = "c:<id>", ttl = 60, skip(value))]
async fn read(id: u64, value: u32) -> u32 {
    value
}

#[cache_invalidate(key = "c:<id>")]
async fn write(id: u64) {
    let _ = id;
}

#[cache_aside(key = "row:<ids>", each = ids, ttl = 60, skip(table))]
async fn rows(table: &Table, ids: &[u64]) -> Vec<(u64, String)> {
    table.query(ids.iter().copied()).await
}

#[cache_invalidate(key = "row:<ids>", each = ids)]
async fn forget_rows(ids: &[u64]) {
    let _ = ids;
}

/// Whether a replica has the key, asked as one who may read there.
fn replica_has(replica: &Server, key: &str) -> bool {
    let mut connection = replica.connection().unwrap();
    redis::cmd("READONLY").exec(&mut connection).unwrap();
    let bytes: Option<Vec<u8>> = redis::cmd("GET").arg(key).query(&mut connection).unwrap();
    bytes.is_some()
}

/// A cache and the cluster behind it.
struct World {
    cache: Cache,
    cluster: Cluster,
}

impl World {
    async fn on(cluster: Cluster, deadline: Duration) -> Self {
        let builder = Cache::builder(cluster.url()).deadline(deadline);
        let cache = builder.connect().await.unwrap();
        let world = Self { cache, cluster };
        world.connected().await;
        world
    }

    /// Waits until every slot can be served.
    async fn connected(&self) {
        eventually(PATIENCE, || self.cache.stats().connected).await;
    }

    async fn run<F: Future>(&self, future: F) -> F::Output {
        self.cache.scope(future).await
    }

    async fn served(&self, id: u64, value: u32) -> (u32, Served) {
        self.run(inspect(read(id, value))).await
    }

    /// Waits until the cache serves this id again.
    async fn hits(&self, id: u64) {
        let watch = Stopwatch::start();
        while self.served(id, 0).await.1 != Served::Hit {
            assert!(watch.elapsed() < PATIENCE, "{id} is not served");
            tokio::task::yield_now().await;
        }
    }

    /// The first ids of `read` whose keys are at home on this node, or on any other.
    fn ids(&self, node: &Server, here: bool, count: usize) -> Vec<u64> {
        self.places("c", node, here, count)
    }

    fn places(&self, family: &str, node: &Server, here: bool, count: usize) -> Vec<u64> {
        let is_here = |id: &u64| self.cluster.home(&format!("{family}:{id}")).port() == node.port();
        (0..).filter(|id| is_here(id) == here).take(count).collect()
    }
}
