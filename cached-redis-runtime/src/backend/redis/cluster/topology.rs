//! What a node says about the cluster.

use core::fmt;

use redis::{ConnectionAddr, ConnectionInfo, Value};

use super::slots::SLOTS;

/// Where a node listens.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    port: u16,
}

impl Address {
    pub(super) fn of(addr: &ConnectionAddr) -> Self {
        match addr {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => Self {
                host: host.clone(),
                port: *port,
            },
            // No node announces another kind of address, so this equals none.
            other => Self {
                host: other.to_string(),
                port: 0,
            },
        }
    }

    /// `host:port` of a redirect. Without a host it is the one that was asked. `None` for `?`, a node that is to be called
    /// by a name that it was not given: of those only the map says where they are.
    pub(super) fn read(text: &str, asked: &Self) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host {
            "?" => return None,
            "" => &asked.host,
            host => host,
        };
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok().filter(|port| *port > 0)?,
        })
    }

    /// How to connect there: as to a node that is known.
    pub(super) fn info(&self, like: &ConnectionInfo) -> ConnectionInfo {
        let mut addr = like.addr().clone();
        if let ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } =
            &mut addr
        {
            host.clone_from(&self.host);
            *port = self.port;
        }
        like.clone().set_addr(addr)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The slots from one to another, and the node that owns them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) owner: Address,
    /// Who has copies of them: some, if there are many.
    pub(super) replicas: Vec<Address>,
}

/// A reply to `CLUSTER SLOTS`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Topology {
    pub(super) ranges: Vec<Range>,
    /// Who else can be asked.
    pub(super) replicas: Vec<Address>,
}

/// As many nodes a Redis Cluster is made for. Each primary costs a connection, so no server decides how many there are.
const MOST: usize = 1000;

/// As many replicas of one primary are read from.
pub(super) const COPIES: usize = 8;

impl Topology {
    /// `None` for what is no such reply, and for one without a slot: that node belongs to no cluster yet, or any more. Of
    /// more than [`MOST`] primaries it is none either; of the replicas the rest is left out.
    pub(super) fn read(reply: &Value, asked: &Address) -> Option<Self> {
        let mut topology = Self {
            ranges: Vec::new(),
            replicas: Vec::new(),
        };
        let mut owners: Vec<Address> = Vec::new();
        for range in list(reply).filter(|ranges| ranges.len() <= SLOTS)? {
            let [first, last, owner, replicas @ ..] = list(range)? else {
                return None;
            };
            let (first, last) = (slot(first)?, slot(last)?);
            if first > last {
                return None;
            }
            // A node that nobody can name is as good as none: its slots have no owner.
            if let Some(owner) = node(owner, asked) {
                if !owners.contains(&owner) {
                    owners.push(owner.clone());
                    if owners.len() > MOST {
                        return None;
                    }
                }
                topology.ranges.push(Range {
                    first,
                    last,
                    owner,
                    replicas: Vec::new(),
                });
            }
            for replica in replicas.iter().filter_map(|one| node(one, asked)) {
                if !topology.replicas.contains(&replica) {
                    if topology.replicas.len() == MOST {
                        continue;
                    }
                    topology.replicas.push(replica.clone());
                }
                if let Some(range) = topology.ranges.last_mut()
                    && range.first == first
                    && range.replicas.len() < COPIES
                    && range.owner != replica
                {
                    range.replicas.push(replica);
                }
            }
        }
        (!topology.ranges.is_empty()).then_some(topology)
    }
}

fn list(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn slot(value: &Value) -> Option<u16> {
    let Value::Int(slot) = value else { return None };
    u16::try_from(*slot)
        .ok()
        .filter(|slot| usize::from(*slot) < SLOTS)
}

/// `[host, port, id, more about it]`.
fn node(value: &Value, asked: &Address) -> Option<Address> {
    let [host, Value::Int(port), more @ ..] = list(value)? else {
        return None;
    };
    let host = match host {
        // It does not know its own address, or is told not to say it: it is where it was found.
        Value::Nil => asked.host.clone(),
        host => match text(host)? {
            "" => asked.host.clone(),
            // It is to be called by a name that it was not given.
            "?" => more.get(1).and_then(ip)?.to_owned(),
            host => host.to_owned(),
        },
    };
    let port = u16::try_from(*port).ok().filter(|port| *port > 0)?;
    Some(Address { host, port })
}

/// Its address, from what newer servers say besides: names and values.
fn ip(more: &Value) -> Option<&str> {
    match more {
        Value::Map(pairs) => {
            let ip = pairs.iter().find(|(name, _)| text(name) == Some("ip"));
            ip.and_then(|(_, ip)| text(ip))
        }
        Value::Array(items) => {
            let pairs = items.chunks_exact(2);
            let ip = pairs.into_iter().find(|pair| text(&pair[0]) == Some("ip"));
            ip.and_then(|pair| text(&pair[1]))
        }
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => core::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn named(host: Value, port: i64) -> Value {
        Value::Array(vec![host, Value::Int(port), bulk("id")])
    }

    fn range(first: i64, last: i64, nodes: Vec<Value>) -> Value {
        let mut range = vec![Value::Int(first), Value::Int(last)];
        range.extend(nodes);
        Value::Array(range)
    }

    fn at(host: &str, port: u16) -> Address {
        Address {
            host: host.to_owned(),
            port,
        }
    }

    fn read(ranges: Vec<Value>) -> Option<Topology> {
        Topology::read(&Value::Array(ranges), &at("asked", 1))
    }

    #[test]
    fn owners_and_replicas_are_told_apart() {
        let (a, b) = (named(bulk("10.0.0.1"), 1), named(bulk("10.0.0.2"), 2));
        let topology = read(vec![
            range(0, 5, vec![a.clone(), b.clone()]),
            range(7, 16_383, vec![a, b]),
        ]);
        let owner = at("10.0.0.1", 1);
        let expected = Topology {
            ranges: vec![
                Range {
                    first: 0,
                    last: 5,
                    owner: owner.clone(),
                    replicas: vec![at("10.0.0.2", 2)],
                },
                Range {
                    first: 7,
                    last: 16_383,
                    owner,
                    replicas: vec![at("10.0.0.2", 2)],
                },
            ],
            replicas: vec![at("10.0.0.2", 2)],
        };
        assert_eq!(topology, Some(expected));
    }

    #[test]
    fn a_node_without_a_name_is_where_it_was_found() {
        let ip = || vec![bulk("ip"), bulk("10.0.0.9")];
        let pairs = vec![(bulk("ip"), bulk("10.0.0.9"))];
        for (host, more, expected) in [
            (bulk(""), Value::Nil, Some(at("asked", 7))),
            (Value::Nil, Value::Nil, Some(at("asked", 7))),
            (bulk("?"), Value::Array(ip()), Some(at("10.0.0.9", 7))),
            (bulk("?"), Value::Map(pairs), Some(at("10.0.0.9", 7))),
            (bulk("?"), Value::Array(vec![]), None),
            (
                bulk("node.example"),
                Value::Array(ip()),
                Some(at("node.example", 7)),
            ),
        ] {
            let node = Value::Array(vec![host.clone(), Value::Int(7), bulk("id"), more]);
            let topology = read(vec![range(0, 1, vec![node])]);
            let owner = topology.map(|topology| topology.ranges[0].owner.clone());
            assert_eq!(owner, expected, "{host:?}");
        }
    }

    #[test]
    fn a_reply_with_nodes_without_end_opens_no_connections() {
        let nodes = |count: usize, replicas: usize| {
            let replicas = (0..replicas).map(|at| named(bulk(&format!("r{at}")), 1));
            let replicas: Vec<_> = replicas.collect();
            let ranges = (0..count).map(|at| {
                let owner = named(bulk(&format!("h{at}")), 1);
                let nodes = core::iter::once(owner).chain(replicas.iter().cloned());
                let slot = i64::try_from(at).unwrap() % 16_384;
                range(slot, slot, nodes.collect())
            });
            read(ranges.collect())
        };
        assert_eq!(nodes(MOST, 0).map(|some| some.ranges.len()), Some(MOST));
        assert_eq!(nodes(MOST + 1, 0), None);
        assert_eq!(nodes(20_000, 0), None);
        let replicas = nodes(3, 3 * MOST).map(|some| some.replicas.len());
        assert_eq!(replicas, Some(MOST));
        let copies = nodes(3, 3 * MOST).map(|some| some.ranges[0].replicas.len());
        assert_eq!(copies, Some(COPIES));
    }

    #[test]
    fn what_is_no_topology_is_none() {
        let a = || named(bulk("h"), 1);
        for wrong in [
            vec![],
            vec![Value::Nil],
            vec![range(0, 16_384, vec![a()])],
            vec![range(-1, 5, vec![a()])],
            vec![range(5, 3, vec![a()])],
            vec![range(0, 5, vec![])],
            vec![range(0, 5, vec![named(bulk("h"), 0)])],
            vec![range(0, 5, vec![named(bulk("h"), 65_536)])],
            vec![range(0, 5, vec![bulk("h")])],
        ] {
            assert_eq!(read(wrong.clone()), None, "{wrong:?}");
        }
        assert_eq!(Topology::read(&Value::Okay, &at("asked", 1)), None);
    }

    #[test]
    fn a_redirect_names_a_node() {
        let asked = at("asked", 1);
        for (text, address) in [
            ("10.0.0.1:7001", Some(at("10.0.0.1", 7001))),
            ("::1:7001", Some(at("::1", 7001))),
            (":7001", Some(at("asked", 7001))),
            ("?:7001", None),
            ("10.0.0.1:0", None),
            ("node.example:7001", Some(at("node.example", 7001))),
            ("10.0.0.1", None),
            ("10.0.0.1:x", None),
        ] {
            assert_eq!(Address::read(text, &asked), address, "{text}");
        }
    }
}
