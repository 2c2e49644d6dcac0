//! Making the map: asking a node how the cluster is now, and connecting to those who have come.

use redis::{Cmd, ConnectionInfo, RedisError, Value};
use tokio::task::JoinSet;

use super::map::{Map, Node};
use super::topology::{Address, Topology};
use super::{Cluster, unserved};
use crate::backend::redis::error::{convert, convert_setup, is_permanent, timeout};
use crate::backend::redis::policy::Policy;
use crate::backend::redis::route::Route;
use crate::backend::redis::server::{Lane, Server};
use crate::backend::redis::supervisor::ATTEMPT;
use crate::backend::redis::together::join;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::sync::{Arc, spread};

/// `CLUSTER SHARDS` says more, but only from Redis 7.0 on.
fn question() -> Cmd {
    let mut command = redis::cmd("CLUSTER");
    command.arg("SLOTS");
    command
}

impl Cluster {
    /// Puts a new map in place of the old. Nodes that are in both keep their connections; those that have left lose
    /// theirs with the old map. One at a time: by the keeper, and before it is there.
    ///
    /// If none of the nodes that have come can be used, and that will not pass, the map is there and it says why.
    ///
    /// # Errors
    /// When nobody could be asked. The map stays.
    pub(super) async fn refresh(&self) -> Result<Option<Error>, Error> {
        let named = core::mem::take(&mut *self.named.lock());
        let topology = match self.survey(&named).await {
            Ok(topology) => topology,
            Err(error) => {
                *self.named.lock() = named;
                return Err(error);
            }
        };
        let (old, mut opened) = (self.map.load_full(), Vec::new());
        let open = |address: &Address, slot| {
            if let Some(node) = old.find(address) {
                return Arc::clone(&node.server);
            }
            let server = Server::new(address.info(&self.seeds[0]), &self.policy, slot);
            opened.push(Arc::clone(&server));
            server
        };
        // Nobody waits for a replica: without one its primary is asked.
        let open_reader = |address: &Address| {
            if !self.policy.reads_replicas {
                return None;
            }
            let known = old.find_reader(address).cloned();
            Some(known.unwrap_or_else(|| {
                let server = Server::reader(address.info(&self.seeds[0]), &self.policy);
                server.open();
                server
            }))
        };
        let map = Map::new(topology, named, open, open_reader);
        let map = Arc::new(map);
        if old.primaries().is_empty() {
            // It can only get better, even if one node hangs for as long as the first map may take.
            self.map.store(Arc::clone(&map));
        }
        // With a map whose nodes are not connected yet, callers would do without the cache until they are.
        let started = join(opened.iter().map(Server::start)).await;
        self.map.store(map);
        let is_refused = started.iter().all(Result::is_err);
        let refusal = started.into_iter().find_map(Result::err);
        Ok(refusal.filter(|_| is_refused))
    }

    async fn survey(&self, named: &[Address]) -> Result<Topology, Error> {
        let map = self.map.load_full();
        let nodes = map.nodes().iter().filter(|node| node.server.is_live());
        let mut nodes: Vec<_> = nodes.collect();
        // Another one each time: a node may be wrong for long, cut off from the others.
        if let Some(first) = usize::try_from(spread())
            .unwrap_or(0)
            .checked_rem(nodes.len())
        {
            nodes.rotate_left(first);
        }
        // Who is said to own a slot knows about it.
        nodes.sort_by_key(|node| !named.contains(&node.address));
        for node in nodes {
            if let Ok(topology) = ask(node).await {
                return Ok(topology);
            }
        }
        self.survey_strangers(&map).await
    }

    /// Asks all who have no connection, and takes the first answer.
    async fn survey_strangers(&self, map: &Map) -> Result<Topology, Error> {
        let replicas = map.replicas().iter().map(|one| one.info(&self.seeds[0]));
        let mut asked = JoinSet::new();
        for info in self.seeds.iter().cloned().chain(replicas) {
            asked.spawn(ask_once(info, Arc::clone(&self.policy)));
        }
        let mut failed = unserved();
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok(topology)) => return Ok(topology),
                Ok(Err(error)) if !is_permanent(&failed) => failed = error,
                _ => {}
            }
        }
        Err(failed)
    }
}

async fn ask(node: &Node) -> Result<Topology, Error> {
    let reply = Route::to(&node.server, Lane::FIRST)?
        .send(&question())
        .await?;
    let reply = reply.map_err(refused)?;
    Topology::read(&reply, &node.address).ok_or_else(unserved)
}

/// On a connection for this question alone, for a second at most.
async fn ask_once(info: ConnectionInfo, policy: Arc<Policy>) -> Result<Topology, Error> {
    let asked = async {
        let opened = policy.dialer.open(&info, None).await;
        let mut connection = opened.map_err(convert_setup)?;
        let reply = connection.send_packed_command(&question()).await;
        reply.and_then(Value::extract_error).map_err(refused)
    };
    let reply = clock::within(ATTEMPT, asked).await;
    let reply = reply.unwrap_or_else(|_| Err(timeout()))?;
    Topology::read(&reply, &Address::of(info.addr())).ok_or_else(unserved)
}

fn refused(error: RedisError) -> Error {
    let detail = error.detail().unwrap_or_default();
    if detail.contains("cluster support disabled") {
        let message = "the server is no node of a cluster: its URL begins with `redis://`";
        return Error::new(ErrorKind::Setting, message).with_source(error);
    }
    convert(error)
}
