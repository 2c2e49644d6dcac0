//! The socket at which workers find the source of truth, and report what they have seen.

mod failovers;
mod tally;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cached_redis_tests::Stopwatch;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

pub(crate) use self::tally::Tally;
use crate::arguments::Arguments;
use crate::call::{Numbered as _, Reading, Writing};
use crate::checker::{Checker, Violation};
use crate::doubts::Doubts;
use crate::frame::{Answer, Beat, FRAME, Phase, Said};
use crate::past::Who;
use crate::session::Session;
use crate::worker::LEASE;

/// This long without a word, and a worker counts as stuck. No fault stops one for so long.
const SILENCE: u64 = 10_000;

#[derive(Debug)]
struct Present {
    who: Who,
    heard: u64,
    beat: Beat,
}

#[derive(Debug)]
struct State {
    checker: Checker,
    tally: Tally,
    present: Vec<Present>,
    phase: Phase,
    /// Writes that never returned, and when the guards they have left are gone. `None` where guards prove nothing.
    guards: Option<VecDeque<(u64, Who, u32, u64)>>,
    /// On a cluster.
    doubts: Option<Doubts>,
    /// Whether a failover may lose nothing at all.
    strict: bool,
    violations: Vec<Violation>,
    found: u64,
    /// Keys with a violation that was shown: what stays wrong is seen again and again.
    shown: Vec<u32>,
    troubles: Vec<String>,
}

/// Clones are the same referee.
#[derive(Debug, Clone)]
pub(crate) struct Referee {
    state: Arc<Mutex<State>>,
    clock: Stopwatch,
    keys: u32,
}

/// A guard's life after its process in milliseconds, and what a busy machine may add.
const GUARD: u64 = 700;
const _: () = assert!(LEASE.as_millis() + 500 <= GUARD as u128);
/// So many keys' violations are shown, others are only counted.
const SHOWN: usize = 3;

impl Referee {
    pub(crate) fn new(arguments: &Arguments, clock: Stopwatch) -> Self {
        let keys = arguments.keys;
        let state = State {
            checker: Checker::new(keys),
            tally: Tally::default(),
            present: Vec::new(),
            phase: Phase::Work,
            guards: arguments.guarded.then(VecDeque::new),
            doubts: None,
            strict: arguments.wait && arguments.is_orderly(),
            violations: Vec::new(),
            found: 0,
            shown: Vec::new(),
            troubles: Vec::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            clock,
            keys,
        }
    }

    /// Listens at `path` as long as the runtime lives.
    pub(crate) fn listen(&self, path: &Path) -> std::io::Result<()> {
        let listener = UnixListener::bind(path)?;
        let referee = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(referee.clone().serve(stream));
            }
        });
        Ok(())
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    pub(crate) fn tally(&self) -> Tally {
        self.lock().tally.clone()
    }

    /// How many reads were wrong.
    pub(crate) fn found(&self) -> u64 {
        self.lock().found
    }

    /// Violations to be shown, each once.
    pub(crate) fn take_violations(&self) -> Vec<Violation> {
        std::mem::take(&mut self.lock().violations)
    }

    /// What else went wrong so far: calls that hang, workers that are silent or have died by themselves.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let now = self.now();
        let state = self.lock();
        let silent = |present: &&Present| now.saturating_sub(present.heard) > SILENCE;
        let mut troubles = state.troubles.clone();
        for present in state.present.iter().filter(silent) {
            troubles.push(format!("{} is silent", present.who));
        }
        troubles
    }

    pub(crate) fn trouble(&self, what: String) {
        self.lock().troubles.push(what);
    }

    /// Who still has deletions to make good, and how many, as of the workers' last beats.
    pub(crate) fn unsettled(&self) -> Vec<(Who, u64)> {
        let state = self.lock();
        let present = state.present.iter();
        let pending = present.map(|present| (present.who, present.beat.pending));
        pending.filter(|&(_, pending)| pending > 0).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn serve(self, mut stream: UnixStream) {
        let mut session = None;
        let (mut heard, mut answers) = (Vec::new(), Vec::new());
        // Ends with the worker's process.
        while let Ok(1..) = stream.read_buf(&mut heard).await {
            let (frames, _) = heard.as_chunks::<FRAME>();
            self.hear(&mut session, frames, &mut answers);
            let whole = frames.len() * FRAME;
            heard.drain(..whole);
            if stream.write_all(&answers).await.is_err() {
                break;
            }
            answers.clear();
        }
        if let Some(session) = session {
            let now = self.now();
            self.lock().gone(&session, now);
        }
    }

    fn hear(&self, session: &mut Option<Session>, frames: &[[u8; FRAME]], answers: &mut Vec<u8>) {
        let now = self.now();
        let mut state = self.lock();
        state.expire_guards(now);
        for said in frames.iter().filter_map(Said::read) {
            if let Said::Hello {
                process,
                incarnation,
            } = said
            {
                let who = Who {
                    process,
                    incarnation,
                };
                let beat = Beat::default();
                state.present.push(Present {
                    who,
                    heard: now,
                    beat,
                });
                state.tally.sessions += 1;
                *session = Some(Session::new(who, self.keys));
            } else if let Some(session) = session {
                state.judge(session, said, now, answers);
            }
        }
    }
}

impl State {
    fn judge(&mut self, session: &mut Session, said: Said, now: u64, answers: &mut Vec<u8>) {
        let mut answer = |id, number| Answer { id, number, now }.write(answers);
        match said {
            Said::Hello { .. } => {}
            Said::Floor { id, key } => answer(id, self.checker.floor(session, key)),
            Said::Load { id, key } => {
                self.tally.loads += 1;
                answer(id, self.checker.load(session, key, now));
            }
            Said::Commit { id, key } => {
                self.tally.commits += 1;
                answer(id, self.checker.commit(session, key, now));
            }
            Said::Beat { id, beat } => {
                let present = self.present.iter_mut();
                for present in present.filter(|present| present.who == session.who()) {
                    (present.heard, present.beat) = (now, beat);
                }
                answer(id, self.phase as u64);
            }
            Said::ReadEnd(end) => {
                count(&mut self.tally.ways, end.way.number());
                count(&mut self.tally.readings, end.reading.number());
                if let Some(violation) = self.checker.read(session, end, now) {
                    self.doubt(violation, end.key);
                }
            }
            Said::WriteEnd(end) => {
                count(&mut self.tally.writings, end.writing.number());
                self.tally.owed += u64::from(!end.executed);
                self.checker.wrote(session, end, now);
            }
            Said::MadeGood { key, version } => {
                self.tally.made_good += 1;
                self.checker.made_good(session, key, version, now);
            }
            Said::Unseen(unseen) => count(&mut self.tally.unseen, unseen.number()),
            Said::Hung { key, write, kind } => {
                let what = if write {
                    Writing::numbered(kind).map(Writing::text)
                } else {
                    Reading::numbered(kind).map(Reading::text)
                };
                let (who, what) = (session.who(), what.unwrap_or("?"));
                let side = if write { "write" } else { "read" };
                let hung =
                    format!("a {side} of key {key} ({what}) in {who} did not end, at {now} ms");
                self.troubles.push(hung);
            }
        }
    }

    fn expire_guards(&mut self, now: u64) {
        let Some(guards) = &mut self.guards else {
            return;
        };
        while let Some(&(due, who, key, version)) = guards.front() {
            if due > now {
                break;
            }
            guards.pop_front();
            self.tally.held += 1;
            self.checker.guard_expired(who, key, version, now);
        }
    }

    fn gone(&mut self, session: &Session, now: u64) {
        self.tally.lost_with_process += session.owed();
        self.tally.never_returned += session.unreturned().len() as u64;
        if let Some(guards) = &mut self.guards {
            let due = now + GUARD;
            let open = session.unreturned();
            guards.extend(open.map(|(key, version)| (due, session.who(), key, version)));
        }
        let gone = |present: &mut Present| present.who == session.who();
        for Present { beat, .. } in self.present.extract_if(.., gone) {
            let past = &mut self.tally.past;
            past.fills += beat.fills;
            past.rejected += beat.rejected;
            past.lost += beat.lost;
            past.errors += beat.errors;
            past.reloads += beat.reloads;
            past.early += beat.early;
            past.stale += beat.stale;
        }
    }
}

fn count(counts: &mut [u64], number: u64) {
    let count = usize::try_from(number).ok();
    if let Some(count) = count.and_then(|number| counts.get_mut(number)) {
        *count += 1;
    }
}
