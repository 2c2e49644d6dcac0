//! A load that goes on in the background. Its caller has been answered; nobody waits for it, and it ends with the cache.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use super::TagList;
use crate::cache::context::Detached;
use crate::clock;
use crate::codec::Format;
use crate::engine::{
    Admission, Candidate, Engine, Loading, Membership, Outcome, Registration, Request, Start,
    Ticket,
};
use crate::observe::{Count, Trace};
use crate::site::Site;
use crate::sync::Weak;
use crate::ttl::Lifetimes;

/// A body that says only what is to be done with its result.
pub(super) type Body = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One entry that is to be loaded anew in the background.
pub(super) struct Refresh {
    pub(super) engine: Weak<Engine>,
    pub(super) site: &'static Site,
    pub(super) key: String,
    pub(super) lifetimes: Lifetimes,
    pub(super) format: Format,
    pub(super) fingerprint: u64,
    pub(super) candidate: Candidate,
    /// By then the entry is gone that it could replace.
    pub(super) most: Duration,
    pub(super) tags: Vec<String>,
    pub(super) context: Detached,
    pub(super) early: bool,
}

/// Of which entry, and what becomes of it.
struct Entry {
    site: &'static Site,
    key: String,
    lifetimes: Lifetimes,
    format: Format,
    fingerprint: u64,
}

impl Entry {
    fn request(&self) -> Request<'_> {
        Request {
            site: self.site,
            key: &self.key,
            lifetimes: self.lifetimes,
            format: self.format,
            fingerprint: self.fingerprint,
            // It has what it needs.
            admission: Admission::Free,
        }
    }
}

impl Refresh {
    /// The tags of the entry, as the call's arguments have them.
    pub(super) fn tagged(&mut self, mut tags: TagList) {
        self.tags = tags.take();
    }

    /// Begins the load, and returns at once.
    pub(super) fn begin(self, body: Body) {
        if let Some(engine) = self.engine.upgrade() {
            engine.go_on(self.run(body));
        }
    }

    async fn run(self, body: Body) {
        let Self {
            engine,
            site,
            key,
            lifetimes,
            format,
            fingerprint,
            mut candidate,
            most,
            tags,
            context,
            early,
        } = self;
        let entry = Entry {
            site,
            key,
            lifetimes,
            format,
            fingerprint,
        };
        let _seat = candidate.take_seat();
        let Some((start, registration)) = right(&engine, &entry, candidate, tags).await else {
            return;
        };
        let Some(mut loading) = begin(&engine, &entry, early) else {
            return;
        };
        let Start {
            ticket,
            permit,
            left,
        } = start;
        // A body that hangs keeps neither its seat nor its permit for ever, and counts as one that failed. Until the entry's whole
        // life has passed once more its result may be of use, whatever the clocks say that wrote and read it.
        let traced = context.run(body, Trace::load(site.family()));
        let ended = clock::within(most, traced).await;
        let outcome = ended.unwrap_or(Some(Outcome::Failed));
        // The body has ended.
        drop(permit);
        let (Some(outcome), Some(engine)) = (outcome, engine.upgrade()) else {
            return;
        };
        let cost = loading.end(matches!(outcome, Outcome::Failed));
        let outcome = match &registration {
            Some(registration) => registration.permit(outcome),
            None => outcome,
        };
        engine
            .finish(entry.request(), ticket, outcome, (cost, left))
            .await;
    }
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh").finish_non_exhaustive()
    }
}

/// The right to load the entry, which is then under its tags.
async fn right(
    engine: &Weak<Engine>,
    entry: &Entry,
    candidate: Candidate,
    tags: Vec<String>,
) -> Option<(Start, Option<Registration>)> {
    let engine = engine.upgrade()?;
    let left = engine.left(None);
    let mut start = engine.elect(entry.request(), candidate, left).await?;
    if tags.is_empty() {
        return Some((start, None));
    }
    let memberships = tags.into_iter().map(|tag| Membership {
        tag,
        members: vec![entry.key.clone()],
    });
    let memberships = memberships.collect();
    let registered = engine.register(
        entry.site,
        memberships,
        (entry.lifetimes, true),
        &mut start.left,
    );
    if let Some(registration) = registered.await {
        return Some((start, Some(registration)));
    }
    if let Ticket::Reload(election) = start.ticket {
        election.failed().await;
    }
    None
}

/// A body is about to run. `None`: there is no cache any more.
fn begin(engine: &Weak<Engine>, entry: &Entry, early: bool) -> Option<Loading> {
    let loading = engine.upgrade()?.loading(entry.site, &entry.lifetimes);
    if early {
        loading.count(Count::EarlyLoad);
    }
    Some(loading)
}
