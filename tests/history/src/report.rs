//! What the run shows while it goes on and when it has ended.

use std::fmt::{self, Write as _};
use std::io::{IsTerminal as _, Write as _};

use crate::call::{Reading, Way, Writing};
use crate::chaos::Record;
use crate::faults::Kind;
use crate::referee::{Referee, Tally};

/// Prints progress: over and over on one line of a terminal, every ten seconds as a line of its own elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: bool,
    last: u64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            terminal: std::io::stdout().is_terminal(),
            last: 0,
        }
    }

    /// Once per second.
    pub(crate) fn show(
        &mut self,
        second: u64,
        tally: &Tally,
        faults: u64,
        found: u64,
        memory: &str,
    ) {
        let operations = tally.reads() + tally.writes();
        let rate = operations.saturating_sub(std::mem::replace(&mut self.last, operations));
        let line = format!(
            "{second:>5} s  {operations} calls ({rate}/s)  reads {}  writes {}  faults {faults}  \
             violations {found}  memory {memory} KiB",
            shares(tally),
            tally.writes(),
        );
        if self.terminal {
            print!("\r{line}\x1b[K");
            // Only what is seen meanwhile is lost.
            let _ = std::io::stdout().flush();
        } else if second.is_multiple_of(10) {
            println!("{line}");
        }
    }

    /// Leaves the line.
    pub(crate) fn end(&self) {
        if self.terminal {
            println!();
        }
    }
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
pub(crate) fn summary(tally: &Tally, record: &Record, seconds: u64) -> String {
    let mut text = String::new();
    let calls = tally.reads() + tally.writes();
    let _ = writeln!(
        text,
        "\n{calls} calls in {seconds} s, {} per second",
        calls / seconds.max(1)
    );
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
        (
            "no value",
            format!(
                "errors of the body {}, dropped {}",
                tally.failed, tally.dropped
            ),
        ),
        (
            "caches",
            format!(
                "fills {}, rejected {}, failed deletions {}, failed commands {}",
                past.fills, past.rejected, past.lost, past.errors
            ),
        ),
        (
            "deletions",
            format!(
                "owed when the write returned {}, made good {}, lost with their process {}; writes that never \
                 returned {}",
                tally.owed, tally.made_good, tally.lost_with_process, tally.never_returned
            ),
        ),
        ("faults", faults),
        ("lives", format!("{} processes in all", tally.sessions)),
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
