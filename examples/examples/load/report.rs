//! What the processes say, and what is made of it.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arguments::Arguments;

/// In microseconds; what takes longer counts as this.
pub(crate) const SLOWEST: u64 = 60_000_000;

/// One second of one process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Second {
    pub(crate) number: u64,
    pub(crate) hits: u64,
    /// Loaded, or waited for another's load.
    pub(crate) misses: u64,
    /// Loaded because the cache could not be used.
    pub(crate) uncached: u64,
    pub(crate) writes: u64,
    /// Hundredths of a second of a processor.
    pub(crate) ticks: u64,
    /// Of reads: microseconds, and how many took so long.
    pub(crate) latency: Vec<(u64, u64)>,
}

impl Second {
    pub(crate) fn count(&mut self, other: &Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.uncached += other.uncached;
        self.writes += other.writes;
        self.ticks += other.ticks;
    }

    fn reads(&self) -> u64 {
        self.hits + self.misses + self.uncached
    }

    fn hit_ratio(&self) -> f64 {
        share(self.hits, self.reads())
    }
}

fn share(part: u64, whole: u64) -> f64 {
    float(part) / float(whole.max(1))
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn float(number: u64) -> f64 {
    number as f64
}

/// The whole run, second by second.
pub(crate) struct Total<'a> {
    arguments: &'a Arguments,
    sum: Second,
    latency: Histogram<u64>,
    /// Seconds that not all processes have reported yet.
    open: BTreeMap<u64, (u64, Second, Histogram<u64>)>,
}

impl<'a> Total<'a> {
    pub(crate) fn new(
        arguments: &'a Arguments,
    ) -> Result<Self, hdrhistogram::errors::CreationError> {
        Ok(Self {
            arguments,
            sum: Second::default(),
            latency: Histogram::new_with_max(SLOWEST, 3)?,
            open: BTreeMap::new(),
        })
    }

    pub(crate) fn add(&mut self, second: &Second) {
        self.sum.count(second);
        let fresh = || (0, Second::default(), self.latency.clone());
        let (heard, sum, latency) = self.open.entry(second.number).or_insert_with(|| {
            let (heard, sum, mut latency) = fresh();
            latency.reset();
            (heard, sum, latency)
        });
        *heard += 1;
        sum.count(second);
        for &(micros, count) in &second.latency {
            latency.saturating_record_n(micros, count);
            self.latency.saturating_record_n(micros, count);
        }
        if *heard == self.arguments.processes
            && let Some((_, sum, latency)) = self.open.remove(&second.number)
        {
            show(&format!(
                "{:>4} s  {}",
                second.number + 1,
                line(&sum, &latency, 1)
            ));
        }
    }

    pub(crate) fn summary(&self) -> String {
        let Arguments { seconds, .. } = *self.arguments;
        let end = if std::io::stdout().is_terminal() {
            "\n"
        } else {
            ""
        };
        format!("{end}in all  {}", line(&self.sum, &self.latency, seconds))
    }

    pub(crate) fn json(&self) -> Value {
        let (arguments, sum) = (self.arguments, &self.sum);
        let calls = sum.reads() + sum.writes;
        let at = |percent| self.latency.value_at_percentile(percent);
        json!({
            "store": arguments.store(),
            "seconds": arguments.seconds,
            "processes": arguments.processes,
            "tasks": arguments.tasks,
            "connections": arguments.connections,
            "keys": arguments.keys,
            "skew": arguments.skew,
            "writes_percent": arguments.writes,
            "value_bytes": arguments.value,
            "source_ms": arguments.source,
            "calls": calls,
            "calls_per_second": calls / arguments.seconds,
            "hits": sum.hits,
            "misses": sum.misses,
            "uncached": sum.uncached,
            "writes": sum.writes,
            "hit_ratio": sum.hit_ratio(),
            "client_cpu_us_per_call": share(sum.ticks * 10_000, calls),
            "read_us": {
                "p50": at(50.0), "p90": at(90.0), "p99": at(99.0), "p999": at(99.9), "max": self.latency.max(),
            },
        })
    }
}

fn line(sum: &Second, latency: &Histogram<u64>, seconds: u64) -> String {
    let at = |percent| latency.value_at_percentile(percent);
    format!(
        "{:>8} calls/s  hits {:>5.1} %  uncached {}  reads: p50 {} µs  p99 {} µs  p99.9 {} µs",
        (sum.reads() + sum.writes) / seconds,
        sum.hit_ratio() * 100.0,
        sum.uncached,
        at(50.0),
        at(99.0),
        at(99.9),
    )
}

/// Over and over on one line of a terminal, on lines of their own elsewhere.
fn show(line: &str) {
    if std::io::stdout().is_terminal() {
        print!("\r{line}\x1b[K");
        // Only what is seen meanwhile is lost.
        let _ = std::io::stdout().flush();
    } else {
        println!("{line}");
    }
}
