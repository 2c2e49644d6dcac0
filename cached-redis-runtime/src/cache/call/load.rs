//! The body of one call under way, and its end.

use core::future::Future;
use core::pin::Pin;

use super::Call;
use crate::cache::context::{Context, Served};
use crate::clock::{self, Instant};
use crate::engine::{Left, Outcome, Registration, Ticket};
use crate::observe::Count;
use crate::site::LoadPermit;

/// A body under way. Dropped before its end (cancelled, panicked), it counts as failed; its ticket's own drop passes
/// the turn on or gives the lease back.
pub(super) struct Load {
    pub(super) call: Call,
    pub(super) ticket: Option<Ticket>,
    /// Unless the ticket's flight has it.
    pub(super) permit: Option<LoadPermit>,
    /// How long the call may still wait for the store.
    pub(super) left: Left,
    /// Of the key under its tags, if it has any.
    pub(super) registration: Option<Registration>,
    pub(super) started: Option<Instant>,
    pub(super) ended: bool,
    pub(super) served: Served,
}

impl Load {
    /// What surrounds the body.
    pub(super) fn context(&self) -> Context {
        let loading = self.call.target.as_ref().map(|target| {
            let keys = match &self.ticket {
                Some(Ticket::Lead(_) | Ticket::Round(_) | Ticket::Reload(_)) => {
                    vec![target.key.clone()]
                }
                _ => Vec::new(),
            };
            (&*target.cache, self.call.site, keys)
        });
        self.call.context.clone().of_body(loading)
    }

    /// Whether the result is of any use to the cache.
    pub(super) fn is_wanted(&self) -> bool {
        match &self.ticket {
            None | Some(Ticket::Uncached) => false,
            Some(Ticket::Round(round)) => round.is_watched(),
            Some(Ticket::Lead(_) | Ticket::Replace(_) | Ticket::Reload(_)) => true,
        }
    }

    /// Whether a value that is not stored is worth encoding.
    pub(super) fn is_watched(&self) -> bool {
        match &self.ticket {
            Some(Ticket::Lead(turn)) => turn.is_watched(),
            Some(Ticket::Round(round)) => round.is_watched(),
            _ => false,
        }
    }

    /// Boxed for the same reason as [`Call::plan`].
    pub(super) fn end(
        mut self: Box<Self>,
        outcome: Outcome,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            self.ended = !matches!(outcome, Outcome::Failed);
            // The body has ended.
            self.permit = None;
            self.call.context.report_end(self.served, !self.ended);
            let outcome = match &self.registration {
                Some(registration) => registration.permit(outcome),
                None => outcome,
            };
            let ticket = self.ticket.take();
            let (Some(target), Some(ticket)) = (&self.call.target, ticket) else {
                return;
            };
            let cost = self.started.map_or(0, |started| {
                let elapsed = clock::now().saturating_duration_since(started);
                u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
            });
            let request = self.call.request(target);
            let engine = target.cache.engine();
            engine
                .finish(request, ticket, outcome, (cost, self.left))
                .await;
        })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if !self.ended
            && let Some(target) = &self.call.target
        {
            target
                .cache
                .engine()
                .count(self.call.site, Count::LoadFailed);
        }
    }
}
