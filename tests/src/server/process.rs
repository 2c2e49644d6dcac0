//! The server's process: its start, its signals, and that it does not outlive the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::clock::eventually_blocking;

/// The server's log, in its directory.
pub(super) const LOG: &str = "redis.log";
const SIGNAL_WITHIN: Duration = Duration::from_secs(5);

/// Why a server did not start.
pub(super) enum Failure {
    AddressTaken,
    Other(String),
}

impl Failure {
    /// Reads the log of a server that is of no use.
    pub(super) fn from_log(dir: &Path) -> Self {
        let log = std::fs::read_to_string(dir.join(LOG)).unwrap_or_default();
        if log.contains("Address already in use") || log.contains("Failed listening on port") {
            return Self::AddressTaken;
        }
        Self::Other(format!("the server did not start; its log:\n{log}"))
    }
}

#[derive(Debug)]
pub(super) struct Process {
    server: Child,
    watchdog: Child,
    stopped: bool,
}

impl Process {
    /// Starts `command`, to be killed with this process; `dir` is removed then.
    pub(super) fn spawn(command: &mut Command, dir: &Path) -> Result<Self, Failure> {
        let mut server = command
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| {
                let binary = command.get_program().display();
                Failure::Other(format!(
                    "cannot run `{binary}`: {error}; scripts/test.sh installs it"
                ))
            })?;
        match watchdog(server.id(), dir) {
            Ok(watchdog) => Ok(Self {
                server,
                watchdog,
                stopped: false,
            }),
            Err(error) => {
                end(&mut server);
                Err(Failure::Other(format!("cannot run `sh`: {error}")))
            }
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.server.id()
    }

    pub(super) fn has_exited(&mut self) -> bool {
        matches!(self.server.try_wait(), Ok(Some(_)) | Err(_))
    }

    pub(super) fn stop(&mut self) {
        self.signal("STOP");
        self.await_state(|state| state == 'T');
        self.stopped = true;
    }

    pub(super) fn cont(&mut self) {
        self.signal("CONT");
        self.await_state(|state| state != 'T');
        self.stopped = false;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn signal(&self, name: &str) {
        // The shell's own `kill`: a program of that name is not on every machine.
        let command = format!("kill -{name} {}", self.pid());
        let sent = Command::new("sh").args(["-c", &command]).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "`{command}` failed"
        );
    }

    /// A signal is only queued when `kill` returns. Where /proc tells the state, wait until it took effect.
    fn await_state(&self, wanted: impl Fn(char) -> bool) {
        let path = format!("/proc/{}/stat", self.pid());
        let state = || {
            let stat = std::fs::read_to_string(&path).ok()?;
            stat.rsplit_once(") ")?.1.chars().next()
        };
        if state().is_some() {
            let done = eventually_blocking(SIGNAL_WITHIN, || state().is_some_and(&wanted));
            assert!(done, "the server did not take the signal");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: once the server is reaped its number may belong to somebody else.
        end(&mut self.watchdog);
        end(&mut self.server);
    }
}

fn end(child: &mut Child) {
    // Both fail only for a process that is already gone.
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends the server when this process dies without dropping it, even by SIGKILL: its pipe then closes.
fn watchdog(server: u32, dir: &Path) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", r#"read -r _; kill -9 "$1"; rm -rf "$2""#, "watchdog"])
        .arg(server.to_string())
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}
