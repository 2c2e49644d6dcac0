//! Those that are compared: all read the same entries.

use std::sync::Arc;
use std::time::Duration;

use cached_redis_hand_written::{Profile, Source, SourceError};
use cached_redis_runtime::{Cache, cache_aside};
use cached_redis_tests::Cluster;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;

/// How many keys each task has to itself, so that no two callers ask for one key at a time.
pub(crate) const KEYS_PER_TASK: u64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    /// A `GET` by one who knows beforehand which connection its key needs.
    Raw,
    /// A `GET` through the cluster connection of the client.
    Client,
    Ours,
}

#[derive(Clone)]
pub(crate) struct Contenders {
    nodes: Vec<MultiplexedConnection>,
    /// Which of the nodes has each key.
    owners: Arc<[usize]>,
    client: ClusterConnection,
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
        let client = redis::cluster::ClusterClient::new([cluster.primaries()[0].url()]);
        let client = client.expect("a node").get_async_connection().await;
        let source = Source::of_profiles_with(size);
        let ours = Ours { cache, source };
        let this = Self {
            nodes,
            owners,
            client: client.expect("a connection"),
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
        let found = match contender {
            Contender::Ours => self.ours.find(id).await.is_ok_and(|found| found.is_some()),
            Contender::Raw => {
                let owner = self.owners[usize::try_from(id).expect("a small id")];
                get(id, self.nodes[owner].clone()).await
            }
            Contender::Client => get(id, self.client.clone()).await,
        };
        if !found {
            // Counted as a miss.
            let _ = self.ours.source.load(id).await;
        }
    }
}

async fn get(id: u64, mut connection: impl ConnectionLike) -> bool {
    let mut get = redis::cmd("GET");
    get.arg(key(id));
    let got = get.query_async::<Option<Vec<u8>>>(&mut connection).await;
    got.is_ok_and(|bytes| bytes.is_some())
}

fn key(id: u64) -> String {
    format!("profile:{id}")
}
