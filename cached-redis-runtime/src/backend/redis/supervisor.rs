//! The task that keeps an endpoint connected.

use core::future::Future;
use core::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::link::{Link, until_dead};
use crate::clock;
use crate::error::Error;
use crate::observe::warn;
use crate::sync::{Arc, Mutex, Weak, spread_between};

/// How long one attempt to connect may take, and how far apart attempts are at most.
pub(super) const ATTEMPT: Duration = Duration::from_secs(1);

/// Between two attempts, in milliseconds: doubled each time, and spread by up to a half.
const FIRST_PAUSE: u64 = 10;
const LONGEST_PAUSE: u64 = 1000;

/// What can be kept connected.
pub(super) trait Supervised: Send + Sync {
    /// Tries to connect, and publishes the connection if it works.
    fn attempt(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// What is to be said about an attempt that failed, if anything: without user and password.
    fn trouble(&self, error: &Error) -> Option<String>;
}

/// The task of one endpoint, or of a cluster. It ends with the runtime it was started on, so callers ask for it again.
#[derive(Debug, Default)]
pub(super) struct Supervisor(Mutex<Option<JoinHandle<()>>>);

impl Supervisor {
    /// Sees to it that the task runs: one, whoever asks and when.
    pub(super) fn ensure<F>(&self, task: impl FnOnce() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.0.lock();
        if running.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            *running = Some(runtime.spawn(task()));
        }
    }
}

/// Connects, waits until the connection is dead, and connects again.
///
/// It holds the endpoint weakly between steps, so that the last handle's drop ends it.
pub(super) async fn supervise<C>(
    endpoint: Weak<impl Supervised>,
    link: Weak<Link<C>>,
    bell: Arc<Notify>,
) {
    let mut pause = FIRST_PAUSE;
    let mut warned = false;
    loop {
        let attempt = match endpoint.upgrade() {
            Some(endpoint) => endpoint.attempt().await,
            None => return,
        };
        match attempt {
            Ok(()) => {
                warned = false;
                let published = clock::now();
                until_dead(&link, &bell).await;
                // A server that accepts and hangs up at once is not to be asked in a loop.
                if clock::now() - published > ATTEMPT {
                    pause = FIRST_PAUSE;
                    continue;
                }
            }
            Err(error) if !warned => {
                warned = true;
                let trouble = endpoint.upgrade().and_then(|one| one.trouble(&error));
                if let Some(trouble) = trouble {
                    warn(format_args!("{trouble}"));
                }
            }
            Err(_) => {}
        }
        clock::sleep(Duration::from_millis(spread_between(pause / 2, pause))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
