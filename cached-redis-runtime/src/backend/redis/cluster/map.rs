//! Who owns which slot, and a connection to each owner.

use super::slots::SLOTS;
use super::topology::{Address, COPIES, Topology};
use crate::backend::redis::server::Server;
use crate::sync::Arc;

/// In place of an index: nobody owns this slot.
const NOBODY: u16 = u16::MAX;

/// A node that commands are sent to.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) address: Address,
    pub(super) server: Arc<Server>,
    /// Those that have copies of what it has, if they are read from.
    pub(super) readers: Vec<Reader>,
}

/// A replica that answers are read from.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    address: Address,
    server: Arc<Server>,
}

impl Node {
    fn copied_by(
        &mut self,
        address: Address,
        open: &mut impl FnMut(&Address) -> Option<Arc<Server>>,
    ) {
        let mut known = self.readers.iter();
        if self.readers.len() < COPIES
            && !known.any(|reader| reader.address == address)
            && let Some(server) = open(&address)
        {
            self.readers.push(Reader { address, server });
        }
    }

    /// The server of a replica that has a connection: of the same number always the same, as long as it has one.
    pub(super) fn reader(&self, number: usize) -> Option<&Arc<Server>> {
        let count = self.readers.len();
        let own = number.checked_rem(count)?;
        let mut all = (own..own + count).map(|at| &self.readers[at % count].server);
        all.find(|server| server.is_live())
    }
}

/// One state of the cluster, as this process knows it. It is read on every command and never changed: the next state is
/// another map.
pub(super) struct Map {
    /// For each slot the place of its owner in `nodes`.
    owners: Box<[u16]>,
    /// Those who own slots, then those who were named by redirects only.
    nodes: Vec<Node>,
    /// How many of `nodes` own slots.
    primaries: usize,
    /// Every slot has an owner.
    is_covered: bool,
    replicas: Vec<Address>,
}

impl Map {
    /// Of a cluster that nobody could be asked about yet.
    pub(super) fn empty() -> Self {
        Self {
            owners: vec![NOBODY; SLOTS].into_boxed_slice(),
            nodes: Vec::new(),
            primaries: 0,
            is_covered: false,
            replicas: Vec::new(),
        }
    }

    /// `open` is told a slot of the node, if it owns one. `named` are nodes that are part of it, whether they own slots or not yet.
    pub(super) fn new(
        topology: Topology,
        named: Vec<Address>,
        mut open: impl FnMut(&Address, Option<u16>) -> Arc<Server>,
        mut open_reader: impl FnMut(&Address) -> Option<Arc<Server>>,
    ) -> Self {
        let mut map = Self::empty();
        for range in topology.ranges {
            let slot = Some(range.first);
            let place = map.place(range.owner, |address| open(address, slot));
            let slots = usize::from(range.first)..=usize::from(range.last);
            map.owners[slots].fill(place);
            if let Some(node) = map.nodes.get_mut(usize::from(place)) {
                for address in range.replicas {
                    node.copied_by(address, &mut open_reader);
                }
            }
        }
        map.primaries = map.nodes.len();
        map.is_covered = !map.owners.contains(&NOBODY);
        for address in named {
            map.place(address, |address| open(address, None));
        }
        map.replicas = topology.replicas;
        map
    }

    fn place(&mut self, address: Address, open: impl FnOnce(&Address) -> Arc<Server>) -> u16 {
        let known = self.nodes.iter().position(|node| node.address == address);
        let place = known.unwrap_or_else(|| {
            let server = open(&address);
            self.nodes.push(Node {
                address,
                server,
                readers: Vec::new(),
            });
            self.nodes.len() - 1
        });
        // There are fewer nodes than slots.
        u16::try_from(place).unwrap_or(NOBODY)
    }

    pub(super) fn owner(&self, slot: u16) -> Option<&Node> {
        let place = self.owners.get(usize::from(slot))?;
        self.nodes.get(usize::from(*place))
    }

    pub(super) fn find(&self, address: &Address) -> Option<&Node> {
        self.nodes.iter().find(|node| node.address == *address)
    }

    /// The connections to a replica, if it is read from.
    pub(super) fn find_reader(&self, address: &Address) -> Option<&Arc<Server>> {
        let mut readers = self.nodes.iter().flat_map(|node| &node.readers);
        let known = readers.find(|reader| reader.address == *address)?;
        Some(&known.server)
    }

    pub(super) fn primaries(&self) -> &[Node] {
        &self.nodes[..self.primaries]
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn replicas(&self) -> &[Address] {
        &self.replicas
    }

    /// Whether every slot has an owner.
    pub(super) fn is_covered(&self) -> bool {
        self.is_covered
    }

    /// Whether every slot has an owner, and every owner a connection.
    pub(super) fn is_whole(&self) -> bool {
        self.is_covered && self.primaries().iter().all(|node| node.server.is_live())
    }
}
