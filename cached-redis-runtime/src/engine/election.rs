//! Who loads a due entry anew: one caller of all processes.
//!
//! A key beside the entry's keeps duplicates down, and no more than that. What keeps the result right is the nonce: the
//! load stores only in place of the very entry that its caller has read. Should two be elected, because the key was lost, one
//! of them stores and the other is refused.
//!
//! The elected one looks at the entry once more. Who was elected before him has stored before he gave up the key, so a
//! caller who comes late sees that there is nothing left to do.

use core::fmt;
use core::time::Duration;

use tokio::runtime::Handle;

use super::background::Seat;
use super::patience::{Left, Patience};
use super::reloads::{Refusal, UnderWay};
use super::{Engine, Request, Start, Ticket};
use crate::clock;
use crate::codec::{Entry, Nonce, read};
use crate::error::Error;
use crate::lease::{self, Claim, Lease};
use crate::observe::Count;
use crate::site::LoadPermit;
use crate::store::Expect;
use crate::sync::Arc;

/// What the key of an election begins with, behind the namespace, as those of tags do.
const PREFIX: &str = "%reload:";

/// How long a process leaves an entry alone that another one is loading anew. A new entry in its place is not left alone.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// A caller who may load a due entry anew, if no other process is at it.
#[derive(Debug)]
pub(crate) struct Candidate {
    under_way: UnderWay,
    permit: Option<LoadPermit>,
    /// In the background.
    seat: Option<Seat>,
}

/// The right to load a due entry anew. Dropped, it is given up: the next one who comes by is elected. If that is because the
/// body panicked, it counts as a load that failed.
pub(crate) struct Election {
    under_way: UnderWay,
    lease: Option<Lease>,
    retry: Duration,
}

impl Engine {
    /// Stands for election, as far as this process is concerned. Nothing is sent, and nobody waits: without a permit to be
    /// had at once the body does not run, and with `in_background` not without a seat there.
    pub(crate) fn stand(
        &self,
        request: Request<'_>,
        nonce: Nonce,
        in_background: bool,
    ) -> Option<Candidate> {
        // Without a runtime there is nothing to renew a lease with.
        Handle::try_current().ok()?;
        let candidate = self.admit(request, nonce, in_background);
        if let Err(refusal) = candidate {
            self.refuse(request, refusal);
        }
        candidate.ok()
    }

    fn admit(
        &self,
        request: Request<'_>,
        nonce: Nonce,
        in_background: bool,
    ) -> Result<Candidate, Refusal> {
        let under_way = self.reloads.begin(request.key, nonce, clock::now())?;
        let permit = request.permit_at_once()?;
        let seat = if in_background {
            Some(self.background.seat().ok_or(Refusal::Busy)?)
        } else {
            None
        };
        Ok(Candidate {
            under_way,
            permit,
            seat,
        })
    }

    fn refuse(&self, request: Request<'_>, refusal: Refusal) {
        let what = match refusal {
            Refusal::Taken => Count::RefreshSkipped,
            Refusal::Busy => Count::RefreshRejected,
        };
        self.count(request.site, what);
    }

    /// Waits for the end of a load of this entry that somebody else here has begun. `false`: there is none, or it takes
    /// longer than that.
    pub(crate) async fn end_of_reload(
        &self,
        request: Request<'_>,
        nonce: Nonce,
        most: Duration,
    ) -> bool {
        let ended = clock::within(most, self.reloads.end_of(request.key, nonce));
        self.waiting(request.site, ended).await.unwrap_or(false)
    }

    /// Asks the other processes, as long as there is time `left`. `None`: somebody else sees to the entry, or has, or the
    /// store does not say. Must be called in a runtime.
    ///
    /// # Cancel safety
    /// What may have been won is given up in the background.
    pub(crate) async fn elect(
        &self,
        request: Request<'_>,
        candidate: Candidate,
        left: Left,
    ) -> Option<Start> {
        let patience = Patience::with(&self.settings, left);
        let retry = self.settings.refresh_retry;
        let mut under_way = candidate.under_way;
        let asked = self.ask(request, &mut under_way, patience).await;
        let lease = asked.unwrap_or_else(|error| {
            under_way.leave_until(clock::now() + retry);
            self.failed(request.site, &error);
            None
        })?;
        self.count(request.site, Count::Refresh);
        Some(Start {
            ticket: Ticket::Reload(Box::new(Election {
                under_way,
                lease: Some(lease),
                retry,
            })),
            permit: candidate.permit,
            left: patience.left(),
        })
    }

    /// Claims the election's key, and looks at the entry once more.
    async fn ask(
        &self,
        request: Request<'_>,
        under_way: &mut UnderWay,
        patience: Patience,
    ) -> Result<Option<Lease>, Error> {
        let key: Arc<str> = Arc::from(self.key_of_election(request.key));
        let (nonce, duration) = (Nonce::fresh(), self.lease_of(request.site));
        let family = self.counters(request.site).shared();
        let claim = lease::claim(&self.store, &key, Expect::Missing, nonce, duration, &family);
        let Claim::Mine(lease) = patience.spend(claim).await? else {
            under_way.leave_until(clock::now() + ASK_AGAIN.min(self.settings.refresh_retry));
            self.refuse(request, Refusal::Taken);
            return Ok(None);
        };
        let look = patience
            .spend(self.store.get(request.key, request.site.size()))
            .await?;
        let found = look.bytes.as_deref().and_then(nonce_of);
        if found == Some(under_way.nonce()) && !self.is_lost(request) {
            return Ok(Some(lease));
        }
        self.refuse(request, Refusal::Taken);
        Ok(None)
    }

    fn key_of_election(&self, key: &str) -> String {
        let namespace = &self.settings.namespace;
        let key = key.strip_prefix(namespace.as_str()).unwrap_or(key);
        format!("{namespace}{PREFIX}{key}")
    }
}

/// Of an entry that could be replaced.
fn nonce_of(bytes: &[u8]) -> Option<Nonce> {
    match read(bytes) {
        Entry::Value { head, .. } | Entry::Absent { head } => Some(head.nonce),
        _ => None,
    }
}

impl Candidate {
    /// Its seat in the background, to be kept until the end.
    pub(crate) fn take_seat(&mut self) -> Option<Seat> {
        self.seat.take()
    }
}

impl Election {
    /// The entry that is to be replaced.
    pub(crate) fn nonce(&self) -> Nonce {
        self.under_way.nonce()
    }

    /// What was to be stored has been, or is not to be.
    pub(super) async fn won(mut self) {
        if let Some(lease) = self.lease.take() {
            lease.release().await;
        }
    }

    /// Nobody tries again for a while, here or elsewhere.
    pub(crate) async fn failed(mut self) {
        self.under_way.leave_until(clock::now() + self.retry);
        if let Some(lease) = self.lease.take() {
            lease.leave_behind(self.retry).await;
        }
    }
}

impl Drop for Election {
    fn drop(&mut self) {
        let (true, Some(lease)) = (std::thread::panicking(), self.lease.take()) else {
            return;
        };
        self.under_way.leave_until(clock::now() + self.retry);
        // While the runtime shuts down, the key's own expiry has to do.
        if let Ok(runtime) = Handle::try_current() {
            let retry = self.retry;
            drop(runtime.spawn(async move { lease.leave_behind(retry).await }));
        }
    }
}

impl fmt::Debug for Election {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Election").finish_non_exhaustive()
    }
}
