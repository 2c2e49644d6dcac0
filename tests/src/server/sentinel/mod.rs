//! Sentinels that belong to one test, with the servers that they watch.

mod watcher;

use std::collections::BTreeMap;
use std::time::Duration;

use self::watcher::Sentinel;
use super::process::LOG;
use super::{Server, ServerBuilder, TlsServer, percent_encoded};
use crate::clock::eventually_blocking;
use crate::port;

const START_WITHIN: Duration = Duration::from_secs(20);
/// They agree that it is down, elect one of them and promote the replica: two to four seconds on an idle machine.
const FAILOVER_WITHIN: Duration = Duration::from_secs(60);

type Fields = BTreeMap<String, String>;

/// A primary, a replica of it, and the sentinels that put the one in the other's place.
#[derive(Debug)]
pub struct Sentinels {
    watchers: Vec<Sentinel>,
    /// The primary first, as long as nobody failed over.
    servers: [Server; 2],
    password: Option<String>,
}

/// What [`Sentinels`] are started with.
#[derive(Debug, Clone)]
pub struct SentinelsBuilder {
    server: ServerBuilder,
    count: usize,
    server_password: Option<String>,
    password: Option<String>,
}

impl SentinelsBuilder {
    /// How many. Defaults to one, which decides alone; with more, all but one must agree.
    #[must_use]
    pub fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// The servers' password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.server = self
            .server
            .password(password)
            .args(&["--masterauth", password]);
        self.server_password = Some(password.to_owned());
        self
    }

    /// The sentinels' own password.
    #[must_use]
    pub fn sentinel_password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// Starts everything, and waits until the sentinels know each other and the replica.
    ///
    /// # Panics
    /// When something does not start.
    #[must_use]
    pub fn start(self) -> Sentinels {
        let fast = [
            "--repl-diskless-sync",
            "yes",
            "--repl-diskless-sync-delay",
            "0",
        ];
        let server = self.server.clone().args(&fast);
        let primary = server.clone().start();
        let at = primary.port().expect("a port").to_string();
        let replica = server.args(&["--replicaof", "127.0.0.1", &at]).start();
        let linked = || {
            let link = replica.info("replication");
            link.get("master_link_status")
                .is_some_and(|link| link == "up")
        };
        assert!(
            eventually_blocking(START_WITHIN, linked),
            "the replica has no primary"
        );
        let config = self.config(&at);
        let password = self.password.as_deref();
        let start = |_| Sentinel::start(&self.server.binary, password, &config);
        let sentinels = Sentinels {
            watchers: (0..self.count).map(start).collect(),
            servers: [primary, replica],
            password: self.password.clone(),
        };
        sentinels.await_complete();
        sentinels
    }

    fn config(&self, primary: &str) -> String {
        let name = Sentinels::MASTER;
        let quorum = self.count.saturating_sub(1).max(1);
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            format!("logfile {LOG}"),
            format!("sentinel monitor {name} 127.0.0.1 {primary} {quorum}"),
            format!("sentinel down-after-milliseconds {name} 500"),
            format!("sentinel failover-timeout {name} 5000"),
        ];
        if let Some(password) = &self.server_password {
            lines.push(format!("sentinel auth-pass {name} {password}"));
        }
        if let Some(password) = &self.password {
            lines.push(format!("requirepass {password}"));
            lines.push(format!("sentinel sentinel-pass {password}"));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl Sentinels {
    /// The name under which they watch the primary.
    pub const MASTER: &str = "mymaster";

    /// One sentinel and two servers, with nothing special about them.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// For passwords and more sentinels.
    #[must_use]
    pub fn builder() -> SentinelsBuilder {
        SentinelsBuilder {
            server: Server::builder(),
            count: 1,
            server_password: None,
            password: None,
        }
    }

    /// Where clients ask, with the passwords of both.
    #[must_use]
    pub fn url(&self) -> String {
        let query = match &self.password {
            Some(password) => format!("?sentinel_password={}", percent_encoded(password)),
            None => String::new(),
        };
        format!("{}{query}", self.url_of(Self::MASTER))
    }

    /// [`url`](Self::url) for another name, without the sentinels' password.
    #[must_use]
    pub fn url_of(&self, master: &str) -> String {
        // What stands before the port is the servers' login and the address.
        let url = self.servers[0].url();
        let login = url.rsplit_once('@').map_or("", |(login, _)| login);
        let login = login.trim_start_matches("redis://");
        let at = if login.is_empty() { "" } else { "@" };
        let hosts = self.watchers.iter();
        let hosts = hosts.map(|sentinel| format!("127.0.0.1:{}", sentinel.port()));
        let hosts = hosts.collect::<Vec<_>>().join(",");
        format!("redis-sentinel://{login}{at}{hosts}/{master}")
    }

    /// The server that is the primary at the start.
    #[must_use]
    pub fn first(&self) -> &Server {
        &self.servers[0]
    }

    /// The server that is its replica at the start.
    #[must_use]
    pub fn second(&self) -> &Server {
        &self.servers[1]
    }

    /// Kills a sentinel.
    pub fn kill(&self, sentinel: usize) {
        self.watchers[sentinel].kill();
    }

    /// Stops a sentinel where it is: it accepts connections and answers nothing.
    pub fn stop(&self, sentinel: usize) {
        self.watchers[sentinel].stop();
    }

    /// Starts a killed sentinel again, with what it knew.
    pub fn restart(&self, sentinel: usize) {
        self.watchers[sentinel].restart();
    }

    /// Has a sentinel put the other server in the primary's place, which becomes its replica.
    ///
    /// # Panics
    /// When it will not.
    pub fn fail_over_by(&self, sentinel: usize) {
        let command = ["SENTINEL", "FAILOVER", Self::MASTER];
        let asked = || self.watchers[sentinel].ask(&command).is_ok();
        assert!(eventually_blocking(FAILOVER_WITHIN, asked), "it refuses");
    }

    /// Waits until every sentinel that runs names the second server as the primary, and it is.
    ///
    /// # Panics
    /// When that does not happen.
    pub fn await_second(&self) {
        let port = self.second().port().expect("a port").to_string();
        let is_primary = || {
            // It cuts its connections when it is promoted.
            let role = self.second().try_cli(&["ROLE"]);
            role.is_ok_and(|role| format!("{role:?}").contains("master"))
        };
        let named = |sentinel: &Sentinel| {
            let command = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER];
            let named: Option<(String, String)> = sentinel.fields(&command);
            named.is_some_and(|(_, named)| named == port)
        };
        let mut running = self.watchers.iter().filter(|one| one.is_there());
        let done = eventually_blocking(FAILOVER_WITHIN, || {
            is_primary() && running.clone().all(named)
        });
        assert!(done && running.next().is_some(), "there was no failover");
    }

    fn await_complete(&self) {
        let others = (self.watchers.len() - 1).to_string();
        let complete = |sentinel: &Sentinel| {
            let master: Option<Fields> = sentinel.fields(&["SENTINEL", "MASTER", Self::MASTER]);
            let knows = master.is_some_and(|master| {
                master["num-slaves"] == "1" && master["num-other-sentinels"] == others
            });
            let replicas: Option<Vec<Fields>> =
                sentinel.fields(&["SENTINEL", "REPLICAS", Self::MASTER]);
            // Anything more in its flags, and it could not be promoted.
            let sees = replicas.is_some_and(|all| all.iter().all(|one| one["flags"] == "slave"));
            knows && sees
        };
        let done = eventually_blocking(START_WITHIN, || self.watchers.iter().all(complete));
        assert!(done, "the sentinels do not know what they are to watch");
    }
}

/// A sentinel that is asked, and asks, by TLS only, and names the server's port with TLS.
#[derive(Debug)]
pub struct TlsSentinel {
    _sentinel: Sentinel,
    port: u16,
}

impl TlsSentinel {
    /// Starts one that watches this server.
    #[must_use]
    pub fn start(watched: &TlsServer) -> Self {
        let port = port::free();
        let config = format!(
            "tls-port {port}\n{}logfile {LOG}\nbind 127.0.0.1\nsentinel monitor {} 127.0.0.1 {} 1\n",
            watched.directives(),
            Sentinels::MASTER,
            watched.port()
        );
        Self {
            _sentinel: Sentinel::start(&watched.server().binary, None, &config),
            port,
        }
    }

    /// Where clients ask.
    #[must_use]
    pub fn url(&self) -> String {
        format!(
            "rediss-sentinel://localhost:{}/{}",
            self.port,
            Sentinels::MASTER
        )
    }
}
