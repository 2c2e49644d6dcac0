//! The tests of `on_every_store!` on a cluster.
//!
//! A cluster takes two seconds to start, so the test `on_a_cluster` of a binary starts one and runs all others on it, each
//! with a namespace of its own. Run alone, such a test starts one for itself.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use cached_redis_tests::{Cluster, Nodes};

/// Where the cluster is that somebody else has started.
const URL: &str = "CACHED_REDIS_CLUSTER";

/// A cluster that this test need not have for itself.
#[derive(Debug)]
pub(crate) struct Shared {
    nodes: Nodes,
    /// Lives as long as this.
    _own: Option<Cluster>,
}

impl Shared {
    pub(crate) fn get() -> Self {
        let (url, own) = if let Ok(url) = std::env::var(URL) {
            (url, None)
        } else {
            let cluster = Cluster::builder().without_replicas().start();
            (cluster.url(), Some(cluster))
        };
        Self {
            nodes: Nodes::of(&url),
            _own: own,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.nodes.url()
    }

    /// Nobody else has it.
    pub(crate) fn namespace() -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", std::process::id())
    }

    /// Runs a command on the owner of the key that follows its name.
    pub(crate) fn run(&self, command: &[&str]) {
        self.nodes.run(command);
    }
}

/// Runs all tests of this binary whose names end in `::cluster`.
pub(crate) fn on_a_cluster() {
    let cluster = Cluster::builder().without_replicas().start();
    let this = std::env::current_exe().expect("the path of this binary");
    let status = Command::new(this)
        .args(["::cluster", "--ignored", "--test-threads", "4"])
        .env(URL, cluster.url())
        .status()
        .expect("a second run of this binary");
    assert!(status.success(), "a test failed: see above");
}
