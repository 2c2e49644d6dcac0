//! `max_loads`: who may run a body.
//!
//! A permit is taken after a miss is known and before the claim, so nobody waits while holding a lease. It belongs to the
//! flight: who takes over a load takes over its permit. Of the callers of one key only the one at the head of the lane
//! stands in line for a permit, the others wait behind it and share what comes of it; calls inside other bodies have a
//! lane of their own, since they do not wait for ever.

use tokio::runtime::Handle;

use super::patience::Left;
use super::reloads::Refusal;
use super::{Engine, Request, Ticket};
use crate::clock;
use crate::flight::Turn;
use crate::lease::Lease;
use crate::site::{LoadLimit, LoadPermit};

/// How a call comes by the permit that its function asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It stands in line until it has one.
    Line,
    /// It stands in line for `wait` at most, and then goes on without. The body around it may hold a permit of another
    /// function, for which others wait who hold one of this.
    Nested,
    /// It needs none: it has one, or a body around it has, or its transaction may hold what those in line wait for.
    Free,
}

/// What a load begins with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) ticket: Ticket,
    /// Unless the ticket's flight has it.
    pub(crate) permit: Option<LoadPermit>,
    /// How long the call may still wait for the store.
    pub(crate) left: Left,
}

impl Start {
    /// A load that nothing limits and nobody hears of.
    pub(crate) fn free() -> Self {
        Self {
            ticket: Ticket::Uncached,
            permit: None,
            left: Left::NOTHING,
        }
    }
}

impl Request<'_> {
    /// The limit of which it needs a permit, if it needs one.
    fn limit(&self) -> Option<&'static LoadLimit> {
        let limit = self.site.limit();
        (self.admission != Admission::Free && limit.is_set()).then_some(limit)
    }

    /// A permit that is to be had without waiting, if it needs one.
    pub(super) fn permit_at_once(&self) -> Result<Option<LoadPermit>, Refusal> {
        match self.limit() {
            Some(limit) => limit.try_permit().map(Some).ok_or(Refusal::Busy),
            None => Ok(None),
        }
    }

    /// Whether this call may run its body in place of the one that gave up. It holds a lease, so it does not wait.
    pub(super) fn may_take_over(&self, turn: &Turn<Lease>) -> bool {
        let Some(limit) = self.limit() else {
            return true;
        };
        if turn.is_permitted(limit) {
            return true;
        }
        let permit = limit.try_permit();
        let admitted = permit.is_some();
        turn.permit(permit);
        admitted
    }
}

impl Engine {
    /// Waits until one more body of the function may run. `None`: it needs no permit.
    ///
    /// # Cancel safety
    /// The caller leaves the line, or the permit goes to the next.
    pub(crate) async fn permit(&self, request: Request<'_>) -> Option<LoadPermit> {
        let limit = request.limit()?;
        if let Some(permit) = limit.try_permit() {
            return Some(permit);
        }
        let _queued = self.queued.enter();
        // Without a runtime there is no timer.
        if request.admission == Admission::Line || Handle::try_current().is_err() {
            return limit.permit().await;
        }
        let end = clock::now() + self.wait_of(request.site);
        clock::until(end, limit.permit()).await.ok().flatten()
    }

    /// A load with the permit it needs, for a ticket that holds no lease.
    pub(crate) async fn start(&self, request: Request<'_>, ticket: Ticket, left: Left) -> Start {
        let permit = self.permit(request).await;
        Start {
            ticket,
            permit,
            left,
        }
    }

    /// The same for one of which the store hears nothing.
    pub(super) async fn start_uncached(&self, request: Request<'_>) -> Start {
        self.start(request, Ticket::Uncached, Left::NOTHING).await
    }
}
