//! What the run shows while it goes on and when it has ended.

use std::fmt::{self, Write as _};
use std::io::{IsTerminal as _, Write as _};

use crate::call::{Reading, Unseen, Way, Writing};
use crate::chaos::Record;
use crate::faults::Kind;
use crate::referee::{Referee, Tally};

/// Shows how the run goes: over and over on one line of a terminal, every ten seconds as a line of its own elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: bool,
    seconds: u64,
    calls: u64,
    /// Of the first process, which is never killed: when it had warmed up, and now.
    memory: Option<(u64, u64)>,
}

/// Until then buffers and pools grow to their size.
const WARM: u64 = 10;

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            terminal: std::io::stdout().is_terminal(),
            seconds: 0,
            calls: 0,
            memory: None,
        }
    }

    /// Once per second, with the resident memory of each process.
    pub(crate) fn show(&mut self, referee: &Referee, record: &Record, memory: &[Option<u64>]) {
        self.seconds += 1;
        if let Some(&Some(now)) = memory.first()
            && self.seconds >= WARM
        {
            self.memory = Some((self.memory.map_or(now, |(warm, _)| warm), now));
        }
        let tally = referee.tally();
        let calls = tally.reads() + tally.writes();
        let rate = calls.saturating_sub(std::mem::replace(&mut self.calls, calls));
        let line = format!(
            "{:>5} s  {calls} calls ({rate}/s)  reads {}  writes {}  faults {}  violations {}  memory {}",
            self.seconds,
            shares(&tally),
            tally.writes(),
            record.counts().iter().sum::<u64>(),
            referee.found(),
            mebibytes(memory),
        );
        if self.terminal {
            print!("\r{line}\x1b[K");
            // Only what is seen meanwhile is lost.
            let _ = std::io::stdout().flush();
        } else if self.seconds.is_multiple_of(10) {
            println!("{line}");
        }
    }

    /// Leaves the line.
    pub(crate) fn end(&self) {
        if self.terminal {
            println!();
        }
    }

    fn memory(&self) -> String {
        self.memory.map_or("unknown".to_owned(), |(warm, end)| {
            format!("P0 had {warm} KiB after {WARM} s, and {end} KiB in the end")
        })
    }
}

fn mebibytes(memory: &[Option<u64>]) -> String {
    let one = |kib: &Option<u64>| {
        kib.map_or("?".to_owned(), |kib| {
            format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
        })
    };
    let all: Vec<_> = memory.iter().map(one).collect();
    format!("{} MiB", all.join(" "))
}

fn shares(tally: &Tally) -> String {
    let reads = tally.reads().max(1);
    let mut text = format!("{}:", tally.reads());
    for &way in Way::ALL {
        let count = tally.ways[index(way.number())];
        if count > 0 {
            let _ = write!(text, " {way} {} %", (count * 100 + reads / 2) / reads);
        }
    }
    text
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// The violations that have not been shown yet, each with the past of its key and the faults around it.
pub(crate) fn show_violations(referee: &Referee, record: &Record) {
    for violation in referee.take_violations() {
        println!("\nVIOLATION: {}", violation.what);
        print!("what happened to the key:\n{}", violation.past);
        let faults = record.since(violation.since);
        println!(
            "faults at that time:{}{faults}",
            if faults.is_empty() { " none" } else { "\n" }
        );
    }
}

/// All numbers of a run.
pub(crate) fn summary(tally: &Tally, record: &Record, progress: &Progress) -> String {
    let calls = tally.reads() + tally.writes();
    let (seconds, rate) = (progress.seconds, calls / progress.seconds.max(1));
    let mut text = format!("\n{calls} calls in {seconds} s, {rate} per second\n");
    let readings = counted(Reading::ALL, &tally.readings);
    let ways = counted(Way::ALL, &tally.ways);
    let writings = counted(Writing::ALL, &tally.writings);
    let faults = counted(Kind::ALL, &record.counts());
    let past = tally.past;
    let lines = [
        ("reads", readings),
        ("served", ways),
        ("writes", writings),
        (
            "source",
            format!("loads {}, commits {}", tally.loads, tally.commits),
        ),
        ("no value", counted(Unseen::ALL, &tally.unseen)),
        (
            "caches",
            format!(
                "fills {}, rejected {}, failed deletions {}, failed commands {}",
                past.fills, past.rejected, past.lost, past.errors
            ),
        ),
        (
            "reloads",
            format!(
                "{}, {} of them early; reads of what was past its life {}",
                past.reloads, past.early, past.stale
            ),
        ),
        (
            "deletions",
            format!(
                "owed when the write returned {}, made good {}, lost with their process {}; writes that never \
                 returned {}, {} of them visible after the lease",
                tally.owed,
                tally.made_good,
                tally.lost_with_process,
                tally.never_returned,
                tally.held
            ),
        ),
        (
            "failovers",
            format!(
                "reads of what they brought back {}, of a primary that did not know that it had been replaced {}",
                tally.lost_in_failover, tally.from_deposed
            ),
        ),
        ("faults", faults),
        ("lives", format!("{} processes in all", tally.sessions)),
        ("memory", progress.memory()),
    ];
    for (name, line) in lines {
        let _ = writeln!(text, "{name:<10} {line}");
    }
    text
}

/// Kinds with their counts, without those that did not occur.
fn counted<K: fmt::Display>(kinds: &[K], counts: &[u64]) -> String {
    let parts = kinds.iter().zip(counts).filter(|&(_, &count)| count > 0);
    let parts: Vec<_> = parts
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    if parts.is_empty() {
        return "none".to_owned();
    }
    parts.join(", ")
}
