//! Sentinels that belong to one test, with the servers that they watch.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::{FromRedisValue, RedisResult, Value};

use super::process::{Failure, LOG, Process};
use super::{Server, ServerBuilder, TlsServer, percent_encoded};
use crate::clock::eventually_blocking;
use crate::{ScratchDir, port};

const CONFIG: &str = "sentinel.conf";
const START_WITHIN: Duration = Duration::from_secs(20);
/// They agree that it is down, elect one of them and promote the replica: two to four seconds on an idle machine.
const FAILOVER_WITHIN: Duration = Duration::from_secs(60);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

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

/// One of them: a server in another mode, which keeps what it knows in its configuration.
#[derive(Debug)]
struct Sentinel {
    // Before `dir`: the process must be gone when its directory is removed.
    process: Mutex<Option<Process>>,
    binary: OsString,
    port: u16,
    login: String,
    dir: ScratchDir,
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
        let hosts = hosts.map(|sentinel| format!("127.0.0.1:{}", sentinel.port));
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
        self.watchers[sentinel].process().take();
    }

    /// Stops a sentinel where it is: it accepts connections and answers nothing.
    pub fn stop(&self, sentinel: usize) {
        let mut process = self.watchers[sentinel].process();
        process.as_mut().expect("a running sentinel").stop();
    }

    /// Starts a killed sentinel again, with what it knew.
    pub fn restart(&self, sentinel: usize) {
        let sentinel = &self.watchers[sentinel];
        match sentinel.launch() {
            Ok(()) => {}
            Err(Failure::AddressTaken) => panic!("{} is taken", sentinel.port),
            Err(Failure::Other(why)) => panic!("{why}"),
        }
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
        let mut running = self.watchers.iter().filter(|one| one.process().is_some());
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

impl Sentinel {
    fn start(binary: &OsString, password: Option<&str>, config: &str) -> Self {
        let login = password.map_or_else(String::new, |password| {
            format!(":{}@", percent_encoded(password))
        });
        for _ in 0..20 {
            let sentinel = Self {
                process: Mutex::new(None),
                binary: binary.clone(),
                port: port::free(),
                login: login.clone(),
                dir: ScratchDir::new("cr-sentinel"),
            };
            let dir = sentinel.dir.path();
            let own = format!("port {}\ndir {}\n", sentinel.port, dir.display());
            std::fs::write(dir.join(CONFIG), own + config).expect("a file in its own directory");
            match sentinel.launch() {
                Ok(()) => return sentinel,
                Err(Failure::AddressTaken) => {}
                Err(Failure::Other(why)) => panic!("{why}"),
            }
        }
        panic!("no free port could be used")
    }

    fn launch(&self) -> Result<(), Failure> {
        let mut command = Command::new(&self.binary);
        command.args([CONFIG, "--sentinel"]).stderr(Stdio::null());
        let mut process = Process::spawn(&mut command, self.dir.path())?;
        let answers = || self.ask(&["PING"]).is_ok();
        let answered = eventually_blocking(START_WITHIN, || process.has_exited() || answers());
        if process.has_exited() || !answered {
            return Err(Failure::from_log(self.dir.path()));
        }
        *self.process() = Some(process);
        Ok(())
    }

    fn fields<T: FromRedisValue>(&self, command: &[&str]) -> Option<T> {
        redis::from_redis_value(self.ask(command).ok()?).ok()
    }

    fn ask(&self, command: &[&str]) -> RedisResult<Value> {
        let client = redis::Client::open(format!("redis://{}127.0.0.1:{}", self.login, self.port))?;
        let mut connection = client.get_connection_with_timeout(ANSWER_WITHIN)?;
        connection.set_read_timeout(Some(ANSWER_WITHIN))?;
        redis::cmd(command[0])
            .arg(&command[1..])
            .query(&mut connection)
    }

    fn process(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
