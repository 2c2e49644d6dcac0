//! A stand-in for a table: rows by id, and a record of which ids each query asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Gate;

/// Rows that are read several at a time. Clones are the same table.
#[derive(Debug, Clone)]
pub struct Table(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rows: Mutex<BTreeMap<u64, String>>,
    queries: Mutex<Vec<Vec<u64>>>,
    gate: Gate,
}

impl Table {
    /// A table that answers at once; row `n` holds `"rown"`.
    #[must_use]
    pub fn of(ids: impl IntoIterator<Item = u64>) -> Self {
        Self::behind(Gate::opened(), ids)
    }

    /// A table whose queries wait at `gate` after they have read.
    #[must_use]
    pub fn behind(gate: Gate, ids: impl IntoIterator<Item = u64>) -> Self {
        let rows = ids.into_iter().map(|id| (id, format!("row{id}")));
        Self(Arc::new(Inner {
            rows: Mutex::new(rows.collect()),
            queries: Mutex::new(Vec::new()),
            gate,
        }))
    }

    /// `SELECT … WHERE id IN (…)`: reads what there is, then waits at the gate. Rows come by ascending id.
    pub async fn query(&self, ids: impl IntoIterator<Item = u64>) -> Vec<(u64, String)> {
        let mut ids: Vec<_> = ids.into_iter().collect();
        lock(&self.0.queries).push(ids.clone());
        ids.sort_unstable();
        ids.dedup();
        let found = {
            let rows = lock(&self.0.rows);
            let row = |id: &u64| Some((*id, rows.get(id)?.clone()));
            ids.iter().filter_map(row).collect()
        };
        self.0.gate.pass().await;
        found
    }

    /// Changes or adds a row, as a writer's commit does.
    pub fn set(&self, id: u64, row: &str) {
        lock(&self.0.rows).insert(id, row.to_owned());
    }

    /// The gate at which queries wait.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    /// The ids of each query so far.
    #[must_use]
    pub fn queries(&self) -> Vec<Vec<u64>> {
        lock(&self.0.queries).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
