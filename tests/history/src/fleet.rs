//! The worker processes: this program again, killed and paused as the faults say.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::referee::Referee;
use crate::worker::Assignment;

/// A worker that has been told to end does so within this, or hangs.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// One place among the processes, in which one worker after the other lives.
#[derive(Debug)]
pub(crate) struct Place {
    orders: mpsc::Sender<Order>,
    pid: Arc<AtomicU32>,
    keeper: JoinHandle<()>,
}

#[derive(Debug)]
enum Order {
    Kill(oneshot::Sender<()>),
    Pause(Duration, oneshot::Sender<()>),
    End,
}

impl Place {
    /// Starts the first worker. Later ones have `assignment` with the next incarnation.
    pub(crate) fn start(assignment: Assignment, referee: Referee) -> io::Result<Self> {
        let (orders, heard) = mpsc::channel(4);
        let pid = Arc::<AtomicU32>::default();
        let keeper = Keeper {
            child: spawn(&assignment)?,
            assignment,
            referee,
            pid: Arc::clone(&pid),
        };
        let keeper = tokio::spawn(keeper.keep(heard));
        Ok(Self {
            orders,
            pid,
            keeper,
        })
    }

    /// SIGKILL, and the next one starts.
    pub(crate) async fn kill(&self) {
        self.order(Order::Kill).await;
    }

    /// SIGSTOP, and SIGCONT after `lasting`.
    pub(crate) async fn pause(&self, lasting: Duration) {
        self.order(|done| Order::Pause(lasting, done)).await;
    }

    /// Waits until the worker, which has been told to, has ended.
    pub(crate) async fn end(self) {
        // Fails only if the keeper has given up, which it has reported.
        let _ = self.orders.send(Order::End).await;
        let _ = self.keeper.await;
    }

    /// The resident memory of the worker, where the system tells.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let pid = self.pid.load(Ordering::Relaxed);
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, carried_out) = oneshot::channel();
        if self.orders.send(order(done)).await.is_ok() {
            let _ = carried_out.await;
        }
    }
}

struct Keeper {
    child: Child,
    assignment: Assignment,
    referee: Referee,
    pid: Arc<AtomicU32>,
}

impl Keeper {
    async fn keep(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let pid = self.child.id().unwrap_or_default();
            self.pid.store(pid, Ordering::Relaxed);
            tokio::select! {
                status = self.child.wait() => {
                    self.judge(&status);
                    return;
                }
                order = orders.recv() => match order {
                    Some(Order::Kill(done)) => {
                        // Reaps it as well.
                        let _ = self.child.kill().await;
                        self.assignment.incarnation += 1;
                        match spawn(&self.assignment) {
                            Ok(child) => self.child = child,
                            Err(error) => {
                                self.referee.trouble(format!("no new worker: {error}"));
                                return;
                            }
                        }
                        let _ = done.send(());
                    }
                    Some(Order::Pause(lasting, done)) => {
                        pause(pid, lasting).await;
                        let _ = done.send(());
                    }
                    Some(Order::End) | None => {
                        self.see_off().await;
                        return;
                    }
                },
            }
        }
    }

    async fn see_off(&mut self) {
        match tokio::time::timeout(ENDS_WITHIN, self.child.wait()).await {
            Ok(status) => self.judge(&status),
            Err(_) => self.died("told to end, it hangs"),
        }
    }

    /// A worker ends well only if it was told to.
    fn judge(&self, status: &io::Result<ExitStatus>) {
        if !status.as_ref().is_ok_and(ExitStatus::success) {
            self.died(&format!("{status:?}"));
        }
    }

    fn died(&self, how: &str) {
        let Assignment {
            process,
            incarnation,
            ..
        } = self.assignment;
        self.referee
            .trouble(format!("P{process}.{incarnation} did not end well: {how}"));
    }
}

fn spawn(assignment: &Assignment) -> io::Result<Child> {
    let program: PathBuf = std::env::current_exe()?;
    Command::new(program)
        .args(assignment.to_args())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// One shell does both, so that nobody stays stopped if this process is killed in between.
async fn pause(pid: u32, lasting: Duration) {
    let (pid, seconds) = (pid.to_string(), format!("{:.3}", lasting.as_secs_f64()));
    let script = r#"kill -STOP "$1"; sleep "$2"; kill -CONT "$1""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "pause", &pid, &seconds]);
    // Without a shell nobody is paused; the summary counts faults, and this machine could not start servers either.
    let _ = shell.stdin(Stdio::null()).status().await;
}
