//! A call whose first look brought what it cannot take: it looks anew.

use super::Call;
use crate::codec::{Entry, read};
use crate::engine::{Hit, Reload};

impl Call {
    /// Whether a replica said it, which is no reason to do anything: the next plan is made of what the primary says.
    pub(super) fn asks_first_hand(&mut self, hit: &Hit) -> bool {
        if let Some(target) = &mut self.target {
            target.first_hand |= hit.secondhand;
        }
        hit.secondhand
    }

    /// The entry did not decode: the next plan replaces it, or gives up if another call has only just made it.
    pub(super) fn undecodable(&mut self, hit: &Hit) {
        if self.asks_first_hand(hit) {
            return;
        }
        let (Entry::Value { head, .. } | Entry::Absent { head }) = read(&hit.bytes) else {
            return;
        };
        if let Some(target) = &mut self.target {
            target.reload = Reload::Undecodable(head.nonce);
            target.given_up = hit.joined;
        }
    }
}
