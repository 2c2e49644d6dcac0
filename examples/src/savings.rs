//! What a cache saves: the same requests with it and without, side by side.

use std::fmt;
use std::fmt::Display;
use std::time::Duration;

use crate::database::Queries;
use crate::watch::{now, pause};

/// What one way to do it answered to the requests, and what that took.
#[derive(Debug)]
pub struct Side<T> {
    /// In the order of the requests; an error is a text.
    pub answers: Vec<Result<T, String>>,
    /// Its line of the table.
    pub row: Row,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which way it is.
    pub way: String,
    /// Requests.
    pub calls: usize,
    /// Of these, the ones that were answered by an error.
    pub failed: usize,
    /// How often the source was asked for them.
    pub source: u64,
    /// How long all of it took.
    pub took: Duration,
    /// How long half of the requests took at most.
    pub p50: Duration,
    /// How long all but one in a hundred took at most.
    pub p99: Duration,
}

/// Measures some requests, one after the other.
pub async fn one_by_one<R, T, E: Display>(
    way: &str,
    source: &Queries,
    requests: &[R],
    call: impl AsyncFnMut(&R) -> Result<T, E>,
) -> Side<T> {
    paced(way, source, requests, Duration::ZERO, call).await
}

/// The same with a pause after each request, which is not part of its time.
pub async fn paced<R, T, E: Display>(
    way: &str,
    source: &Queries,
    requests: &[R],
    pace: Duration,
    mut call: impl AsyncFnMut(&R) -> Result<T, E>,
) -> Side<T> {
    let (before, began) = (source.count(), now());
    let (mut answers, mut times) = (Vec::new(), Vec::new());
    for request in requests {
        let start = now();
        answers.push(call(request).await.map_err(|error| error.to_string()));
        times.push(start.elapsed());
        if !pace.is_zero() {
            pause(pace).await;
        }
    }
    side(
        way,
        source.count() - before,
        began.elapsed(),
        answers,
        times,
    )
}

/// Measures some requests, so many at a time.
pub async fn at_once<R, T, E: Display>(
    way: &str,
    source: &Queries,
    requests: &[R],
    callers: usize,
    call: impl AsyncFn(&R) -> Result<T, E>,
) -> Side<T> {
    use futures_util::StreamExt as _;
    let (before, began) = (source.count(), now());
    let call = &call;
    let calls = futures_util::stream::iter(requests).map(|request| async move {
        let start = now();
        let answer = call(request).await.map_err(|error| error.to_string());
        (answer, start.elapsed())
    });
    let (answers, times) = calls.buffered(callers).unzip().await;
    side(
        way,
        source.count() - before,
        began.elapsed(),
        answers,
        times,
    )
}

fn side<T>(
    way: &str,
    source: u64,
    took: Duration,
    answers: Vec<Result<T, String>>,
    mut times: Vec<Duration>,
) -> Side<T> {
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(index).copied().unwrap_or_default()
    };
    let row = Row {
        way: way.to_owned(),
        calls: answers.len(),
        failed: answers.iter().filter(|answer| answer.is_err()).count(),
        source,
        took,
        p50: at(50),
        p99: at(99),
    };
    Side { answers, row }
}

impl<T: PartialEq> Side<T> {
    /// A cache that saves a lot because it answers something else is none.
    ///
    /// # Errors
    /// If the other side answered a request differently.
    pub fn same_as(&self, other: &Self) -> Result<(), String> {
        let mut pairs = self.answers.iter().zip(&other.answers);
        match pairs.position(|(one, other)| one != other) {
            None if self.answers.len() == other.answers.len() => Ok(()),
            None => Err("one side was asked more than the other".to_owned()),
            Some(at) => Err(format!(
                "request {at} was answered differently by \"{}\" and \"{}\"",
                self.row.way, other.row.way
            )),
        }
    }
}

/// A table of what was measured, and what follows from it.
#[derive(Debug)]
pub struct Savings {
    /// What the source is asked by: "queries", "requests".
    pub unit: &'static str,
    /// Without a cache first.
    pub rows: Vec<Row>,
    /// One sentence.
    pub conclusion: String,
}

impl Savings {
    /// A table of these lines.
    pub fn new(
        unit: &'static str,
        rows: impl IntoIterator<Item = Row>,
        conclusion: impl Into<String>,
    ) -> Self {
        Self {
            unit,
            rows: rows.into_iter().collect(),
            conclusion: conclusion.into(),
        }
    }

    /// The line of one way to do it.
    #[must_use]
    pub fn row(&self, way: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.way == way)
    }
}

impl Display for Savings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.rows.iter().map(|row| row.way.chars().count()).max();
        let width = widest.unwrap_or_default();
        writeln!(
            out,
            "{:width$} {:>7} {:>7} {:>9} {:>10} {:>10}",
            "", "calls", "failed", self.unit, "p50", "p99"
        )?;
        for row in &self.rows {
            let (p50, p99) = (millis(row.p50), millis(row.p99));
            writeln!(
                out,
                "{:width$} {:>7} {:>7} {:>9} {p50:>10} {p99:>10}",
                row.way, row.calls, row.failed, row.source
            )?;
        }
        write!(out, "\n{}", self.conclusion)
    }
}

fn millis(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: impl IntoIterator<Item = u64>) -> Side<u64> {
        let times: Vec<_> = millis.into_iter().map(Duration::from_millis).collect();
        let answers = (0..times.len() as u64).map(Ok).collect();
        side("one", 7, Duration::from_secs(1), answers, times)
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let row = times((1..=200).rev()).row;
        assert_eq!(row.p50, Duration::from_millis(100));
        assert_eq!(row.p99, Duration::from_millis(198));
        assert_eq!(times([5]).row.p99, Duration::from_millis(5));
        assert_eq!(times([]).row.p99, Duration::ZERO);
    }

    #[test]
    fn another_answer_is_found() {
        let (one, mut other) = (times([1, 2, 3]), times([1, 2, 3]));
        one.same_as(&other).unwrap();
        other.answers[1] = Err("away".to_owned());
        let why = one.same_as(&other).unwrap_err();
        assert!(why.contains("request 1 "), "{why}");
        other.answers.truncate(1);
        one.same_as(&other).unwrap_err();
    }

    #[tokio::test]
    async fn the_source_is_counted_and_so_are_errors() {
        let source = Queries::default();
        source.add_one();
        let ask = async |number: &u64| {
            source.add_one();
            if *number == 2 {
                Err("two")
            } else {
                Ok(*number)
            }
        };
        for side in [
            one_by_one("one", &source, &[1, 2, 3], ask).await,
            at_once("many", &source, &[1, 2, 3], 2, ask).await,
        ] {
            assert_eq!(side.answers, [Ok(1), Err("two".to_owned()), Ok(3)]);
            assert_eq!((side.row.source, side.row.failed), (3, 1));
        }
    }
}
