//! Decides what a call does: take an entry, load with the right to store, or load without.

use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::round::Round;
use super::{Admission, Engine, EntryBytes, Request};
use crate::clock::{self, Instant};
use crate::codec::{Entry, Head, Nonce, read};
use crate::error::{Error, ErrorKind};
use crate::flight::{Turn, Verdict};
use crate::lease::{self, Claim, Lease};
use crate::observe::{Count, warn};
use crate::site::Site;
use crate::store::{Expect, Reply};
use crate::sync::{Arc, spread_between};

/// What to do.
#[derive(Debug)]
pub(crate) enum Plan {
    Hit(Hit),
    Load(Ticket),
    /// The cache cannot be used for this call: it goes in rounds with others of its key, and may wait until then.
    Round(Instant),
}

/// An entry of this function's own type, version and format.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) bytes: EntryBytes,
    /// It says "not found".
    pub(crate) absent: bool,
    /// Another call loaded it while this one waited.
    pub(crate) joined: bool,
}

/// What a load may do with its result.
#[derive(Debug)]
pub(crate) enum Ticket {
    /// Store it, and hand it to those who wait.
    Lead(Turn<Lease>),
    /// Store it in place of the entry with this nonce (a forced reload).
    Replace(Nonce),
    /// Hand it to those who wait for it: the cache cannot be used.
    Round(Round),
    /// Nothing: the cache cannot be used for this call.
    Uncached,
}

/// Whether an entry in the cache may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    /// Take it.
    No,
    /// Take it unless it is the one with this nonce, which turned out not to decode.
    Undecodable(Nonce),
    /// Do not take any: load, and replace it.
    Forced,
}

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

/// What there is to do for a call whose first look was no hit.
pub(super) enum Way {
    Plan(Plan),
    /// A writer is at work: load, store nothing.
    Guarded,
    /// For the load that holds this lease.
    Wait(Nonce),
    Claim(Expect),
}

/// What the key holds, as this call sees it.
pub(super) enum Seen {
    Usable {
        absent: bool,
    },
    /// An entry that this call cannot take.
    Mismatch(Nonce),
    Lease(Nonce),
    /// A writer is at work: load, store nothing.
    Guard,
    Foreign,
}

/// A call cannot go round for ever even if the key changes each time it looks.
pub(super) const ROUNDS: u32 = 64;

impl Engine {
    /// Reads the key; `None` if the cache is not to be trusted with it.
    ///
    /// On a hit this one future, boxed by the store, is all there is: what follows a miss is boxed apart, so that it is
    /// neither moved nor allocated for here.
    pub(crate) fn get<'a>(&'a self, request: Request<'a>) -> Option<Reply<'a, Option<Vec<u8>>>> {
        if self.is_trusted(request) {
            Some(self.store.get(request.key))
        } else {
            None
        }
    }

    /// Whether the cache may be used for this key: not while its deletion is pending.
    pub(super) fn is_trusted(&self, request: Request<'_>) -> bool {
        if self.lost.len() > 0 {
            self.resume();
            if self.lost.holds(request.key, request.site.is_tagged()) {
                self.count(request.site, Count::Bypassed);
                return false;
            }
        }
        true
    }

    /// Judges what [`get`](Self::get) brought: a hit, or what to do about it.
    ///
    /// # Cancel safety
    /// Whatever is claimed on the way is given back, and a turn goes to the next in line.
    pub(crate) fn judge<'a>(
        &'a self,
        request: Request<'a>,
        reload: Reload,
        got: Result<Option<Vec<u8>>, Error>,
    ) -> ControlFlow<Plan, Pin<Box<dyn Future<Output = Plan> + Send + 'a>>> {
        match got {
            Ok(Some(bytes)) => match self.see(&bytes, request, reload) {
                Seen::Usable { absent } => ControlFlow::Break(Plan::Hit(Hit {
                    bytes: EntryBytes::Own(bytes),
                    absent,
                    joined: false,
                })),
                // A miss spawns and sleeps. A hit needs no runtime, so it does not ask for one.
                _ if Handle::try_current().is_err() => ControlFlow::Break(no_runtime(request.site)),
                _ => {
                    let bytes = Some(Bytes::from(bytes));
                    ControlFlow::Continue(Box::pin(self.miss(request, reload, bytes)))
                }
            },
            Ok(None) if Handle::try_current().is_err() => {
                ControlFlow::Break(no_runtime(request.site))
            }
            Ok(None) => ControlFlow::Continue(Box::pin(self.miss(request, reload, None))),
            Err(error) => {
                self.uncached(request, &error);
                ControlFlow::Break(self.in_rounds())
            }
        }
    }

    /// From the first look at something that cannot be taken.
    async fn miss(&self, request: Request<'_>, reload: Reload, first: Option<Bytes>) -> Plan {
        if reload != Reload::Forced {
            self.count(request.site, Count::Miss);
        }
        let key: Arc<str> = Arc::from(request.key);
        let mut end = clock::now() + self.settings.wait;
        let mut bytes = first;
        for _ in 0..ROUNDS {
            let step = match self.step(request, reload, &key, bytes, &mut end).await {
                Ok(step) => step,
                Err(error) => {
                    self.uncached(request, &error);
                    return Plan::Round(end);
                }
            };
            match step {
                ControlFlow::Break(plan) => return plan,
                ControlFlow::Continue(next) => bytes = next,
            }
        }
        self.count(request.site, Count::WaitExpired);
        Plan::Load(Ticket::Uncached)
    }

    /// One look: ends in a plan, or in what the key holds now. `end` is when waiting for other loads is over; standing in
    /// line for a permit is no such waiting, and moves it.
    pub(super) async fn step(
        &self,
        request: Request<'_>,
        reload: Reload,
        key: &Arc<str>,
        bytes: Option<Bytes>,
        end: &mut Instant,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        match self.way(request, reload, bytes) {
            Way::Plan(plan) => Ok(ControlFlow::Break(plan)),
            Way::Guarded => Ok(ControlFlow::Break(Plan::Round(*end))),
            Way::Wait(nonce) => self.wait(request, key, nonce, *end).await,
            Way::Claim(expect) if request.site.limit().is_set() => {
                let began = clock::now();
                let claimed = self.claim(request, key, expect).await;
                *end += clock::now() - began;
                claimed
            }
            Way::Claim(expect) => self.claim(request, key, expect).await,
        }
    }

    /// What there is to do about what the key holds.
    pub(super) fn way(&self, request: Request<'_>, reload: Reload, bytes: Option<Bytes>) -> Way {
        let Some(bytes) = bytes else {
            return Way::Claim(Expect::Missing);
        };
        match self.see(&bytes, request, reload) {
            Seen::Usable { absent } => Way::Plan(Plan::Hit(Hit {
                bytes: EntryBytes::Shared(bytes),
                absent,
                joined: true,
            })),
            Seen::Guard => Way::Guarded,
            Seen::Lease(nonce) => Way::Wait(nonce),
            // A forced reload leaves the entry where it is until its successor is there.
            Seen::Mismatch(nonce) if reload == Reload::Forced => {
                Way::Plan(Plan::Load(Ticket::Replace(nonce)))
            }
            Seen::Mismatch(nonce) => {
                self.count(request.site, Count::Mismatch);
                Way::Claim(Expect::Nonce(nonce))
            }
            Seen::Foreign => {
                self.count(request.site, Count::Foreign);
                Way::Claim(Expect::foreign(&bytes))
            }
        }
    }

    pub(super) fn see(&self, bytes: &[u8], request: Request<'_>, reload: Reload) -> Seen {
        match read(bytes) {
            // Of any length: it must not be taken for something that may be replaced.
            Entry::Guard(_) => Seen::Guard,
            // More than this cache would ever store, so nothing of its own making; it is never decoded.
            _ if bytes.len() > self.settings.max_value_bytes => Seen::Foreign,
            Entry::Value { head, .. } => Self::see_entry(head, request, reload, false),
            Entry::Absent { head } => Self::see_entry(head, request, reload, true),
            // A forced reload does not wait for a load that may have begun long before it: it replaces the lease.
            Entry::Lease(nonce) if reload == Reload::Forced => Seen::Mismatch(nonce),
            Entry::Lease(nonce) => Seen::Lease(nonce),
            Entry::Stale { head, .. } => Seen::Mismatch(head.nonce),
            Entry::Foreign => Seen::Foreign,
        }
    }

    fn see_entry(head: Head, request: Request<'_>, reload: Reload, absent: bool) -> Seen {
        let own = head.format == request.format.id()
            && head.flags == 0
            && head.fingerprint == request.fingerprint;
        let wanted = match reload {
            Reload::No => true,
            Reload::Undecodable(nonce) => nonce != head.nonce,
            Reload::Forced => false,
        };
        if own && wanted {
            Seen::Usable { absent }
        } else {
            Seen::Mismatch(head.nonce)
        }
    }

    /// Claims the key, together with those who want the same.
    async fn claim(
        &self,
        request: Request<'_>,
        key: &Arc<str>,
        expect: Expect,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        let mut turn = None;
        let send = async |permit| {
            let nonce = Nonce::fresh();
            let opened = self.flights.open(key, nonce);
            let lease = self.settings.lease;
            match lease::claim(&self.store, key, expect, nonce, lease).await? {
                Claim::Mine(lease) => {
                    opened.arm(lease);
                    opened.permit(permit);
                    turn = Some(opened);
                    Ok(Sight::Opened(nonce))
                }
                Claim::Other(bytes) => Ok(Sight::Other(Bytes::from(bytes))),
            }
        };
        let limit = request.site.limit();
        let sight = if limit.is_set() && request.admission == Admission::Free {
            // The head of the lane may wait for the permit that this call, or a body around it, has.
            send(None).await
        } else {
            let wanted = Wanted {
                key: Arc::clone(key),
                limit: if limit.is_set() {
                    core::ptr::from_ref(limit).addr()
                } else {
                    0
                },
                nested: limit.is_set() && request.admission == Admission::Nested,
            };
            let permit = self.permit(request);
            self.claims.share(&wanted, permit, send).await
        }?;
        if let Some(turn) = turn {
            return Ok(ControlFlow::Break(Plan::Load(Ticket::Lead(turn))));
        }
        match sight {
            Sight::Other(bytes) => Ok(ControlFlow::Continue(Some(bytes))),
            // Over before this caller came aboard: look again.
            Sight::Opened(nonce) if self.flights.find(key, nonce).is_none() => self.look(key).await,
            // What the claim wrote is what a GET would have shown.
            Sight::Opened(nonce) => Ok(ControlFlow::Continue(Some(Bytes::copy_from_slice(
                &crate::codec::lease(nonce),
            )))),
        }
    }

    async fn look(&self, key: &str) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        let bytes = self.store.get(key).await?;
        Ok(ControlFlow::Continue(bytes.map(Bytes::from)))
    }

    /// Waits for the load that holds the lease `nonce`, of this process or another.
    async fn wait(
        &self,
        request: Request<'_>,
        key: &Arc<str>,
        nonce: Nonce,
        end: Instant,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        let seat = self.flights.join(key, nonce);
        let Ok(waited) = clock::until(end, seat.wait()).await else {
            self.count(request.site, Count::WaitExpired);
            return Ok(ControlFlow::Break(Plan::Load(Ticket::Uncached)));
        };
        match waited {
            Ok(Verdict::Entry(bytes)) => Ok(ControlFlow::Continue(Some(bytes))),
            Ok(Verdict::Over) => self.look(key).await,
            Ok(Verdict::Alone) => Ok(ControlFlow::Break(Plan::Load(Ticket::Uncached))),
            Ok(Verdict::Away) => Ok(ControlFlow::Break(Plan::Round(end))),
            // The one before this caller gave up: same lease, this caller's body. The body begins after the claim and
            // the fill still compares the nonce, so the change of hands opens no window.
            Err(turn) if turn.loads() => self.take_over(request, turn).await,
            Err(turn) => self.poll(request, &turn, end).await,
        }
    }

    async fn take_over(
        &self,
        request: Request<'_>,
        turn: Turn<Lease>,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        if request.may_take_over(&turn) {
            return Ok(ControlFlow::Break(Plan::Load(Ticket::Lead(turn))));
        }
        // The lease goes back, and everybody aboard claims anew, in line for a permit.
        if let Some(lease) = turn.end(Verdict::Over) {
            lease.release().await;
        }
        self.look(turn.key()).await
    }

    /// Looks at another process's lease until it changes, on behalf of everybody here who waits for it.
    async fn poll(
        &self,
        request: Request<'_>,
        turn: &Turn<Lease>,
        end: Instant,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        // Those with the same lease to wait for are aboard; without this one polling, the next in line does.
        let mut pause = 5;
        loop {
            if clock::now() >= end {
                self.count(request.site, Count::WaitExpired);
                return Ok(ControlFlow::Break(Plan::Load(Ticket::Uncached)));
            }
            clock::sleep(Duration::from_millis(spread_between(pause / 2 + 2, pause))).await;
            pause = (pause * 2).min(50);
            let got = self.store.get(turn.key()).await;
            if got.is_err() {
                // One after the other, each of those who wait would find out the same.
                drop(turn.end(Verdict::Away));
            }
            let bytes = got?.map(Bytes::from);
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

    /// The plan of a call whose first look brought nothing.
    pub(crate) fn in_rounds(&self) -> Plan {
        Plan::Round(clock::now() + self.settings.wait)
    }

    pub(super) fn uncached(&self, request: Request<'_>, error: &Error) -> Ticket {
        if error.kind() == ErrorKind::WrongType {
            self.count(request.site, Count::Foreign);
        }
        self.failed(request.site, error);
        Ticket::Uncached
    }
}

#[cold]
pub(super) fn no_runtime(site: &'static Site) -> Plan {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        warn(format_args!(
            "`{}` was called outside a tokio runtime, so it runs uncached (said once)",
            site.path()
        ));
    }
    Plan::Load(Ticket::Uncached)
}
