//! What is counted.

use crate::call::{Reading, Unseen, Way, Writing};
use crate::frame::Beat;

/// What was counted, for the progress and the summary.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) ways: [u64; Way::ALL.len()],
    pub(crate) readings: [u64; Reading::ALL.len()],
    pub(crate) writings: [u64; Writing::ALL.len()],
    pub(crate) loads: u64,
    pub(crate) commits: u64,
    pub(crate) unseen: [u64; Unseen::ALL.len()],
    /// Deletions that failed or were left behind, and those of them that were executed later.
    pub(crate) owed: u64,
    pub(crate) made_good: u64,
    pub(crate) lost_with_process: u64,
    pub(crate) never_returned: u64,
    /// Of these, the ones that were held against the cache after the lease.
    pub(crate) held: u64,
    /// Reads of what a failover had brought back, and of a primary that did not know yet that it had been replaced.
    pub(crate) lost_in_failover: u64,
    pub(crate) from_deposed: u64,
    pub(crate) sessions: u64,
    /// Of the sessions that have ended.
    pub(crate) past: Beat,
}

impl Tally {
    pub(crate) fn reads(&self) -> u64 {
        self.ways.iter().sum()
    }

    pub(crate) fn writes(&self) -> u64 {
        self.writings.iter().sum()
    }
}
