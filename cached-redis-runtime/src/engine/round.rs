//! Loads that the cache cannot help with: one at a time per key, so that a dead server is no stampede on the source.
//!
//! Without the server this process knows nothing of other processes' invalidations, so a caller must not join a load
//! that is under way. It may share one that begins after it came: whatever had been invalidated when the caller began,
//! that load reads as it is now. Hence rounds. The first caller loads at once. Those who come meanwhile wait for its end;
//! then one of them loads, and all who were in line by then take its result. The body runs once per round, however many
//! call.

use core::ops::ControlFlow;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::{Engine, EntryBytes, Hit, Outcome, Request, Start, Ticket};
use crate::clock::{self, Instant};
use crate::codec::{Entry, HEADER, State, read};
use crate::flight::{Arrival, Head};
use crate::observe::Count;
use crate::sync::Arc;

/// The calls that can share a load: they have one key, and read the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lot {
    key: Arc<str>,
    format: u8,
    fingerprint: u64,
}

/// The turn to load for a lot.
pub(crate) type Round = Head<Lot, Bytes>;

impl Engine {
    /// Takes part in a round: its result, or the turn to load for the others.
    ///
    /// # Cancel safety
    /// The turn goes to the next in line.
    pub(crate) async fn round(
        &self,
        request: Request<'_>,
        end: Instant,
    ) -> ControlFlow<Start, Hit> {
        // Waiting needs a timer, and with `lock = false` nobody waits.
        if Handle::try_current().is_err() || !request.site.lock().waits() {
            return ControlFlow::Break(self.start_uncached(request).await);
        }
        let lot = Lot {
            key: Arc::from(request.key),
            format: request.format.id(),
            fingerprint: request.fingerprint,
        };
        // Who has waited long enough may still share while he stands in line: those before him there may be of this round.
        let limit = async {
            clock::sleep_until(end).await;
            self.permit(request).await
        };
        let entered = self.rounds.enter_within(&lot, limit);
        match self.waiting(request.site, entered).await {
            Ok(Arrival::Reply(bytes)) => ControlFlow::Continue(Hit {
                absent: matches!(read(&bytes), Entry::Absent { .. }),
                bytes: EntryBytes::Shared(bytes),
                joined: true,
                sent: None,
                secondhand: false,
            }),
            Ok(Arrival::Head(mut round)) => {
                // Those who come while this one waits for its permit are passengers as well.
                let permit = self.permit(request).await;
                round.begin();
                ControlFlow::Break(Start {
                    ticket: Ticket::Round(round),
                    permit,
                    ..Start::free()
                })
            }
            Ok(Arrival::Disbanded) => ControlFlow::Break(self.start_uncached(request).await),
            Err(permit) => {
                self.count(request.site, Count::WaitExpired);
                ControlFlow::Break(Start {
                    permit,
                    ..Start::free()
                })
            }
        }
    }

    /// Ends the load of a round.
    pub(super) fn end_round(&self, request: Request<'_>, round: Round, outcome: Outcome) {
        if !round.is_watched() {
            return;
        }
        let (state, bytes) = match outcome {
            // Errors are not `Clone`: the next in line runs its own body.
            Outcome::Failed => return,
            Outcome::Value(bytes, _) | Outcome::Unstored(Some(bytes)) => {
                (State::Value, Some(bytes))
            }
            Outcome::Absent => (State::Absent, Some(vec![0; HEADER])),
            Outcome::Unstored(None) => (State::Value, None),
        };
        match bytes.filter(|bytes| self.fits(bytes)) {
            Some(mut bytes) => {
                let head = Self::head(request, None, 0);
                bytes[..HEADER].copy_from_slice(&head.write(state));
                round.end(Bytes::from(bytes));
            }
            None => round.disband(),
        }
    }
}
