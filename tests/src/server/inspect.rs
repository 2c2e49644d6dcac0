//! Looking inside a server, past the cache under test.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::{Connection, RedisResult, Value};

use super::Server;

/// Commands that set a connection up, and the harness's own. Names without their subcommand.
const HOUSEKEEPING: [&str; 10] = [
    "acl", "auth", "client", "command", "config", "echo", "hello", "info", "ping", "select",
];
/// A stopped server must fail the test instead of hanging it.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

impl Server {
    /// A plain, blocking connection of the client library with every right.
    ///
    /// # Errors
    /// When the server does not accept it.
    pub fn connection(&self) -> RedisResult<Connection> {
        let client = redis::Client::open(self.admin_url())?;
        let connection = client.get_connection_with_timeout(ANSWER_WITHIN)?;
        connection.set_read_timeout(Some(ANSWER_WITHIN))?;
        connection.set_write_timeout(Some(ANSWER_WITHIN))?;
        Ok(connection)
    }

    /// Runs one command, as `redis-cli` would.
    ///
    /// # Errors
    /// The server's answer, when that is an error, or the connection's failure.
    pub fn try_cli(&self, command: &[&str]) -> RedisResult<Value> {
        let (name, args) = command.split_first().expect("a command's name");
        redis::cmd(name).arg(args).query(&mut self.connection()?)
    }

    /// [`try_cli`](Self::try_cli) for commands that cannot fail.
    ///
    /// # Panics
    /// On an error.
    #[must_use = "an answer that nobody looks at proves nothing; else use `run`"]
    pub fn cli(&self, command: &[&str]) -> Value {
        self.try_cli(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// [`cli`](Self::cli) for what it does, not for what it answers.
    pub fn run(&self, command: &[&str]) {
        let _ = self.cli(command);
    }

    /// The bytes stored at `key`, if it is a string.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        match self.cli(&["GET", key]) {
            Value::BulkString(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Stores bytes at `key`, without a TTL.
    pub fn set(&self, key: &str, bytes: &[u8]) {
        let mut connection = self.connection().expect("a connection");
        let stored: RedisResult<()> = redis::cmd("SET").arg(key).arg(bytes).query(&mut connection);
        stored.unwrap_or_else(|error| panic!("SET {key}: {error}"));
    }

    /// Every key there is, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> =
            redis::from_redis_value(self.cli(&["KEYS", "*"])).expect("keys that are text");
        keys.sort();
        keys
    }

    /// How long `key` still lives; `None` if it is missing or lives for ever.
    #[must_use]
    pub fn ttl(&self, key: &str) -> Option<Duration> {
        match self.cli(&["PTTL", key]) {
            Value::Int(left) => u64::try_from(left).ok().map(Duration::from_millis),
            _ => None,
        }
    }

    /// One section of `INFO` as names and values.
    #[must_use]
    pub fn info(&self, section: &str) -> BTreeMap<String, String> {
        fields(&text(self.cli(&["INFO", section])))
    }

    /// How often each command was called since the last reset, the harness's own among them. Subcommands read
    /// `config|resetstat` from Redis 7 on and `config` before.
    #[must_use]
    pub fn commandstats(&self) -> BTreeMap<String, u64> {
        self.info("commandstats")
            .iter()
            .filter_map(|(name, stats)| calls(name, stats))
            .collect()
    }

    /// [`commandstats`](Self::commandstats) without what sets a connection up and without the harness's own
    /// questions: what the callers' work cost.
    #[must_use]
    pub fn data_commands(&self) -> BTreeMap<String, u64> {
        let mut all = self.commandstats();
        all.retain(|name, _| {
            let command = name.split('|').next().unwrap_or(name);
            !HOUSEKEEPING.contains(&command)
        });
        all
    }

    /// Sets all counters to zero.
    pub fn reset_commandstats(&self) {
        self.run(&["CONFIG", "RESETSTAT"]);
    }

    /// The process that answers at our address. `None` while none does.
    pub(super) fn answering_pid(&self) -> Option<u32> {
        let info = self.try_cli(&["INFO", "server"]).ok()?;
        fields(&text(info)).get("process_id")?.parse().ok()
    }
}

fn text(info: Value) -> String {
    redis::from_redis_value(info).expect("INFO answers with text")
}

fn fields(info: &str) -> BTreeMap<String, String> {
    info.lines()
        .filter_map(|line| line.trim_end().split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// `cmdstat_get` and `calls=3,usec=…` as `("get", 3)`.
fn calls(name: &str, stats: &str) -> Option<(String, u64)> {
    let calls = stats
        .strip_prefix("calls=")?
        .split(',')
        .next()?
        .parse()
        .ok()?;
    Some((name.strip_prefix("cmdstat_")?.to_owned(), calls))
}
