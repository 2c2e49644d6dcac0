//! A real server that belongs to one test.

mod cluster;
mod inspect;
mod postgres;
mod process;
mod sentinel;
mod tls;

pub use self::cluster::{Cluster, ClusterBuilder, Nodes};
pub use self::postgres::Postgres;
pub use self::sentinel::{Sentinels, SentinelsBuilder, TlsSentinel};
pub use self::tls::{Authority, Pair, TlsServer};

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use self::process::{Failure, Process};
use crate::clock::eventually_blocking;
use crate::{ScratchDir, port};

/// Names the server to run, for the matrix of server versions. Default: `redis-server` in `PATH`.
const BINARY_ENV: &str = "CACHED_REDIS_SERVER";
/// A loaded machine may take long to start a process; a server that is not up by then never will be.
const START_WITHIN: Duration = Duration::from_secs(20);
/// Protects the default user where the test's client is to log in as somebody else.
const ADMIN_PASSWORD: &str = "harness";

/// A `redis-server` (or Valkey) of one's own: on a free loopback port or a unix socket, without
/// persistence, killed when this value is dropped and also when the test's process dies.
///
/// Every method blocks for as long as the server takes, which is about a millisecond.
#[derive(Debug)]
pub struct Server {
    // Before `dir`: the server must be gone when its directory is removed.
    process: Mutex<Option<Process>>,
    binary: OsString,
    args: Vec<String>,
    address: Address,
    auth: Auth,
    dir: ScratchDir,
}

#[derive(Debug, Clone)]
enum Address {
    Tcp(u16),
    Unix(String),
}

#[derive(Debug, Clone)]
enum Auth {
    Open,
    Password(String),
    User {
        name: String,
        password: String,
        rules: Vec<String>,
    },
}

/// What a [`Server`] is started with.
#[derive(Debug, Clone)]
pub struct ServerBuilder {
    binary: OsString,
    args: Vec<String>,
    auth: Auth,
    unix_socket: bool,
}

impl ServerBuilder {
    /// The program to run, instead of `$CACHED_REDIS_SERVER` or `redis-server`.
    #[must_use]
    pub fn binary(mut self, program: impl Into<OsString>) -> Self {
        self.binary = program.into();
        self
    }

    /// More arguments for the command line, such as `["--maxmemory", "1mb"]`.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    /// Clients must log in with this password; [`Server::url`] contains it.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.auth = Auth::Password(password.to_owned());
        self
    }

    /// Clients are to log in as this ACL user; [`Server::url`] does. `rules` is what `ACL SETUSER` takes, such
    /// as `"~app:* +@all"`. The default user is closed to them.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str, rules: &str) -> Self {
        self.auth = Auth::User {
            name: name.to_owned(),
            password: password.to_owned(),
            rules: rules.split_whitespace().map(str::to_owned).collect(),
        };
        self
    }

    /// Listens on a unix socket and on no port.
    #[must_use]
    pub fn unix_socket(mut self) -> Self {
        self.unix_socket = true;
        self
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    /// When it cannot be started; the message holds the server's own log.
    #[must_use]
    pub fn start(self) -> Server {
        // Another process may take the port between our look and the server's bind.
        for _ in 0..20 {
            let server = self.prepare(port::free);
            match server.launch() {
                Ok(()) => return server,
                Err(Failure::AddressTaken) => {}
                Err(Failure::Other(why)) => panic!("{why}"),
            }
        }
        panic!("no free port could be used")
    }

    /// A server that is not running yet.
    fn prepare(&self, port: impl FnOnce() -> u16) -> Server {
        let dir = ScratchDir::new("cr-redis");
        let address = if self.unix_socket {
            Address::Unix(dir.path().join("sock").display().to_string())
        } else {
            Address::Tcp(port())
        };
        Server {
            process: Mutex::new(None),
            binary: self.binary.clone(),
            args: self.args.clone(),
            address,
            auth: self.auth.clone(),
            dir,
        }
    }
}

impl Server {
    /// Starts a server with nothing special about it.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Starts a server with more arguments on its command line.
    #[must_use]
    pub fn start_with(args: &[&str]) -> Self {
        Self::builder().args(args).start()
    }

    /// For passwords, users and sockets.
    #[must_use]
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            binary: std::env::var_os(BINARY_ENV).unwrap_or_else(|| "redis-server".into()),
            args: Vec::new(),
            auth: Auth::Open,
            unix_socket: false,
        }
    }

    /// Where clients connect, with the user and password they are to use.
    #[must_use]
    pub fn url(&self) -> String {
        match &self.auth {
            Auth::Open => self.url_as("", ""),
            Auth::Password(password) => self.url_as("", password),
            Auth::User { name, password, .. } => self.url_as(name, password),
        }
    }

    /// Where clients connect, with a user and password of the caller's choice. Empty means none.
    #[must_use]
    pub fn url_as(&self, user: &str, password: &str) -> String {
        let (user, password) = (percent_encoded(user), percent_encoded(password));
        match &self.address {
            Address::Tcp(port) if user.is_empty() && password.is_empty() => {
                format!("redis://127.0.0.1:{port}")
            }
            Address::Tcp(port) => format!("redis://{user}:{password}@127.0.0.1:{port}"),
            Address::Unix(path) => {
                let mut url = format!("redis+unix://{path}");
                let mut separator = '?';
                for (name, value) in [("user", user), ("pass", password)] {
                    if !value.is_empty() {
                        url.extend([&separator.to_string(), name, "=", &value]);
                        separator = '&';
                    }
                }
                url
            }
        }
    }

    /// The port, when it listens on one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self.address {
            Address::Tcp(port) => Some(port),
            Address::Unix(_) => None,
        }
    }

    /// Kills the server as a crash would (SIGKILL) and waits until it is gone. Its address stays reserved for
    /// [`restart`](Self::restart).
    pub fn kill(&self) {
        self.process().take();
    }

    /// Stops the server where it is (SIGSTOP): connections stay open and nothing answers.
    pub fn stop(&self) {
        self.process()
            .as_mut()
            .expect("a running server to stop")
            .stop();
    }

    /// Lets a stopped server go on.
    pub fn cont(&self) {
        self.process()
            .as_mut()
            .expect("a stopped server to continue")
            .cont();
    }

    /// Starts the server again at the same address, empty. Kills it before, if it still runs.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&self) {
        self.kill();
        // Somebody may be trying the port at this moment.
        for _ in 0..50 {
            match self.launch() {
                Ok(()) => return,
                Err(Failure::AddressTaken) => std::thread::yield_now(),
                Err(Failure::Other(why)) => panic!("{why}"),
            }
        }
        panic!("{:?} is taken", self.address)
    }

    /// The operating system's number of the server's process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process().as_ref().map(Process::pid)
    }

    /// Whether its process is there and has not been stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let process = self.process();
        process.as_ref().is_some_and(|one| !one.is_stopped())
    }

    fn process(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn launch(&self) -> Result<(), Failure> {
        let mut command = Command::new(&self.binary);
        command.args(self.command_line()).stderr(Stdio::null());
        let mut process = Process::spawn(&mut command, self.dir.path())?;
        let pid = process.pid();
        // Asking for the process id also makes sure that it is our server that answers there.
        let answered = eventually_blocking(START_WITHIN, || {
            process.has_exited() || self.answering_pid() == Some(pid)
        });
        if process.has_exited() || !answered {
            return Err(Failure::from_log(self.dir.path()));
        }
        *self.process() = Some(process);
        Ok(())
    }

    fn command_line(&self) -> Vec<String> {
        let mut line = [
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
            "--dir",
        ]
        .map(str::to_owned)
        .to_vec();
        line.push(self.dir.path().display().to_string());
        line.extend(["--logfile".to_owned(), process::LOG.to_owned()]);
        match &self.address {
            Address::Tcp(port) => {
                line.extend(
                    ["--bind", "127.0.0.1", "--port", &port.to_string()].map(str::to_owned),
                );
            }
            Address::Unix(path) => {
                line.extend(["--port", "0", "--unixsocket", path].map(str::to_owned));
            }
        }
        match &self.auth {
            Auth::Open => {}
            Auth::Password(password) => line.extend(["--requirepass".into(), password.clone()]),
            Auth::User {
                name,
                password,
                rules,
            } => {
                line.extend(
                    ["--requirepass", ADMIN_PASSWORD, "--user", name, "on"].map(str::to_owned),
                );
                line.push(format!(">{password}"));
                line.extend(rules.iter().cloned());
            }
        }
        line.extend(self.args.iter().cloned());
        line
    }

    /// The harness's own login, which may do everything.
    fn admin_url(&self) -> String {
        match &self.auth {
            Auth::Open => self.url_as("", ""),
            Auth::Password(password) => self.url_as("", password),
            Auth::User { .. } => self.url_as("default", ADMIN_PASSWORD),
        }
    }
}

fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
