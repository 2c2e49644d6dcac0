//! A worker: one process with several tasks that read and write through one cache.

mod awake;
mod functions;
mod link;
mod naive;
mod owed;
mod panics;
mod reader;
mod subject;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use self::awake::Awake;
use self::link::Link;
use self::owed::Owed;
use self::subject::Subject;
use crate::frame::Phase;
use crate::random::Random;

/// What a worker is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Where the referee listens.
    pub(crate) socket: PathBuf,
    /// Where this process finds the server: its own proxy.
    pub(crate) url: String,
    pub(crate) process: u64,
    pub(crate) incarnation: u64,
    pub(crate) seed: u64,
    pub(crate) readers: u64,
    pub(crate) writers: u64,
    pub(crate) keys: u32,
    /// All writes have `before`.
    pub(crate) guarded: bool,
    /// Deletions wait for a replica.
    pub(crate) wait: bool,
    pub(crate) naive: bool,
}

/// The first argument of a worker.
pub(crate) const ROLE: &str = "worker";

impl Assignment {
    pub(crate) fn to_args(&self) -> Vec<String> {
        let mut args = vec![ROLE.to_owned()];
        args.extend([self.socket.display().to_string(), self.url.clone()]);
        let (guarded, naive) = (self.guarded.into(), self.naive.into());
        let (keys, seed) = (self.keys.into(), self.seed);
        let numbers = [
            self.process,
            self.incarnation,
            seed,
            self.readers,
            self.writers,
            keys,
            guarded,
            self.wait.into(),
            naive,
        ];
        args.extend(numbers.map(|number| number.to_string()));
        args
    }

    /// What follows the role on the command line.
    pub(crate) fn from_args(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let socket = args.next()?.into();
        let url = args.next()?;
        let mut number = || args.next()?.parse::<u64>().ok();
        Some(Self {
            socket,
            url,
            process: number()?,
            incarnation: number()?,
            seed: number()?,
            readers: number()?,
            writers: number()?,
            keys: u32::try_from(number()?).ok()?,
            guarded: number()? != 0,
            wait: number()? != 0,
            naive: number()? != 0,
        })
    }
}

/// What all tasks of a worker share.
struct Worker {
    link: Arc<Link>,
    subject: Subject,
    awake: Awake,
    owed: Owed,
    keys: u32,
    guarded: bool,
    wait: bool,
}

/// How long leases and guards live.
pub(crate) const LEASE: Duration = Duration::from_millis(200);

/// Works until the referee says that it is over, or is gone.
pub(crate) async fn work(assignment: Assignment) -> ! {
    panics::die_of_others();
    let link = Arc::new(Link::to(&assignment).await);
    let worker = Arc::new(Worker {
        subject: Subject::connect(&assignment).await,
        awake: Awake::start(),
        owed: Owed::default(),
        keys: assignment.keys,
        guarded: assignment.guarded,
        wait: assignment.wait,
        link,
    });
    let mut tasks = JoinSet::new();
    let random = |task| {
        let place = [4, assignment.process, assignment.incarnation, task];
        Random::of(assignment.seed, &place)
    };
    for task in 0..assignment.readers {
        tasks.spawn(reader::run(Arc::clone(&worker), random(task)));
    }
    for task in 0..assignment.writers {
        tasks.spawn(writer::run(Arc::clone(&worker), random(1000 + task)));
    }
    tasks.spawn(owed::settle(Arc::clone(&worker)));
    beat(&worker).await;
    tasks.join_all().await;
    // While the link is still there: its end would pass for the referee's.
    std::process::exit(0)
}

impl Worker {
    fn phase(&self) -> Phase {
        self.link.phase()
    }
}

/// Tells the referee how things are, and learns where the run is.
async fn beat(worker: &Worker) {
    while worker.phase() < Phase::End {
        worker.link.beat(worker.subject.beat()).await;
        cached_redis_tests::pause(Duration::from_millis(100)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_goes_over_the_command_line() {
        let assignment = Assignment {
            socket: "/tmp/socket".into(),
            url: "redis://127.0.0.1:1".to_owned(),
            process: 1,
            incarnation: 2,
            seed: 3,
            readers: 4,
            writers: 5,
            keys: 6,
            guarded: false,
            wait: true,
            naive: true,
        };
        let args = assignment.to_args().into_iter().skip(1);
        assert_eq!(Assignment::from_args(args), Some(assignment));
    }
}
