//! Loopback ports for servers.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which systems draw the ports of outgoing connections (32768 on Linux, 49152 on
/// macOS). Inside it a client that keeps dialling a stopped server may get the server's own port as its
/// source and connect to itself, or take the port away before the server is restarted.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A cluster node listens to the others this far above its own port.
pub(crate) const BUS: u16 = 10_000;

/// A port on which nobody listens now. Somebody else may take it the next moment: retry with another one.
pub(crate) fn free() -> u16 {
    find(COUNT, is_free)
}

/// The same for a cluster node, whose bus port is free as well and in the same range.
pub(crate) fn free_with_bus() -> u16 {
    find(COUNT - BUS, |port| is_free(port) && is_free(port + BUS))
}

/// Keeps everybody else from a port, if it is free.
pub(crate) fn hold(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

fn is_free(port: u16) -> bool {
    hold(port).is_some()
}

fn find(count: u16, fits: impl Fn(u16) -> bool) -> u16 {
    // Each process starts somewhere else, since test binaries run side by side.
    let seed = RandomState::new().hash_one(std::process::id());
    (0..count)
        .map(|step| {
            let offset = (seed % u64::from(count) + u64::from(step)) % u64::from(count);
            FIRST + u16::try_from(offset).expect("less than `count`")
        })
        .find(|port| fits(*port))
        .expect("a free port on the loopback interface")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_outside_the_range_of_outgoing_connections() {
        for _ in 0..50 {
            let port = free();
            assert!((FIRST..FIRST + COUNT).contains(&port), "{port}");
        }
    }

    #[test]
    fn both_ports_of_a_cluster_node_are_free_and_in_the_range() {
        let port = free_with_bus();
        let _bus = TcpListener::bind((Ipv4Addr::LOCALHOST, port + BUS)).unwrap();
        assert!((FIRST..FIRST + COUNT).contains(&(port + BUS)), "{port}");
        assert!(!is_free(port + BUS));
        assert_ne!(free_with_bus(), port);
    }

    #[test]
    fn a_taken_port_is_passed_over() {
        let port = free();
        let _holder = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert_ne!(free(), port);
    }
}
