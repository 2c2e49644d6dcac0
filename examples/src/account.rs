//! The quickstart's account of what happens: one line a call, and a check that the story is true.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use cached_redis_runtime::{Served, inspect};

use crate::database::Queries;

/// Prints each call with its time, how it was served and how many queries have reached the database, and
/// remembers where that contradicts what was expected.
#[derive(Debug)]
pub struct Account {
    queries: Queries,
    prefix: &'static str,
    coloured: bool,
    contradictions: Vec<String>,
}

impl Account {
    /// An account over the queries of one database. `prefix` starts each line.
    #[must_use]
    pub fn new(queries: Queries, prefix: &'static str) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let coloured = wanted && std::io::stdout().is_terminal();
        Self {
            queries,
            prefix,
            coloured,
            contradictions: Vec::new(),
        }
    }

    /// Starts a chapter of the story.
    pub fn chapter(&self, title: &str) {
        println!("\n{}", self.paint("1", title));
    }

    /// Runs one call of a cached function, which is to be served as `expected`: a hit by no query, everything
    /// else by one.
    ///
    /// # Errors
    /// What the call returns.
    pub async fn read<T>(
        &mut self,
        what: &str,
        expected: Served,
        call: impl Future<Output = sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        let before = self.queries.count();
        let ((result, how), took) = timed(inspect(call)).await;
        let hit = matches!(how, Served::Hit);
        self.line(what, took, if hit { "32" } else { "33" }, how);
        self.expect(what, "served as", expected, how);
        self.expect_queries(what, u64::from(!matches!(expected, Served::Hit)), before);
        result
    }

    /// Runs one call of a function that writes.
    ///
    /// # Errors
    /// What the call returns.
    pub async fn write<T>(
        &mut self,
        what: &str,
        call: impl Future<Output = sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        let before = self.queries.count();
        let (result, took) = timed(call).await;
        self.line(what, took, "36", "written");
        self.expect_queries(what, 1, before);
        result
    }

    /// Runs many calls at once, which are to need one query between them.
    pub async fn crowd<T>(
        &mut self,
        what: &str,
        calls: impl Future<Output = Vec<(T, Served)>>,
    ) -> Vec<T> {
        let before = self.queries.count();
        let (answers, took) = timed(calls).await;
        let mut ways = BTreeMap::new();
        for (_, how) in &answers {
            *ways.entry(how.to_string()).or_insert(0) += 1;
        }
        let ways: Vec<_> = ways
            .iter()
            .map(|(how, count)| format!("{count} {how}"))
            .collect();
        let how = ways.join(", ");
        self.line(what, took, "33", how);
        self.expect_queries(what, 1, before);
        answers.into_iter().map(|(answer, _)| answer).collect()
    }

    /// Notes a contradiction unless `found` is what was expected.
    pub fn expect(
        &mut self,
        what: &str,
        aspect: &str,
        expected: impl Display,
        found: impl Display,
    ) {
        let (expected, found) = (expected.to_string(), found.to_string());
        if expected != found {
            self.contradictions
                .push(format!("{what}: {aspect} {found}, expected {expected}"));
        }
    }

    fn expect_queries(&mut self, what: &str, expected: u64, before: u64) {
        let found = self.queries.count() - before;
        self.expect(what, "database queries:", expected, found);
    }

    /// Tells whether the story was true.
    ///
    /// # Errors
    /// Every contradiction, one a line.
    pub fn close(self) -> Result<(), String> {
        if self.contradictions.is_empty() {
            Ok(())
        } else {
            Err(self.contradictions.join("\n"))
        }
    }

    fn line(&self, what: &str, took: Duration, colour: &str, how: impl Display) {
        let what = format!("{}{what}", self.prefix);
        let (took, how) = (format!("{took:.1?}"), format!("{:<8}", how.to_string()));
        let (how, queries) = (self.paint(colour, &how), self.queries.count());
        println!("  {what:<32}{took:>9}   {how}  queries so far: {queries}");
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.coloured {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the account is about real time")]
async fn timed<T>(call: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let answer = call.await;
    (answer, start.elapsed())
}
