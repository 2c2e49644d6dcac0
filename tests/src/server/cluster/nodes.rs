//! A cluster of somebody else's.

use redis::Value;

const SCHEME: &str = "redis-cluster://";

/// A cluster that somebody else has started, by its primaries.
#[derive(Debug)]
pub struct Nodes(pub(super) Vec<String>);

impl Nodes {
    /// What [`Cluster::url`](super::Cluster::url) names.
    #[must_use]
    pub fn of(url: &str) -> Self {
        let hosts = url.trim_start_matches(SCHEME).split(',');
        Self(hosts.map(str::to_owned).collect())
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{SCHEME}{}", self.0.join(","))
    }

    /// Runs one command on the owner of its key.
    ///
    /// # Panics
    /// When no node executes it.
    pub fn run(&self, command: &[&str]) {
        let (name, args) = command.split_first().expect("a command's name");
        let run = |host: &String| -> redis::RedisResult<Value> {
            let client = redis::Client::open(format!("redis://{host}"))?;
            redis::cmd(name)
                .arg(args)
                .query(&mut client.get_connection()?)
        };
        assert!(self.0.iter().any(|host| run(host).is_ok()), "{command:?}");
    }
}
