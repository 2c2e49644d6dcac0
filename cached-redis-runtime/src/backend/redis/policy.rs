//! How all servers of a cache are connected to.

use core::num::NonZero;
use core::time::Duration;

use super::confirm::Confirm;
use super::dial::Dialer;
use super::server::Lane;

pub(super) struct Policy {
    pub(super) dialer: Dialer,
    pub(super) deadline: Duration,
    /// To each server, without that for large values.
    pub(super) connections: NonZero<u8>,
    /// What stands before each key, and so what the user of the URL may write.
    pub(super) namespace: String,
    /// What deletions wait for, if they do.
    pub(super) confirm: Option<Confirm>,
    /// Whether answers may come from a cluster's replicas.
    pub(super) reads_replicas: bool,
}

impl Policy {
    /// How long somebody waits for what he sends there, redirects included.
    pub(super) fn patience(&self, lane: Lane) -> Duration {
        let confirm = self.confirm.as_ref();
        let confirm = confirm.filter(|_| lane == Lane::Confirmed);
        confirm.map_or(self.deadline, |confirm| self.deadline + confirm.longest())
    }
}
