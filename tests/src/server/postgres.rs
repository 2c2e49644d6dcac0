//! A PostgreSQL server that belongs to one test, where PostgreSQL is installed.

use std::fs::{File, Metadata};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::process::{Failure, Process};
use crate::clock::eventually_blocking;
use crate::{ScratchDir, port};

/// Names the directory of `initdb` and `postgres`. Default: wherever the system's packages put them.
const DIRECTORY_ENV: &str = "CACHED_REDIS_POSTGRES";
const START_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// What it says on the loopback interface once it answers queries.
const READY: &str = "database system is ready to accept connections";

/// A server of one's own on a free loopback port, killed when this value is dropped and also when the test's process
/// dies. Anybody may log in as `postgres`.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    // After `process`: the server must be gone when its directory is removed.
    _dir: ScratchDir,
}

impl Postgres {
    /// Starts a server with nothing special about it. `None` where PostgreSQL is not installed, after a line that says
    /// so; `scripts/test.sh` installs it where it can.
    ///
    /// # Panics
    /// When it is installed and does not start; the message holds the server's own log.
    #[must_use]
    pub fn start() -> Option<Self> {
        let Some(binaries) = directory() else {
            eprintln!(
                "SKIPPED: PostgreSQL is not installed (`initdb` is not in PATH, under /usr/lib/postgresql or in \
                 ${DIRECTORY_ENV})"
            );
            return None;
        };
        let dir = ScratchDir::new("cr-postgres");
        let server = Account::of(dir.path());
        server.own(dir.path());
        let mut initdb = server.command(&binaries.join("initdb"));
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        initdb.args(["--no-locale", "--no-sync", "--pgdata=data"]);
        let made = initdb.current_dir(dir.path()).output();
        let made = made.expect("initdb can be run");
        let why = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "initdb failed: {why}");
        // Another process may take the port between our look and the server's bind.
        for _ in 0..20 {
            let port = port::free();
            match launch(&server, &binaries, dir.path(), port) {
                Ok(process) => {
                    return Some(Self {
                        process,
                        port,
                        _dir: dir,
                    });
                }
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("the server did not start; its log:\n{log}"),
            }
        }
        panic!("no free port could be used")
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its "immediate shutdown": a killed server would leave a segment of shared memory behind.
        self.process.signal("QUIT");
        let process = &mut self.process;
        let _ = eventually_blocking(STOP_WITHIN, || process.has_exited());
    }
}

fn launch(server: &Account, binaries: &Path, dir: &Path, port: u16) -> Result<Process, String> {
    let log = dir.join("postgres.log");
    let file = File::create(&log).expect("a file in its own directory");
    let mut command = server.command(&binaries.join("postgres"));
    command.args(["-D", "data", "-h", "127.0.0.1", "-p", &port.to_string()]);
    // No unix socket, and no waiting for the disk: the data does not outlive the test.
    command.args(["-k", "", "-F"]).stderr(file);
    let mut process = match Process::spawn(&mut command, dir) {
        Ok(process) => process,
        Err(Failure::Other(why)) => return Err(why),
        Err(Failure::AddressTaken) => unreachable!("it is told by the log"),
    };
    let said = |what: &str| std::fs::read_to_string(&log).is_ok_and(|log| log.contains(what));
    let ready = eventually_blocking(START_WITHIN, || process.has_exited() || said(READY));
    if process.has_exited() || !ready {
        return Err(std::fs::read_to_string(&log).unwrap_or_default());
    }
    Ok(process)
}

/// Where `initdb` and `postgres` are; distributions keep them out of `PATH`.
fn directory() -> Option<PathBuf> {
    let complete = |dir: &PathBuf| dir.join("initdb").is_file() && dir.join("postgres").is_file();
    if let Some(named) = std::env::var_os(DIRECTORY_ENV) {
        return Some(PathBuf::from(named)).filter(complete);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let packaged = std::fs::read_dir("/usr/lib/postgresql").ok();
    let packaged = packaged.into_iter().flatten().flatten();
    let packaged = packaged.map(|version| version.path().join("bin"));
    std::env::split_paths(&path).chain(packaged).find(complete)
}

/// Who runs the server: it refuses to be run by root, as which tests run in a container.
struct Account(Option<(u32, u32)>);

impl Account {
    /// Root, to judge by who owns what this process creates?
    fn of(created: &Path) -> Self {
        let owner = std::fs::metadata(created).map(|metadata| Metadata::uid(&metadata));
        if owner.is_ok_and(|uid| uid != 0) {
            return Self(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let of = |name: &str| {
            let line = users.lines().find_map(|line| line.strip_prefix(name))?;
            let mut fields = line.strip_prefix(':')?.split(':').skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        Self(of("postgres").or_else(|| of("nobody")))
    }

    fn own(&self, dir: &Path) {
        if let Self(Some((user, group))) = self {
            chown(dir, Some(*user), Some(*group)).expect("root may give away what it made");
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Self(Some((user, group))) = self {
            command.uid(*user).gid(*group);
        }
        command.env_remove("PGDATA").stdin(Stdio::null());
        command
    }
}
