//! Carries out the faults, each target's one after the other, those of different targets side by side.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cached_redis_tests::Stopwatch;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::faults::{Fault, Kind, Schedule, Target};
use crate::scene::Scene;

/// Faults that are kept, to be shown with a violation.
const KEPT: usize = 200;

/// Which faults there were. Clones are the same record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    inner: Arc<Mutex<Inner>>,
    clock: Stopwatch,
}

#[derive(Debug, Default)]
struct Inner {
    counts: [u64; Kind::ALL.len()],
    latest: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    began: u128,
    ended: Option<u128>,
    target: Target,
    fault: Fault,
}

impl Record {
    pub(crate) fn new(clock: Stopwatch) -> Self {
        Self {
            inner: Arc::default(),
            clock,
        }
    }

    /// How often each kind happened.
    pub(crate) fn counts(&self) -> [u64; Kind::ALL.len()] {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .counts
    }

    /// The faults that were there at `since` or later, one per line.
    pub(crate) fn since(&self, since: u64) -> String {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = String::new();
        for entry in &inner.latest {
            if entry.ended.is_some_and(|ended| ended < u128::from(since)) {
                continue;
            }
            let Entry {
                began,
                target,
                fault,
                ..
            } = entry;
            let ended = entry
                .ended
                .map_or("now".to_owned(), |ended| ended.to_string());
            let _ = writeln!(
                lines,
                "  {began:>8} ms to {ended} ms  {target}: {}",
                fault.kind
            );
        }
        lines
    }

    fn begin(&self, target: Target, fault: Fault) {
        let began = self.clock.elapsed().as_millis();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(number) = usize::try_from(fault.kind.number()) {
            inner.counts[number] += 1;
        }
        if inner.latest.len() == KEPT {
            inner.latest.pop_front();
        }
        inner.latest.push_back(Entry {
            began,
            ended: None,
            target,
            fault,
        });
    }

    fn end(&self, target: Target) {
        let ended = self.clock.elapsed().as_millis();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let open = inner.latest.iter_mut().rev();
        if let Some(entry) = open.into_iter().find(|entry| entry.target == target) {
            entry.ended = Some(ended);
        }
    }
}

/// Faults under way.
#[derive(Debug)]
pub(crate) struct Chaos {
    over: watch::Sender<bool>,
    streams: JoinSet<()>,
}

impl Chaos {
    /// Lets the faults of all `schedules` happen.
    pub(crate) fn begin(scene: &Arc<Scene>, schedules: Vec<Schedule>, record: &Record) -> Self {
        let over = watch::Sender::new(false);
        let mut streams = JoinSet::new();
        for schedule in schedules {
            let (scene, record, over) = (Arc::clone(scene), record.clone(), over.subscribe());
            streams.spawn(run(scene, schedule, record, over));
        }
        Self { over, streams }
    }

    /// Ends them, and returns when everything works again.
    pub(crate) async fn end(self) {
        self.over.send_replace(true);
        self.streams.join_all().await;
    }
}

async fn run(
    scene: Arc<Scene>,
    schedule: Schedule,
    record: Record,
    mut over: watch::Receiver<bool>,
) {
    let target = schedule.target();
    for fault in schedule {
        // Nobody ends the faults: time to go on.
        let mut ended = async |wait: Duration| {
            tokio::time::timeout(wait, over.wait_for(|over| *over))
                .await
                .is_ok()
        };
        if ended(fault.after).await {
            return;
        }
        record.begin(target, fault);
        scene.strike(target, fault).await;
        // A pause is over when it has been carried out.
        let lasts = fault.kind != Kind::Pause;
        let over = lasts && ended(fault.lasting).await;
        scene.heal(target, fault).await;
        record.end(target);
        if over {
            return;
        }
    }
}
