//! What a cache knows about its server.

/// The server behind a cache, as it said about itself when it was connected to: see [`Cache::server`](crate::Cache::server).
///
/// Of a cluster it is what all primaries with a connection have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// What it calls itself, such as `redis` or `valkey`; `memory` for a store in this process. Empty for one that does not
    /// say, and where the nodes of a cluster say several things.
    pub kind: String,
    /// Its version, as it says it, of which nothing is made: Valkey reports that of Redis to some. Of a cluster on several
    /// versions each, separated by commas.
    pub version: String,
    /// The version of the protocol that is spoken with it: 3, or 2 where it has no RESP3 or the URL says so. 0 for a store in
    /// this process.
    pub protocol: u8,
    /// `master` or `replica`, as it says it.
    pub role: String,
    /// Whether it is a node of a cluster.
    pub is_cluster: bool,
    /// What it can do beyond what every server can that the cache works with.
    pub capabilities: Capabilities,
}

/// What only some servers can do, tried out on each connection and never told from a version. What the user of the URL
/// may not do is not there. Nothing fails for want of it: the cache goes another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "questions that have nothing to do with each other"
)]
pub struct Capabilities {
    /// `SET … NX GET`, which claims a key and reads it in one. Without, a script does.
    pub set_nx_get: bool,
    /// `SET … IFEQ`, which compares before it writes. Scripts do that everywhere.
    pub set_ifeq: bool,
    /// `CLIENT TRACKING … BCAST`, which tells of changes to other processes' keys.
    pub tracking_bcast: bool,
    /// `WAITAOF`, which waits until a write is on disk.
    pub waitaof: bool,
}

impl Capabilities {
    /// What both have.
    #[cfg(feature = "redis")]
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            set_nx_get: self.set_nx_get && other.set_nx_get,
            set_ifeq: self.set_ifeq && other.set_ifeq,
            tracking_bcast: self.tracking_bcast && other.tracking_bcast,
            waitaof: self.waitaof && other.waitaof,
        }
    }
}

impl ServerInfo {
    /// What several nodes of one cluster have in common. `None` of nobody.
    #[cfg(feature = "redis")]
    pub(crate) fn common(nodes: impl IntoIterator<Item = Self>) -> Option<Self> {
        nodes.into_iter().reduce(|all, one| {
            let mut versions: Vec<_> = all.version.split(", ").collect();
            if !versions.contains(&one.version.as_str()) {
                versions.push(&one.version);
                versions.sort_unstable();
            }
            let same = |a: String, b: String| if a == b { a } else { String::new() };
            Self {
                version: versions.join(", "),
                kind: same(all.kind, one.kind),
                protocol: all.protocol.min(one.protocol),
                role: same(all.role, one.role),
                is_cluster: all.is_cluster && one.is_cluster,
                capabilities: all.capabilities.and(one.capabilities),
            }
        })
    }
}

#[cfg(all(test, feature = "redis"))]
mod tests {
    use super::*;

    fn node(version: &str, set_nx_get: bool) -> ServerInfo {
        ServerInfo {
            kind: "redis".to_owned(),
            version: version.to_owned(),
            protocol: 3,
            role: "master".to_owned(),
            is_cluster: true,
            capabilities: Capabilities {
                set_nx_get,
                tracking_bcast: true,
                ..Capabilities::default()
            },
        }
    }

    #[test]
    fn nodes_have_in_common_what_all_can_do() {
        assert_eq!(ServerInfo::common([]), None);
        let one = node("7.0.15", true);
        assert_eq!(ServerInfo::common([one.clone(), one.clone()]), Some(one));
        let nodes = [
            node("7.0.15", true),
            node("6.2.14", false),
            node("7.0.15", true),
        ];
        assert_eq!(
            ServerInfo::common(nodes),
            Some(node("6.2.14, 7.0.15", false))
        );
        let mut other = node("9.1.2", true);
        "valkey".clone_into(&mut other.kind);
        let both = ServerInfo::common([node("9.1.2", true), other]);
        assert_eq!(both.map(|both| both.kind), Some(String::new()));
    }
}
