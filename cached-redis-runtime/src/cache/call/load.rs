//! The body of one call under way, and its end.

use core::future::Future;
use core::pin::Pin;

use super::Call;
use crate::cache::context::{Served, Traced};
use crate::engine::{Left, Loading, Outcome, Registration, Ticket};
use crate::observe::Trace;
use crate::site::LoadPermit;

/// A body under way. Dropped before its end (cancelled, panicked), its ticket's own drop passes the turn on or gives the
/// lease back.
pub(super) struct Load {
    pub(super) call: Call,
    pub(super) ticket: Option<Ticket>,
    /// Unless the ticket's flight has it.
    pub(super) permit: Option<LoadPermit>,
    /// How long the call may still wait for the store.
    pub(super) left: Left,
    /// Of the key under its tags, if it has any.
    pub(super) registration: Option<Registration>,
    /// Unless there is no cache for it.
    pub(super) loading: Option<Loading>,
    pub(super) served: Served,
}

impl Load {
    /// What surrounds the body.
    pub(super) fn context(&self) -> Traced {
        let loading = self.call.target.as_ref().map(|target| {
            let keys = match &self.ticket {
                Some(Ticket::Lead(_) | Ticket::Round(_) | Ticket::Reload(_)) => {
                    vec![target.key.clone()]
                }
                _ => Vec::new(),
            };
            (&*target.cache, self.call.site, keys)
        });
        let trace = match &self.loading {
            Some(_) => Trace::load(self.call.site.family()),
            None => Trace::none(),
        };
        self.call.context.clone().of_body(loading).traced(trace)
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
            let failed = matches!(outcome, Outcome::Failed);
            // The body has ended.
            self.permit = None;
            let cost = self.loading.take().map_or(0, |mut body| body.end(failed));
            self.call.context.report_end(self.served, failed);
            let outcome = match &self.registration {
                Some(registration) => registration.permit(outcome),
                None => outcome,
            };
            let ticket = self.ticket.take();
            let (Some(target), Some(ticket)) = (&self.call.target, ticket) else {
                return;
            };
            let request = self.call.request(target);
            let engine = target.cache.engine();
            engine
                .finish(request, ticket, outcome, (cost, self.left))
                .await;
        })
    }
}
