//! Whether it is there, and the right one.

use super::{Case, Wrong, wrong};
use crate::doctor::finding::Severity;
use crate::doctor::node::Node;
use crate::error::Error;
use crate::observe::Place;

pub(super) fn unreachable(error: &Error, case: &Case<'_>) -> Wrong {
    let fix = match case.place {
        Place::Cluster => {
            "start it, or have a replica take over: CLUSTER FAILOVER FORCE on the replica"
        }
        Place::Sentinel => "ask a sentinel: SENTINEL MASTERS",
        _ => "start the server there, or correct the URL",
    };
    let (severity, code) = (Severity::Critical, "unreachable");
    let sentence = format!("{error}: functions with its keys run uncached");
    wrong(code, severity, sentence, fix)
}

pub(super) fn replica(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    if !node.is_replica? {
        return None;
    }
    let link = match node.has_primary {
        Some(false) => "; nor is it connected to its primary",
        _ => "",
    };
    Some(wrong(
        "replica",
        Severity::Critical,
        format!(
            "it is a replica, which refuses writes: nothing is stored, and nothing can be invalidated{link}"
        ),
        "name the primary in the URL, or the sentinels: redis-sentinel://HOST/MASTER",
    ))
}

pub(super) fn one_node_of_a_cluster(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    if case.place != Place::Server || !node.server.as_ref()?.is_cluster {
        return None;
    }
    Some(wrong(
        "one_node_of_a_cluster",
        Severity::Critical,
        "it is a node of a cluster, and the URL names it as if it were alone: functions with keys of other nodes run uncached",
        format!(
            "begin the URL with redis-cluster:// in place of redis://, as in redis-cluster://{}",
            node.address
        ),
    ))
}

pub(super) fn slots_without_owner<'a>(
    mut nodes: impl Iterator<Item = &'a Node>,
    case: &Case<'_>,
) -> Option<Wrong> {
    if case.is_covered {
        return None;
    }
    Some(wrong(
        "slots_without_owner",
        Severity::Critical,
        "some of the cluster's hash slots have no owner: functions with keys there run uncached, or all functions, where \
         `cluster-require-full-coverage` is on",
        format!("redis-cli --cluster fix {}", nodes.next()?.address),
    ))
}

pub(super) fn saving_fails(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    node.saving_fails?.then(|| {
        wrong(
            "saving_fails",
            Severity::Critical,
            "its last attempt to write to disk failed, and a server that cannot save refuses to store anything",
            "CONFIG SET stop-writes-on-bgsave-error no\nif it has more than entries, look into its log first",
        )
    })
}

pub(super) fn no_replica(node: &Node, case: &Case<'_>) -> Option<Wrong> {
    if node.replicas? > 0 || node.is_replica == Some(true) {
        return None;
    }
    let address = &node.address;
    let fix = match case.place {
        Place::Sentinel => {
            let host_and_port = address.rsplit_once(':');
            let (host, port) = host_and_port.unwrap_or((address, "PORT"));
            format!("on another server: REPLICAOF {host} {port}")
        }
        Place::Cluster => {
            format!("redis-cli --cluster add-node NEW_HOST:PORT {address} --cluster-slave")
        }
        _ => return None,
    };
    let sentence = "no replica is connected to it, so nobody takes over when it fails";
    Some(wrong("no_replica", Severity::Warning, sentence, fix))
}
