//! The right to load, claimed by the callers of one key together: one of them sends the command.

use core::ops::ControlFlow;

use bytes::Bytes;

use super::patience::Patience;
use super::{Admission, Engine, Plan, Request, Ticket};
use crate::clock;
use crate::codec::{self, Nonce};
use crate::error::Error;
use crate::flight::Turn;
use crate::lease::{self, Claim, Lease};
use crate::site::LoadPermit;
use crate::store::Expect;
use crate::sync::Arc;

/// What a claim found, in a form that those who share the command can use.
#[derive(Clone, Debug)]
pub(super) enum Sight {
    /// A load of this process now holds the lease with this nonce.
    Opened(Nonce),
    Other(Bytes),
}

/// The callers who share claims: those of one key who also share a limit, lest one waits behind another for a permit that
/// a body around it holds. Of those, a call inside a body shares only with its like: who waits for ever must not stand
/// before one who may not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    key: Arc<str>,
    limit: usize,
    nested: bool,
}

impl Wanted {
    fn of(request: Request<'_>, key: &Arc<str>) -> Self {
        let limit = request.site.limit();
        Self {
            key: Arc::clone(key),
            limit: if limit.is_set() {
                core::ptr::from_ref(limit).addr()
            } else {
                0
            },
            nested: limit.is_set() && request.admission == Admission::Nested,
        }
    }
}

impl Engine {
    /// Claims the key, together with those who want the same.
    pub(super) async fn claim(
        &self,
        request: Request<'_>,
        key: &Arc<str>,
        expect: Expect,
        patience: &mut Patience,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        let is_limited = request.site.limit().is_set();
        let began = clock::now();
        let (mut turn, mut after_line) = (None, None);
        let command = async |permit| {
            let mut patience = *patience;
            if is_limited {
                patience.stood(began);
            }
            after_line = Some(patience);
            let claim = self.claim_now(request, key, expect, permit, patience);
            let (sight, opened) = claim.await?;
            turn = opened;
            Ok(sight)
        };
        let sight = if is_limited && request.admission == Admission::Free {
            // The head of the lane may wait for the permit that this call, or a body around it, has.
            command(None).await
        } else {
            let wanted = Wanted::of(request, key);
            let shared = self.claims.share(&wanted, self.permit(request), command);
            if is_limited {
                // Those before it in the lane may stand in line for a permit.
                shared.await
            } else {
                patience.spend(shared).await
            }
        };
        match after_line {
            Some(after_line) => *patience = after_line,
            None if is_limited => patience.stood(began),
            None => {}
        }
        match (turn, sight?) {
            (Some(turn), _) => Ok(ControlFlow::Break(Plan::Load(Ticket::Lead(turn)))),
            (None, Sight::Other(bytes)) => Ok(ControlFlow::Continue(Some(bytes))),
            // Over before this caller came aboard: look again.
            (None, Sight::Opened(nonce)) if self.flights.find(key, nonce).is_none() => {
                self.look(request, *patience).await
            }
            // What the claim wrote is what a GET would have shown.
            (None, Sight::Opened(nonce)) => Ok(ControlFlow::Continue(Some(
                Bytes::copy_from_slice(&codec::lease(nonce)),
            ))),
        }
    }

    /// Sends the claim. With the lease comes the turn to load.
    async fn claim_now(
        &self,
        request: Request<'_>,
        key: &Arc<str>,
        expect: Expect,
        permit: Option<LoadPermit>,
        patience: Patience,
    ) -> Result<(Sight, Option<Turn<Lease>>), Error> {
        let nonce = Nonce::fresh();
        let opened = self.flights.open(key, nonce);
        let lease = self.lease_of(request.site);
        let family = self.counters(request.site).shared();
        let claim = lease::claim(&self.store, key, expect, nonce, lease, &family);
        match patience.spend(claim).await? {
            Claim::Mine(lease) => {
                opened.arm(lease);
                opened.permit(permit);
                Ok((Sight::Opened(nonce), Some(opened)))
            }
            Claim::Other(bytes) => Ok((Sight::Other(Bytes::from(bytes)), None)),
        }
    }
}
