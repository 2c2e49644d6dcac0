//! Decides what a call does: take an entry, load with the right to store, or load without.

use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::runtime::Handle;

use super::patience::{Left, Patience};
use super::round::Round;
use super::{Election, Engine, EntryBytes, Request};
use crate::clock::{self, Instant, Sent};
use crate::codec::{Entry, Head, Nonce, read};
use crate::error::{Error, ErrorKind};
use crate::flight::Turn;
use crate::lease::Lease;
use crate::observe::{Count, warn};
use crate::site::Site;
use crate::store::{Expect, Look, Reply};
use crate::sync::Arc;

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
    /// When the store was asked for it.
    pub(crate) sent: Option<Sent>,
    /// A replica said it: before anything is done about the entry, the primary is asked.
    pub(crate) secondhand: bool,
}

/// What a load may do with its result.
#[derive(Debug)]
pub(crate) enum Ticket {
    /// Store it, and hand it to those who wait.
    Lead(Turn<Lease>),
    /// Store it in place of the entry with this nonce (a forced reload).
    Replace(Nonce),
    /// Store it in place of the entry that was due. Boxed, since the future of every call has room for a ticket.
    Reload(Box<Election>),
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

/// The plan of a call that found nothing to take, and how long it may still wait for the store.
pub(crate) type Missing<'a> = Pin<Box<dyn Future<Output = (Plan, Left)> + Send + 'a>>;

/// What there is to do for a call whose first look was no hit.
pub(super) enum Way {
    Plan(Plan),
    /// A writer is at work: load, store nothing.
    Guarded,
    /// For the load that holds this lease.
    Wait(Nonce),
    Claim(Expect),
}

/// What the first look brought, when it could not be taken.
struct First {
    bytes: Option<Bytes>,
    sent: Option<Sent>,
    secondhand: bool,
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
    pub(crate) fn get<'a>(&'a self, request: Request<'a>) -> Option<Reply<'a, Look>> {
        if self.is_trusted(request) {
            Some(self.store.look(request.key, request.site.size()))
        } else {
            None
        }
    }

    /// [`get`](Self::get) from where the key is decided about.
    pub(crate) fn get_first_hand<'a>(&'a self, request: Request<'a>) -> Option<Reply<'a, Look>> {
        let trusted = self.is_trusted(request);
        trusted.then(|| self.store.get(request.key, request.site.size()))
    }

    /// Whether the cache may be used for this key: not while its deletion is pending.
    pub(super) fn is_trusted(&self, request: Request<'_>) -> bool {
        if self.lost.len() > 0 {
            self.resume();
            if self.is_lost(request) {
                self.count(request.site, Count::Bypassed);
                return false;
            }
        }
        true
    }

    /// Whether the deletion of this key is pending.
    pub(super) fn is_lost(&self, request: Request<'_>) -> bool {
        self.lost.holds(request.key, request.site.is_tagged())
    }

    /// Judges what [`get`](Self::get) brought: a hit, or what to do about it.
    ///
    /// # Cancel safety
    /// Whatever is claimed on the way is given back, and a turn goes to the next in line.
    pub(crate) fn judge<'a>(
        &'a self,
        request: Request<'a>,
        reload: Reload,
        got: Result<Look, Error>,
    ) -> ControlFlow<Plan, Missing<'a>> {
        let Look {
            bytes,
            sent,
            secondhand,
        } = match got {
            Ok(look) => look,
            Err(error) => {
                self.uncached(request, &error);
                return ControlFlow::Break(self.in_rounds(request.site));
            }
        };
        if let Some(bytes) = &bytes {
            request.site.saw(bytes.len());
        }
        match bytes {
            Some(bytes) => match self.see(&bytes, request, reload) {
                Seen::Usable { absent } => ControlFlow::Break(Plan::Hit(Hit {
                    bytes: EntryBytes::Own(bytes),
                    absent,
                    joined: false,
                    sent,
                    secondhand,
                })),
                // A miss spawns and sleeps. A hit needs no runtime, so it does not ask for one.
                _ if Handle::try_current().is_err() => ControlFlow::Break(no_runtime(request.site)),
                _ => {
                    let first = First {
                        bytes: Some(Bytes::from(bytes)),
                        sent,
                        secondhand,
                    };
                    ControlFlow::Continue(Box::pin(self.miss(request, reload, first)))
                }
            },
            None if Handle::try_current().is_err() => ControlFlow::Break(no_runtime(request.site)),
            None => {
                let first = First {
                    bytes: None,
                    sent,
                    secondhand,
                };
                ControlFlow::Continue(Box::pin(self.miss(request, reload, first)))
            }
        }
    }

    /// From the first look, for which something was sent then, at something that cannot be taken.
    async fn miss(&self, request: Request<'_>, reload: Reload, first: First) -> (Plan, Left) {
        if reload != Reload::Forced {
            self.count(request.site, Count::Miss);
        }
        let key: Arc<str> = Arc::from(request.key);
        let wait = self.wait_of(request.site);
        let mut patience = Patience::since(&self.settings, wait, first.sent);
        let mut bytes = first.bytes;
        if first.secondhand {
            match self.look(request, patience).await {
                Ok(ControlFlow::Continue(own)) => bytes = own,
                Ok(ControlFlow::Break(plan)) => return (plan, patience.left()),
                Err(error) => {
                    self.uncached(request, &error);
                    return (Plan::Round(patience.end()), Left::NOTHING);
                }
            }
        }
        for _ in 0..ROUNDS {
            let step = self.step(request, reload, &key, bytes, &mut patience);
            match step.await {
                Ok(ControlFlow::Break(plan)) => return (plan, patience.left()),
                Ok(ControlFlow::Continue(next)) => bytes = next,
                Err(error) => {
                    self.uncached(request, &error);
                    return (Plan::Round(patience.end()), Left::NOTHING);
                }
            }
        }
        self.count(request.site, Count::WaitExpired);
        (Plan::Load(Ticket::Uncached), Left::NOTHING)
    }

    /// One look: ends in a plan, or in what the key holds now.
    pub(super) async fn step(
        &self,
        request: Request<'_>,
        reload: Reload,
        key: &Arc<str>,
        bytes: Option<Bytes>,
        patience: &mut Patience,
    ) -> Result<ControlFlow<Plan, Option<Bytes>>, Error> {
        match self.way(request, reload, bytes) {
            Way::Plan(plan) => Ok(ControlFlow::Break(plan)),
            Way::Guarded => Ok(ControlFlow::Break(Plan::Round(patience.end()))),
            Way::Wait(nonce) => self.wait(request, key, nonce, patience).await,
            Way::Claim(expect) => self.claim(request, key, expect, patience).await,
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
                sent: None,
                secondhand: false,
            })),
            Seen::Guard => Way::Guarded,
            Seen::Lease(nonce) if request.site.lock().waits() => Way::Wait(nonce),
            // Whoever holds it will store; without waiting for that there is nothing to store with.
            Seen::Lease(_) => Way::Plan(Plan::Load(Ticket::Uncached)),
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

    /// The plan of a call whose first look brought nothing.
    pub(crate) fn in_rounds(&self, site: &Site) -> Plan {
        Plan::Round(clock::now() + self.wait_of(site))
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
