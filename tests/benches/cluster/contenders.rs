//! The two that are compared: both read the same entries.

use std::sync::Arc;
use std::time::Duration;

use cached_redis_hand_written::{Profile, Source, SourceError};
use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::Cluster;
use redis::aio::MultiplexedConnection;

/// How many keys each task has to itself, so that no two callers ask for one key at a time.
pub(crate) const KEYS_PER_TASK: u64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Raw,
    Ours,
}

#[derive(Clone)]
pub(crate) struct Contenders {
    nodes: Vec<MultiplexedConnection>,
    /// Which of the nodes has each key.
    owners: Arc<[usize]>,
    ours: Ours,
}

#[derive(Clone)]
struct Ours {
    cache: Cache,
    source: Source,
}

impl Ours {
    #[cache_aside(key = "profile:<id>", ttl = 3600, cache = self.cache)]
    async fn find(&self, id: u64) -> Result<Option<Profile>, SourceError> {
        self.source.load(id).await
    }
}

impl Contenders {
    /// Connects, and stores so many entries of about `size` bytes.
    pub(crate) async fn connect(cluster: &Cluster, size: usize, keys: u64) -> Self {
        let mut nodes = Vec::new();
        for node in cluster.primaries() {
            let client = redis::Client::open(node.url()).expect("the node's URL");
            let connection = client.get_multiplexed_async_connection().await;
            nodes.push(connection.expect("a connection"));
        }
        let owner = |id| {
            let home = cluster.home(&key(id)).port();
            let mut primaries = cluster.primaries().iter();
            primaries.position(|node| node.port() == home)
        };
        let owners = (0..keys).map(|id| owner(id).expect("an owner")).collect();
        // Six servers and their clients may keep a small machine busy for longer than the usual deadline.
        let cache = Cache::builder(cluster.url()).deadline(Duration::from_secs(5));
        let cache = cache.connect().await.expect("a cache");
        cache.ping().await.expect("nodes that answer");
        let source = Source::of_profiles_with(size);
        let ours = Ours { cache, source };
        let this = Self {
            nodes,
            owners,
            ours,
        };
        for id in 0..keys {
            this.find(Contender::Ours, id).await;
        }
        this
    }

    /// Runs `calls` calls in each of `tasks` tasks, and says whether all of them hit.
    pub(crate) async fn run(&self, contender: Contender, tasks: usize, calls: u32) -> bool {
        let loads = self.ours.source.loads();
        let mut running = tokio::task::JoinSet::new();
        for task in 0..tasks as u64 {
            let this = self.clone();
            running.spawn(async move {
                for call in 0..u64::from(calls) {
                    let id = task * KEYS_PER_TASK + call % KEYS_PER_TASK;
                    this.find(contender, id).await;
                }
            });
        }
        running.join_all().await;
        self.ours.source.loads() == loads
    }

    pub(crate) async fn find(&self, contender: Contender, id: u64) {
        if contender == Contender::Ours {
            assert!(self.ours.find(id).await.is_ok_and(|found| found.is_some()));
            return;
        }
        let owner = self.owners[usize::try_from(id).expect("a small id")];
        let mut get = redis::cmd("GET");
        get.arg(key(id));
        let mut node = self.nodes[owner].clone();
        let got = get.query_async::<Option<Vec<u8>>>(&mut node).await;
        if !got.is_ok_and(|bytes| bytes.is_some()) {
            // Counted as a miss.
            let _ = self.ours.source.load(id).await;
        }
    }
}

fn key(id: u64) -> String {
    format!("profile:{id}")
}
