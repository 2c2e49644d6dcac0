//! A cluster whose primaries are killed, hang and are replaced, and whose slots move while they are in use.
//!
//! Each shard has a [watch](marks) of its own, which sees from the shard's data alone that a replica has taken over, whoever
//! asked for it, and what it had not been told.

mod faults;
mod marks;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_tests::{Cluster, Server};

use self::faults::Struck;
use crate::referee::Referee;

/// Three primaries, each with one replica.
const SHARDS: usize = 3;
/// After this a replica takes over. Longer than what a busy machine does to a process by itself.
const NODE_TIMEOUT: Duration = Duration::from_millis(1200);

#[derive(Debug)]
pub(crate) struct Shards {
    /// First the nodes that started as primaries, then in the same order their replicas.
    cluster: Cluster,
    each: [Shard; SHARDS],
    /// The slot of each key.
    slots: Vec<u16>,
    struck: Mutex<Option<Struck>>,
    /// Connections are not cut while one is used to change the cluster.
    changing: Mutex<()>,
    referee: Referee,
}

#[derive(Debug)]
struct Shard {
    /// A key in a slot that never moves.
    mark: String,
    /// The node that took the last mark.
    marked: AtomicUsize,
    /// A replica is taking over in order: its primary waits until it knows everything.
    orderly: AtomicBool,
    /// Since when its primary is dead or stopped and confirms nothing; else `u64::MAX`.
    silent: AtomicU64,
}

impl Shards {
    /// Starts a cluster, and watches over what becomes of its shards.
    pub(crate) fn start(keys: u32, referee: &Referee) -> Arc<Self> {
        let cluster = Cluster::builder().node_timeout(NODE_TIMEOUT).start();
        let slots: Vec<_> = (0..keys).map(|key| cluster.slot(&key_text(key))).collect();
        let at_home =
            |key: &str, shard: usize| cluster.home(key).port() == cluster.primaries()[shard].port();
        let homes = (0..keys).map(|key| {
            let mut shards = 0..SHARDS;
            let home = shards.find(|shard| at_home(&key_text(key), *shard));
            home.expect("each slot has a home")
        });
        referee.on_shards(homes.collect());
        let each = std::array::from_fn(|shard| {
            let mut marks = (0..).map(|number| format!("mark:{number}"));
            let mark =
                marks.find(|mark| at_home(mark, shard) && !slots.contains(&cluster.slot(mark)));
            Shard {
                mark: mark.expect("a slot of its own"),
                marked: AtomicUsize::new(shard),
                orderly: AtomicBool::new(false),
                silent: AtomicU64::new(u64::MAX),
            }
        });
        let shards = Arc::new(Self {
            cluster,
            each,
            slots,
            struck: Mutex::default(),
            changing: Mutex::default(),
            referee: referee.clone(),
        });
        for shard in 0..SHARDS {
            marks::watch(&shards, shard);
        }
        shards
    }

    pub(crate) fn url(&self) -> String {
        self.cluster.url()
    }

    fn node(&self, node: usize) -> &Server {
        &self.cluster.nodes()[node]
    }

    /// The node that most nodes take for the primary of this shard.
    fn primary(&self, shard: usize) -> usize {
        let port = self.cluster.owner(&self.each[shard].mark).port();
        if port == self.node(shard).port() {
            shard
        } else {
            partner(shard)
        }
    }

    /// Call it once the primary confirms nothing any more.
    fn fall_silent(&self, shard: usize) {
        let now = self.referee.now();
        self.each[shard].silent.store(now, Ordering::Relaxed);
    }

    fn speak_again(&self, shard: usize) {
        self.each[shard].silent.store(u64::MAX, Ordering::Relaxed);
    }

    /// Waits until the watch of this shard has followed to this node.
    fn await_mark(&self, shard: usize, node: usize) {
        let marked = &self.each[shard].marked;
        let followed = cached_redis_tests::eventually_blocking(Duration::from_secs(30), || {
            marked.load(Ordering::Relaxed) == node
        });
        assert!(followed, "nobody marks node {node}");
    }
}

/// The other node of the same shard.
fn partner(node: usize) -> usize {
    (node + SHARDS) % (2 * SHARDS)
}

fn key_text(key: u32) -> String {
    format!("row:{key}")
}
