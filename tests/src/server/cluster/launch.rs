//! Starting a cluster.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::Cluster;
use crate::port;
use crate::server::process::Failure;
use crate::server::tls::Certificates;
use crate::server::{Authority, Server, ServerBuilder};

const SLOTS: u16 = 16_384;
pub(super) const PRIMARIES: usize = 3;
/// Where each node reads at its start whom it belongs to.
const NODES: &str = "nodes.conf";

/// What a [`Cluster`] is started with.
#[derive(Debug, Clone)]
pub struct ClusterBuilder {
    node: ServerBuilder,
    node_timeout: Duration,
    replicas: usize,
    spare: bool,
    certificates: Option<Arc<Certificates>>,
}

impl ClusterBuilder {
    pub(super) fn new() -> Self {
        Self {
            node: Server::builder(),
            node_timeout: Duration::from_secs(15),
            replicas: 1,
            spare: false,
            certificates: None,
        }
    }

    /// How long a node must be silent before the others give it up. Default: 15 s, so that a busy machine is not taken for
    /// a failure.
    #[must_use]
    pub fn node_timeout(mut self, timeout: Duration) -> Self {
        self.node_timeout = timeout;
        self
    }

    /// Primaries only.
    #[must_use]
    pub fn without_replicas(mut self) -> Self {
        self.replicas = 0;
        self
    }

    /// And one more primary, which owns no slot yet: see [`Cluster::spare`].
    #[must_use]
    pub fn with_spare(mut self) -> Self {
        self.spare = true;
        self
    }

    /// Each node has a port with TLS as well, and names that one to clients; all show one certificate. `None` where the server
    /// under test has no TLS. See [`Cluster::tls_url`].
    #[must_use]
    pub fn tls(mut self, authority: &Authority) -> Option<Self> {
        let pair = authority.issue(&["localhost", "127.0.0.1"]);
        let certificates = Certificates::on(&self.node, authority, &pair)?;
        let args: Vec<_> = certificates.args().iter().map(String::as_str).collect();
        self.node = self.node.args(&args);
        self.node = self
            .node
            .args(&["--tls-auth-clients", "no", "--tls-cluster", "yes"]);
        self.certificates = Some(Arc::new(certificates));
        Some(self)
    }

    /// More arguments for the command line of each node.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.node = self.node.args(args);
        self
    }

    /// Starts the cluster and waits until all of it answers.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(self) -> Cluster {
        let timeout = self.node_timeout.as_millis().to_string();
        let node = self.node.clone().args(&[
            "--cluster-enabled",
            "yes",
            "--cluster-config-file",
            NODES,
            "--cluster-node-timeout",
            &timeout,
            "--repl-diskless-sync",
            "yes",
            "--repl-diskless-sync-delay",
            "0",
        ]);
        for _ in 0..20 {
            let members = PRIMARIES * (1 + self.replicas);
            match launch(&node, members, self.spare, self.certificates.is_some()) {
                Ok((nodes, ports)) => {
                    let cluster = Cluster {
                        nodes,
                        ports,
                        _certificates: self.certificates,
                    };
                    cluster.await_steady();
                    return cluster;
                }
                Err(Failure::AddressTaken) => {}
                Err(Failure::Other(why)) => panic!("{why}"),
            }
        }
        panic!("no free ports could be used")
    }
}

/// The nodes, and the ports by which they name one another.
fn launch(
    node: &ServerBuilder,
    members: usize,
    spare: bool,
    tls: bool,
) -> Result<(Vec<Server>, Vec<u16>), Failure> {
    let count = members + usize::from(spare);
    let mut ports: Vec<u16> = Vec::new();
    let mut holders = Vec::new();
    for _ in 0..count {
        let port = port::free_with_bus();
        // Held until all are chosen, so that none is chosen twice.
        holders.push([port, port + port::BUS].map(port::hold));
        ports.push(port);
    }
    drop(holders);
    let prepare = |port: &u16| {
        if !tls {
            return node.prepare(|| *port);
        }
        // The harness itself goes through another.
        let node = node.clone().args(&["--tls-port", &port.to_string()]);
        node.prepare(port::free)
    };
    let nodes: Vec<_> = ports.iter().map(prepare).collect();
    for (at, node) in nodes.iter().enumerate() {
        let file = node.dir.path().join(NODES);
        std::fs::write(&file, membership(&ports, at, members))
            .expect("a file in our own directory");
        node.launch()?;
    }
    Ok((nodes, ports))
}

/// What node `me` remembers.
fn membership(ports: &[u16], me: usize, members: usize) -> String {
    let mut file = String::new();
    for (at, port) in ports.iter().enumerate() {
        let (shard, bus) = (at % PRIMARIES, port + port::BUS);
        let flags = if at == me { "myself," } else { "" };
        let _ = write!(file, "{} 127.0.0.1:{port}@{bus} {flags}", id(at));
        if at >= members {
            let _ = writeln!(file, "master - 0 0 {} connected", PRIMARIES + 1);
        } else if at == shard {
            let Range { start, end } = slots_of(shard);
            let last = end - 1;
            let _ = writeln!(file, "master - 0 0 {} connected {start}-{last}", shard + 1);
        } else {
            let primary = id(shard);
            let _ = writeln!(file, "slave {primary} 0 0 {} connected", shard + 1);
        }
    }
    let _ = writeln!(file, "vars currentEpoch {} lastVoteEpoch 0", PRIMARIES + 1);
    file
}

fn id(node: usize) -> String {
    format!("{:040x}", node + 1)
}

pub(super) fn slots_of(shard: usize) -> Range<u16> {
    let at = |shard: usize| {
        let slot = usize::from(SLOTS) * shard / PRIMARIES;
        u16::try_from(slot).expect("a slot")
    };
    at(shard)..at(shard + 1)
}
