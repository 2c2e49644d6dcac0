//! A task that writes and reports what has become of it.

use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::functions::{Conduct, Receipt};
use super::panics::caught;
use super::reader::{draw_any_key, draw_key};
use super::subject::{Deletion, Subject};
use crate::call::Writing;
use crate::frame::{Phase, Said, WriteEnd};
use crate::random::Random;

#[derive(Debug)]
struct Plan {
    writing: Writing,
    ids: Vec<u32>,
    conduct: Conduct,
    dropped_after: Option<Duration>,
    pause: Duration,
}

impl Plan {
    fn draw(random: &mut Random, keys: u32) -> Self {
        let writing = random.pick(Writing::ALL).unwrap_or(Writing::Plain);
        let count = match writing {
            Writing::Many | Writing::Transaction | Writing::GuardedTransaction => {
                random.within(1..=4)
            }
            _ => 1,
        };
        let mut ids: Vec<_> = (0..count).map(|_| draw_key(random, keys)).collect();
        ids.sort_unstable();
        ids.dedup();
        Self {
            writing,
            ids,
            conduct: Conduct::draw(random),
            dropped_after: random.percent(8).then(|| random.millis(0..=30)),
            pause: random.millis(0..=40),
        }
    }

    /// Few writes, each under way for long: when its process is killed, others have read what it is about to change, and
    /// no later write hides what it has left.
    fn draw_guarded(random: &mut Random, keys: u32) -> Self {
        let kinds = [Writing::Before, Writing::GuardedTransaction];
        Self {
            writing: random.pick(&kinds).unwrap_or(Writing::Before),
            ids: vec![draw_any_key(random, keys)],
            conduct: Conduct {
                before: random.millis(0..=80),
                after: random.millis(0..=80),
                ..Conduct::draw(random)
            },
            // Dropped before the source has answered, a commit may come after the guard has been taken away.
            dropped_after: None,
            pause: random.millis(0..=150),
        }
    }
}

pub(super) async fn run(worker: Arc<Worker>, mut random: Random) {
    while worker.phase() < Phase::Rest {
        let draw = if worker.guarded {
            Plan::draw_guarded
        } else {
            Plan::draw
        };
        let plan = draw(&mut random, worker.keys);
        if worker.awake.limit(write(&worker, &plan)).await.is_none() {
            let (key, kind) = (plan.ids[0], plan.writing.number());
            worker.link.say(Said::Hung {
                key,
                write: true,
                kind,
            });
        }
        cached_redis_tests::pause(plan.pause).await;
    }
}

async fn write(worker: &Worker, plan: &Plan) {
    let Plan {
        writing, conduct, ..
    } = *plan;
    let receipts: Vec<_> = plan.ids.iter().map(|_| Receipt::default()).collect();
    let unconfirmed = worker.subject.unconfirmed();
    let call = worker
        .subject
        .write(&worker.link, writing, &plan.ids, conduct, &receipts);
    let call = caught(call);
    let end = match plan.dropped_after {
        Some(after) => tokio::time::timeout(after, call).await.unwrap_or_default(),
        None => call.await,
    };
    // Its future was dropped, or it panicked.
    let ended = end.is_some();
    let naive = matches!(worker.subject, Subject::Naive(_));
    // Who writes by hand promises nothing about a future that is dropped between the two steps, and the naive cache
    // nothing about a `DEL` that failed: held against it is only what it takes for done.
    if !ended && writing == Writing::ByHand || naive && end != Some(Deletion::Executed) {
        return;
    }
    let executed = match end {
        Some(Deletion::Executed) => true,
        Some(Deletion::Failed) => false,
        // Looked at after the write: its own deletion is among those counted.
        Some(Deletion::Unknown) | None => worker.subject.pending() == 0,
    };
    // Of all deletions of this process meanwhile: none is missing. A value that is stored is not waited for.
    let replicated = worker.wait
        && executed
        && writing != Writing::Through
        && worker.subject.unconfirmed() == unconfirmed;
    for (&key, receipt) in plan.ids.iter().zip(&receipts) {
        let Some(version) = receipt.version() else {
            continue;
        };
        let end = WriteEnd {
            key,
            version,
            writing,
            ended,
            executed,
            replicated,
        };
        worker.link.say(Said::WriteEnd(end));
        if !executed {
            worker.owed.add(key, version);
        }
    }
}
