//! Between this process and the server.

use super::{Case, Wrong, wrong};
use crate::doctor::finding::Severity;
use crate::doctor::node::Node;
use crate::doctor::text::{Time, percent};

/// In percent of `maxclients`.
const MANY: u64 = 80;
const TOO_MANY: u64 = 95;
/// A load sends a look, a claim, its tags and a fill, and they have one deadline together.
const ROUND_TRIPS: u32 = 4;

pub(super) fn clients_near_limit(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    let (clients, most) = (node.clients?, node.max_clients?);
    let severity = match percent(clients, most)? {
        TOO_MANY.. => Severity::Critical,
        MANY.. => Severity::Warning,
        _ => return None,
    };
    Some(wrong(
        "clients_near_limit",
        severity,
        format!(
            "{clients} of {most} clients are connected; beyond that connections are refused, and those processes run uncached"
        ),
        format!(
            "CONFIG SET maxclients {}\nor find in CLIENT LIST who does not share a connection",
            most.saturating_mul(2)
        ),
    ))
}

pub(super) fn idle_timeout(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    let seconds = node.idle_timeout.filter(|seconds| *seconds > 0)?;
    Some(wrong(
        "idle_timeout",
        Severity::Note,
        format!(
            "it disconnects clients that say nothing for {seconds} s: a quiet process runs uncached until it is connected again"
        ),
        "CONFIG SET timeout 0",
    ))
}

pub(super) fn no_keepalive(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    if node.keepalive? > 0 {
        return None;
    }
    Some(wrong(
        "no_keepalive",
        Severity::Note,
        "`tcp-keepalive` is 0: clients whose machine is gone stay connected and count as clients",
        "CONFIG SET tcp-keepalive 300",
    ))
}

pub(super) fn protocol_2(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    if node.server.as_ref()?.protocol != 2 {
        return None;
    }
    Some(wrong(
        "protocol_2",
        Severity::Note,
        "it is spoken to in RESP2, in which a server cannot tell this process of changes",
        "leave `?protocol=resp2` out of the URL; if it is not there, a proxy in between has no RESP3",
    ))
}

pub(super) fn no_tracking(node: &Node, _: &Case<'_>) -> Option<Wrong> {
    let server = node.server.as_ref()?;
    // In RESP2 that is what there is to say.
    if server.capabilities.tracking_bcast || server.protocol == 2 {
        return None;
    }
    Some(wrong(
        "no_tracking",
        Severity::Note,
        "`CLIENT TRACKING` with `BCAST` is not there, or not allowed: copies of entries in the process could not be kept up to date",
        "give the user the right `+client|tracking`; if it has it, the server does not offer this",
    ))
}

pub(super) fn slow(node: &Node, is_silent: bool, case: &Case<'_>) -> Option<Wrong> {
    let deadline = Time(case.deadline);
    let sentence = match (is_silent, node.latency) {
        (true, _) => {
            format!("a `GET` was not answered within {deadline}, the deadline of a call")
        }
        (_, Some(latency)) if latency.median * ROUND_TRIPS >= case.deadline => format!(
            "a `GET` takes {}, and a load needs up to {ROUND_TRIPS} round trips within {deadline}, the deadline of a call: entries are \
             not stored in time, or calls give up",
            Time(latency.median)
        ),
        _ => return None,
    };
    Some(wrong(
        "slow",
        Severity::Warning,
        sentence,
        "a server nearer to this process; SLOWLOG GET shows commands that hold it up; or a longer `deadline` on the builder",
    ))
}
