//! The time for which this process has been running, to tell a call that hangs from a process that was stopped.

use std::time::Duration;

use tokio::sync::watch;

const TICK: Duration = Duration::from_millis(50);
/// Many times what a call may take: a slow body, a wait for another's load, a few deadlines.
const LIMIT: u64 = 160;

#[derive(Debug)]
pub(super) struct Awake(watch::Receiver<u64>);

impl Awake {
    pub(super) fn start() -> Self {
        let (ticks, receiver) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                cached_redis_tests::pause(TICK).await;
                ticks.send_modify(|ticks| *ticks += 1);
            }
        });
        Self(receiver)
    }

    /// `None` if `call` takes eight seconds, not counting those for which the process was stopped.
    pub(super) async fn limit<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let mut ticks = self.0.clone();
        let end = *ticks.borrow() + LIMIT;
        tokio::select! {
            output = call => Some(output),
            _ = ticks.wait_for(|ticks| *ticks >= end) => None,
        }
    }
}
