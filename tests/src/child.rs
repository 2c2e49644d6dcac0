//! A second process: the test's own executable, running one named part of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Names the role in the child's environment.
const ROLE_ENV: &str = "CACHED_REDIS_TEST_ROLE";
/// Tells a message from what the test framework prints.
const MARK: &str = "\u{1}say ";
const PATIENCE: Duration = Duration::from_secs(30);

/// The test's own executable as a second process, killed (SIGKILL) when this value is dropped.
///
/// It runs one test function, which asks [`Role::play`] what it is: in the ordinary run nothing, in the second
/// process the role. The two talk in lines.
///
/// ```
/// use cached_redis_tests::{ChildProcess, Role};
///
/// // #[test]
/// fn second_process() {
///     Role::play("greeter", |role| role.say(&format!("hello {}", role.hear())));
/// }
///
/// // #[test]
/// fn it_answers() {
///     let mut child = ChildProcess::spawn("second_process", "greeter", &[]);
///     child.tell("world");
///     assert_eq!(child.hear(), "hello world");
/// }
/// ```
#[derive(Debug)]
pub struct ChildProcess {
    process: Child,
    stdin: Option<ChildStdin>,
    said: Mutex<Receiver<String>>,
    role: String,
}

impl ChildProcess {
    /// Starts `test`, a test function of this executable by its full name, in another process as `role`.
    #[must_use]
    pub fn spawn(test: &str, role: &str, env: &[(&str, &str)]) -> Self {
        let executable = std::env::current_exe().expect("the path of this test");
        let mut process = Command::new(executable)
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(ROLE_ENV, role)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test a second time");
        let stdout = process.stdout.take().expect("piped above");
        let (sender, said) = mpsc::channel();
        // Ends with the child's output.
        std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            // The framework prints "test name ... " without a line's end in front of the first message.
            for line in lines {
                let message = line.split_once(MARK).map(|(_, message)| message.to_owned());
                if message.is_some_and(|message| sender.send(message).is_err()) {
                    break;
                }
            }
        });
        let stdin = process.stdin.take();
        Self {
            process,
            stdin,
            said: Mutex::new(said),
            role: role.to_owned(),
        }
    }

    /// The next line that the child [said](Role::say).
    ///
    /// # Panics
    /// When the child ends or is silent for 30 seconds.
    #[must_use]
    pub fn hear(&mut self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        match said.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("`{}` is silent", self.role),
            Err(RecvTimeoutError::Disconnected) => panic!("`{}` has ended", self.role),
        }
    }

    /// Sends the child a line, to be [heard](Role::hear) there.
    pub fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("open until `finish`");
        let told = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        told.unwrap_or_else(|error| panic!("`{}` does not listen: {error}", self.role));
    }

    /// Kills the child with SIGKILL and waits until it is gone.
    pub fn kill(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Waits until the child's role has returned.
    ///
    /// # Panics
    /// When it failed.
    pub fn finish(mut self) {
        let status = self.process.wait().expect("a child of ours");
        assert!(status.success(), "`{}` failed: {status}", self.role);
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The child's end of a [`ChildProcess`].
#[derive(Debug)]
pub struct Role {
    told: Receiver<String>,
}

impl Role {
    /// Runs `part` if this process was spawned for the role `name`, and does nothing otherwise.
    ///
    /// A process whose parent has died ends at once, whatever `part` is doing.
    pub fn play(name: &str, part: impl FnOnce(&Self)) {
        if std::env::var(ROLE_ENV).is_ok_and(|role| role == name) {
            part(&Self::listening());
        }
    }

    fn listening() -> Self {
        let (sender, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                // Nobody hears any more, but the end of the input still has to be noticed.
                let _ = sender.send(line);
            }
            std::process::exit(3);
        });
        Self { told }
    }

    /// Sends the parent a line.
    pub fn say(&self, line: &str) {
        let mut stdout = std::io::stdout().lock();
        let said = writeln!(stdout, "{MARK}{line}").and_then(|()| stdout.flush());
        said.expect("a parent that listens");
    }

    /// The next line from the parent.
    ///
    /// # Panics
    /// When none comes within 30 seconds.
    #[must_use]
    pub fn hear(&self) -> String {
        self.told
            .recv_timeout(PATIENCE)
            .expect("a line from the parent")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eventually_blocking;

    const ROLES: &str = "child::tests::second_process";

    #[test]
    fn second_process() {
        Role::play("echo", |role| {
            role.say(&format!("you said {}", role.hear()));
        });
        Role::play("talker", |role| {
            role.say(&std::env::var("TOPIC").unwrap());
            let _ = role.hear();
        });
        Role::play("failing", |_| panic!("as asked"));
    }

    #[test]
    fn the_two_talk_and_the_child_ends() {
        let mut child = ChildProcess::spawn(ROLES, "echo", &[]);
        child.tell("hello, world");
        assert_eq!(child.hear(), "you said hello, world");
        child.finish();
    }

    #[test]
    #[should_panic(expected = "`failing` failed")]
    fn a_failed_role_is_noticed() {
        ChildProcess::spawn(ROLES, "failing", &[]).finish();
    }

    #[test]
    #[should_panic(expected = "`talker` has ended")]
    fn a_killed_child_is_gone() {
        let mut child = ChildProcess::spawn(ROLES, "talker", &[("TOPIC", "the weather")]);
        assert_eq!(child.hear(), "the weather");
        child.kill();
        let _ = child.hear();
    }

    #[test]
    fn a_child_ends_when_its_parent_is_gone() {
        let mut child = ChildProcess::spawn(ROLES, "talker", &[("TOPIC", "parents")]);
        assert_eq!(child.hear(), "parents");
        child.stdin = None;
        let ended = || matches!(child.process.try_wait(), Ok(Some(_)));
        assert!(eventually_blocking(PATIENCE, ended));
    }
}
