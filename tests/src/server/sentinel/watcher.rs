//! One sentinel.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{FromRedisValue, RedisResult, Value};

use super::super::percent_encoded;
use super::super::process::{Failure, Process};
use crate::clock::eventually_blocking;
use crate::{ScratchDir, port};

const CONFIG: &str = "sentinel.conf";
const START_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A server in another mode, which keeps what it knows in its configuration.
#[derive(Debug)]
pub(super) struct Sentinel {
    // Before `dir`: the process must be gone when its directory is removed.
    process: Mutex<Option<Process>>,
    binary: OsString,
    port: u16,
    login: String,
    dir: ScratchDir,
}

impl Sentinel {
    pub(super) fn start(binary: &OsString, password: Option<&str>, config: &str) -> Self {
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

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether its process is there, stopped or not.
    pub(super) fn is_there(&self) -> bool {
        self.process().is_some()
    }

    pub(super) fn kill(&self) {
        self.process().take();
    }

    pub(super) fn stop(&self) {
        self.process().as_mut().expect("a running sentinel").stop();
    }

    pub(super) fn restart(&self) {
        match self.launch() {
            Ok(()) => {}
            Err(Failure::AddressTaken) => panic!("{} is taken", self.port),
            Err(Failure::Other(why)) => panic!("{why}"),
        }
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

    pub(super) fn fields<T: FromRedisValue>(&self, command: &[&str]) -> Option<T> {
        redis::from_redis_value(self.ask(command).ok()?).ok()
    }

    pub(super) fn ask(&self, command: &[&str]) -> RedisResult<Value> {
        let client = redis::Client::open(format!("redis://{}127.0.0.1:{}", self.login, self.port))?;
        let mut connection = client.get_connection_with_timeout(ANSWER_WITHIN)?;
        connection.set_read_timeout(Some(ANSWER_WITHIN))?;
        redis::cmd(command[0])
            .arg(&command[1..])
            .query(&mut connection)
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
