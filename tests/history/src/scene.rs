//! What faults happen to: the workers, and one server or a cluster.

use std::sync::Arc;

use crate::faults::{Fault, Kind, Target};
use crate::fleet::Place;
use crate::one_server::OneServer;
use crate::shards::Shards;

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) places: Vec<Place>,
}

/// Where the entries are.
#[derive(Debug)]
pub(crate) enum Stage {
    Server(OneServer),
    Cluster(Arc<Shards>),
}

impl Stage {
    /// What this process is to connect to.
    pub(crate) fn url(&self, process: usize) -> String {
        match self {
            Self::Server(server) => server.url(process),
            Self::Cluster(shards) => shards.url(),
        }
    }
}

impl Scene {
    pub(crate) async fn strike(&self, target: Target, fault: Fault) {
        match (target, &self.stage) {
            (Target::Process(process), _) if fault.kind == Kind::Pause => {
                self.places[process].pause(fault.lasting).await;
            }
            (Target::Process(process), _) => self.places[process].kill().await,
            (Target::Network(process), Stage::Server(server)) => server.storm(process, fault),
            (Target::Server, Stage::Server(server)) => server.hit(fault.kind).await,
            (Target::Shard | Target::Connections, Stage::Cluster(shards)) => {
                on_shards(shards, move |shards| shards.strike(fault)).await;
            }
            _ => {}
        }
    }

    pub(crate) async fn heal(&self, target: Target, fault: Fault) {
        match (target, &self.stage) {
            (Target::Network(process), Stage::Server(server)) => server.clear_up(process),
            (Target::Server, Stage::Server(server)) => server.mend(fault.kind).await,
            (Target::Shard, Stage::Cluster(shards)) => on_shards(shards, Shards::heal).await,
            _ => {}
        }
    }
}

/// The harness's cluster takes its time in blocking calls.
async fn on_shards(shards: &Arc<Shards>, act: impl FnOnce(&Shards) + Send + 'static) {
    let shards = Arc::clone(shards);
    let acted = tokio::task::spawn_blocking(move || act(&shards));
    acted.await.expect("the cluster does what the harness says");
}
