//! Waiting for the load that holds a lease: of this process by its flight, of another by looking.

use core::ops::ControlFlow;
use core::pin::pin;
use core::time::Duration;

use bytes::Bytes;

use super::patience::Patience;
use super::{Engine, Plan, Request, Ticket};
use crate::clock;
use crate::codec::{Entry, Nonce, read};
use crate::error::Error;
use crate::flight::{Turn, Verdict};
use crate::lease::Lease;
use crate::observe::Count;
use crate::sync::{Arc, spread_between};

impl Engine {
    /// Reads the key once more.
    pub(super) async fn look(
        &self,
        request: Request<'_>,
        patience: Patience,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        let look = self.store.get(request.key, request.site.size());
        let look = patience.spend(look).await?;
        Ok(ControlFlow::Continue(look.bytes.map(Bytes::from)))
    }

    /// Waits for the load that holds the lease `nonce`, of this process or another.
    pub(super) async fn wait(
        &self,
        request: Request<'_>,
        key: &Arc<str>,
        nonce: Nonce,
        patience: &mut Patience,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        let seat = self.flights.join(key, nonce);
        let began = clock::now();
        let waited = clock::until(patience.end(), seat.wait());
        let waited = self.waiting(request.site, waited).await;
        patience.waited(began);
        let Ok(waited) = waited else {
            self.count(request.site, Count::WaitExpired);
            return Ok(ControlFlow::Break(Plan::Load(Ticket::Uncached)));
        };
        match waited {
            Ok(Verdict::Entry(bytes)) => Ok(ControlFlow::Continue(Some(bytes))),
            Ok(Verdict::Over) => self.look(request, *patience).await,
            Ok(Verdict::Alone) => Ok(ControlFlow::Break(Plan::Load(Ticket::Uncached))),
            Ok(Verdict::Away) => Ok(ControlFlow::Break(Plan::Round(patience.end()))),
            // The one before this caller gave up: same lease, this caller's body. The body begins after the claim and
            // the fill still compares the nonce, so the change of hands opens no window.
            Err(turn) if turn.loads() => self.take_over(request, turn, *patience).await,
            Err(turn) => {
                let began = clock::now();
                let seen = self.poll(request, &turn, *patience);
                let seen = self.waiting(request.site, seen).await;
                patience.waited(began);
                seen
            }
        }
    }

    async fn take_over(
        &self,
        request: Request<'_>,
        turn: Turn<Lease>,
        patience: Patience,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        if request.may_take_over(&turn) && self.tags_outlast(request, &turn) {
            return Ok(ControlFlow::Break(Plan::Load(Ticket::Lead(turn))));
        }
        // The lease goes back, and everybody aboard claims anew, in line for a permit.
        if let Some(lease) = turn.end(Verdict::Over) {
            // What does not go back in time does in the background.
            clock::by(patience.due(), pin!(lease.release())).await;
        }
        self.look(request, patience).await
    }

    /// Looks at another process's lease until it changes, on behalf of everybody here who waits for it.
    async fn poll(
        &self,
        request: Request<'_>,
        turn: &Turn<Lease>,
        patience: Patience,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        // Those with the same lease to wait for are aboard; without this one polling, the next in line does.
        let mut pause = 5;
        loop {
            if patience.has_ended() {
                self.count(request.site, Count::WaitExpired);
                return Ok(ControlFlow::Break(Plan::Load(Ticket::Uncached)));
            }
            clock::sleep(Duration::from_millis(spread_between(pause / 2 + 2, pause))).await;
            pause = (pause * 2).min(50);
            let got = self.store.get(turn.key(), request.site.size()).await;
            if got.is_err() {
                // One after the other, each of those who wait would find out the same.
                drop(turn.end(Verdict::Away));
            }
            let bytes = got?.bytes.map(Bytes::from);
            match bytes.as_deref().map(read) {
                Some(Entry::Lease(nonce)) if nonce == turn.nonce() => {}
                Some(Entry::Value { .. } | Entry::Absent { .. }) => {
                    // The key changed after everybody aboard had read the lease, so this value is news to all.
                    let verdict = bytes.clone().map_or(Verdict::Over, Verdict::Entry);
                    drop(turn.end(verdict));
                    return Ok(ControlFlow::Continue(bytes));
                }
                _ => {
                    drop(turn.end(Verdict::Over));
                    return Ok(ControlFlow::Continue(bytes));
                }
            }
        }
    }
}
