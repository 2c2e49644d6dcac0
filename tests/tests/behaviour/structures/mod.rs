//! Structures: rankings, feeds, counters, counts of different things, rate limits.

mod counts;
mod feed;
mod ranking;
mod ranking_races;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_runtime::structures::{Ranked, Ranking};
use cached_redis_runtime::{Cache, key};
use cached_redis_tests::Gate;

pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// A table of scores, as the database has it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    rows: Arc<Mutex<BTreeMap<String, f64>>>,
    /// Where reads are held once they have read.
    pub(super) gate: Gate,
    reads: Arc<AtomicUsize>,
}

impl Table {
    pub(super) fn of(rows: &[(&str, f64)]) -> Self {
        let rows = rows.iter().map(|(who, score)| ((*who).to_owned(), *score));
        Self {
            rows: Arc::new(Mutex::new(rows.collect())),
            gate: Gate::opened(),
            reads: Arc::default(),
        }
    }

    pub(super) fn set(&self, who: &str, score: f64) {
        self.rows.lock().unwrap().insert(who.to_owned(), score);
    }

    pub(super) async fn write(&self, who: &str, score: f64) -> Result<(), String> {
        tokio::task::yield_now().await;
        self.set(who, score);
        Ok(())
    }

    pub(super) async fn delete(&self, who: &str) -> Result<(), String> {
        tokio::task::yield_now().await;
        self.rows.lock().unwrap().remove(who);
        Ok(())
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    pub(super) fn board(&self, cache: &Cache) -> Ranking<String, String> {
        let table = self.clone();
        Ranking::new(cache, key!("board"), HOUR, move || table.clone().all())
    }

    fn all(self) -> impl Future<Output = Result<Vec<(String, f64)>, String>> + Send {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let rows = self.rows.lock().unwrap().clone();
        async move {
            self.gate.pass().await;
            Ok(rows.into_iter().collect())
        }
    }
}

pub(super) fn who(id: &str) -> String {
    id.to_owned()
}

pub(super) fn names(ranked: &[Ranked<String>]) -> Vec<&str> {
    ranked.iter().map(|one| one.member.as_str()).collect()
}
