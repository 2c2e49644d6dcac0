//! The connections to one server.
//!
//! Keys are spread over the connections, if there are several: what is sent for one key stays in order. Replies come in the
//! order of their commands, so a large value would delay everything behind it: those travel on a connection of their own,
//! which is opened when the first one is seen.

use core::fmt;
use core::num::NonZero;

use super::cluster::slot_of;
use super::connect::Endpoint;
use super::place::Place;
use super::policy::Policy;
use super::source::Source;
use super::together::join;
use crate::clock;
use crate::error::Error;
use crate::observe::ServerInfo;
use crate::size::Size;
use crate::sync::{Arc, OnceLock};

/// One server.
pub(super) struct Server {
    /// For everything but large values.
    first: Arc<Endpoint>,
    /// Likewise.
    others: Box<[Arc<Endpoint>]>,
    large: OnceLock<Arc<Endpoint>>,
    /// For deletions, if they are to be confirmed.
    confirming: Option<Arc<Endpoint>>,
}

/// Which connection a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The one of this number, counted round; the next while it is not there.
    Stripe(u16),
    /// That for large values.
    Large,
    /// That for deletions which replicas have to confirm.
    Confirmed,
}

impl Lane {
    /// Of what is about no key, and of what belongs to one connection.
    pub(super) const FIRST: Self = Self::Stripe(0);

    pub(super) fn of(key: &str, size: Size, stripes: NonZero<u8>) -> Self {
        match size {
            Size::Large | Size::Huge => Self::Large,
            Size::Ordinary if stripes.get() == 1 => Self::FIRST,
            Size::Ordinary => Self::Stripe(slot_of(key)),
        }
    }
}

impl Server {
    /// `slot` is one that it owns, if it is a node of a cluster.
    pub(super) fn new(
        source: impl Into<Source>,
        policy: &Arc<Policy>,
        slot: Option<u16>,
    ) -> Arc<Self> {
        Self::at(&Place::new(source.into(), policy, slot))
    }

    /// A replica that is only read from.
    pub(super) fn reader(source: impl Into<Source>, policy: &Arc<Policy>) -> Arc<Self> {
        Self::at(&Place::reader(source.into(), policy))
    }

    fn at(place: &Arc<Place>) -> Arc<Self> {
        let policy = &place.policy;
        let first = Endpoint::new(Arc::clone(place));
        let others = (1..policy.connections.get()).map(|_| first.another());
        let others: Box<[_]> = others.collect();
        if !others.is_empty() {
            let all = core::iter::once(&first).chain(&others);
            place.stripe(all.map(|one| one.link()).collect());
        }
        let confirming = policy.confirm.as_ref().filter(|_| !place.is_reader);
        let confirming = confirming.map(|_| first.confirming());
        Arc::new(Self {
            confirming,
            first,
            others,
            large: OnceLock::new(),
        })
    }

    pub(super) fn policy(&self) -> &Policy {
        self.first.policy()
    }

    /// Connects, and waits for the first attempt, a second at most. The other connections follow in the background.
    ///
    /// # Errors
    /// As for [`Endpoint::start`].
    pub(super) async fn start(self: &Arc<Self>) -> Result<(), Error> {
        let first = core::iter::once(&self.first).chain(&self.confirming);
        // At the same time. What becomes of the second shows when something is deleted.
        let mut started = join(first.map(Endpoint::start)).await;
        self.others.iter().for_each(Endpoint::supervise);
        started.swap_remove(0)
    }

    /// Connects in the background.
    pub(super) fn open(&self) {
        self.stripes().for_each(Endpoint::supervise);
    }

    pub(super) fn is_live(&self) -> bool {
        self.stripes().any(|one| one.is_live())
    }

    fn stripes(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        core::iter::once(&self.first).chain(&self.others)
    }

    /// What it is, while there is a connection.
    pub(super) fn info(&self) -> Option<ServerInfo> {
        self.stripes().find_map(|one| one.info())
    }

    /// Where it is, without user and password.
    pub(super) fn address(&self) -> String {
        self.first.place().source.address()
    }

    /// Whether sentinels say where it is.
    pub(super) fn may_move(&self) -> bool {
        self.first.place().source.may_move()
    }

    /// A key of the namespace that nothing is stored under, in a slot of its own.
    pub(super) fn probe(&self) -> &str {
        &self.first.place().probe
    }

    /// Why there is no connection, if that is known.
    pub(super) fn trouble(&self) -> Option<Error> {
        self.first.latest_trouble()
    }

    /// The place of the connection that a command takes.
    pub(super) fn endpoint(&self, lane: Lane) -> &Arc<Endpoint> {
        let large = match lane {
            Lane::Stripe(_) if self.others.is_empty() => return &self.first,
            Lane::Stripe(number) => return self.stripe(number),
            Lane::Large => self.open_large(),
            Lane::Confirmed => return self.confirming(),
        };
        // A server that lets nobody open another connection still serves large values. One that was lost is not replaced
        // by the first: what killed it might kill that as well.
        if large.was_live() {
            large
        } else {
            // As below: there may be nobody who still tries.
            large.supervise();
            self.endpoint(Lane::FIRST)
        }
    }

    /// Without the connection on which they could be confirmed, deletions are still made.
    fn confirming(&self) -> &Arc<Endpoint> {
        if let Some(confirming) = &self.confirming {
            if confirming.is_live() {
                return confirming;
            }
            confirming.supervise();
        }
        self.endpoint(Lane::FIRST)
    }

    fn stripe(&self, number: u16) -> &Arc<Endpoint> {
        let count = self.others.len() + 1;
        let at = |place: usize| match place % count {
            0 => &self.first,
            other => &self.others[other - 1],
        };
        let own = usize::from(number) % count;
        if at(own).is_live() {
            return at(own);
        }
        // The runtime that its supervisor ran on may be gone.
        at(own).supervise();
        let mut next = (own + 1..own + count).map(at);
        next.find(|one| one.is_live()).unwrap_or(at(own))
    }

    /// Sees to it that there will be a connection for large values.
    pub(super) fn open_large(&self) -> &Arc<Endpoint> {
        self.large.get_or_init(|| {
            let large = self.first.apart();
            large.supervise();
            large
        })
    }

    /// Waits until the first attempt to open that connection has ended, for the deadline at most.
    pub(super) async fn large(&self) {
        let large = self.open_large();
        if !large.was_live() {
            // What became of it shows in the next command.
            let _ = clock::within(large.deadline(), large.start()).await;
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)
    }
}
