//! Loopback ports for servers.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which systems draw the ports of outgoing connections (32768 on Linux, 49152 on
/// macOS). Inside it a client that keeps dialling a stopped server may get the server's own port as its
/// source and connect to itself, or take the port away before the server is restarted.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A port on which nobody listens now. Somebody else may take it the next moment: retry with another one.
pub(crate) fn free() -> u16 {
    // Each process starts somewhere else, since test binaries run side by side.
    let seed = RandomState::new().hash_one(std::process::id());
    (0..COUNT)
        .map(|step| {
            let offset = (seed % u64::from(COUNT) + u64::from(step)) % u64::from(COUNT);
            FIRST + u16::try_from(offset).expect("less than COUNT")
        })
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
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
    fn a_taken_port_is_passed_over() {
        let port = free();
        let _holder = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert_ne!(free(), port);
    }
}
