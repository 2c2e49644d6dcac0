//! Tags: keys that are invalidated together.
//!
//! A tag is a set of the full keys of its members. Whoever is about to load puts his key there *before* the body begins,
//! and keeps it there for as long as what he stores may live. An invalidation reads the set and deletes what it names.
//! It either finds the key, and then the deletion takes the nonce without which the load cannot store, or deletes what
//! it stored; or it had read the set before the key was put there, and then the body began after the write it is for.
//!
//! A member leaves by expiry only. An invalidation that took away the members it had deleted would take away those of
//! loads that began since: a key that was deleted, claimed and put there again looks as it did before.

use core::time::Duration;

use tokio::task::AbortHandle;

use super::invalidate::outage;
use super::patience::{Left, Patience, Series};
use super::swept::Swept;
use super::{Engine, Guards, Outcome, Request, Start, Ticket};
use crate::clock::{self, Instant};
use crate::error::{Error, ErrorKind};
use crate::flight::{Turn, Verdict};
use crate::lease::Lease;
use crate::observe::Count;
use crate::site::Site;
use crate::store::{BATCH, Cursor, Deleted, Gone, Store, Tagging};
use crate::sync::{Arc, Mutex, Weak};
use crate::ttl::{Life, Lifetimes};

/// What a tag's key begins with, behind the namespace. No value can forge it, since in a value no small letter follows a
/// percent sign, and no template may have it in its text.
const PREFIX: &str = "%tag:";

/// What the tags of one cache begin with.
pub(crate) fn tag_prefix(namespace: &str) -> String {
    format!("{namespace}{PREFIX}")
}

/// Keys that belong under one tag.
#[derive(Debug)]
pub(crate) struct Membership {
    pub(crate) tag: String,
    pub(crate) members: Vec<String>,
}

/// What is kept under its tags while a body runs.
///
/// Local time decides only whether this process has kept its part. A registration lives as long as the entry may, and
/// three leases: a fill is at most one lease away from here, by [`holds`](Self::holds); on its way to a server that
/// hangs it may be overtaken by a renewal of its lease, and is then executed within two.
#[derive(Debug)]
pub(crate) struct Registration {
    latest: Arc<Mutex<Instant>>,
    lease: Duration,
    keeper: AbortHandle,
}

impl Registration {
    /// Whether the members are there now, and were all the while.
    fn holds(&self) -> bool {
        clock::now().saturating_duration_since(*self.latest.lock()) <= self.lease
    }

    /// What may be done with the result of the body: to be found by an invalidation is the condition for being stored.
    pub(crate) fn permit(&self, outcome: Outcome) -> Outcome {
        match outcome {
            outcome if self.holds() => outcome,
            Outcome::Value(bytes, _) => Outcome::Unstored(Some(bytes)),
            Outcome::Absent => Outcome::Unstored(None),
            outcome => outcome,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Engine {
    /// Puts keys under their tags, before the body that is to make their entries begins, as long as there is time `left`.
    /// `None`: nothing may be stored.
    /// Must be called in a runtime.
    ///
    /// # Cancel safety
    /// What was put there expires.
    pub(crate) async fn register(
        &self,
        site: &'static Site,
        memberships: Vec<Membership>,
        (lifetimes, replaces): (Lifetimes, bool),
        left: &mut Left,
    ) -> Option<Registration> {
        if !memberships.iter().all(|one| self.accepts(site, &one.tag)) {
            return None;
        }
        let lease = self.lease_of(site);
        let life = life(lifetimes, lease, replaces)?;
        let sent = clock::now();
        let mut patience = Patience::with(&self.settings, *left);
        let series = Series::of(&mut patience);
        let registered = send(&*self.store, &memberships, life, series).await;
        *left = patience.left();
        if let Err(error) = registered {
            self.failed(site, &error);
            return None;
        }
        let latest = Arc::new(Mutex::new(sent));
        let (store, kept) = (Arc::downgrade(&self.store), Arc::clone(&latest));
        let keeper = tokio::spawn(keep(store, memberships, life, lease, kept));
        Some(Registration {
            latest,
            lease,
            keeper: keeper.abort_handle(),
        })
    }

    /// Whether a registration of this function would last for as long as the lease may take to store: another function of the
    /// same key, with a longer lease, may have begun the load.
    pub(super) fn tags_outlast(&self, request: Request<'_>, turn: &Turn<Lease>) -> bool {
        let most = self.lease_of(request.site);
        !request.site.is_tagged() || turn.right_is(|lease| lease.duration() <= most)
    }

    /// Gives up the right to store, and keeps the permit: others who wait go on as if their own look had failed, since
    /// they could not register either.
    pub(crate) fn renounce(ticket: Ticket) -> Start {
        let mut start = Start::free();
        if let Ticket::Lead(turn) = ticket {
            start.permit = turn.take_permit();
            drop(turn.end(Verdict::Away));
        }
        start
    }

    /// Invalidates keys and tags on behalf of an annotated function.
    ///
    /// # Errors
    /// When the store could not do all of it. The rest is then bypassed by this process and sent again until it works.
    ///
    /// # Cancel safety
    /// What has not been done is treated as lost.
    pub(crate) async fn invalidate(
        &self,
        site: &'static Site,
        keys: &[String],
        tags: &[String],
    ) -> Result<(), Error> {
        let (deleted, swept) = self.carry_out(keys, tags).await;
        let deleted = self.count_deleted(site, &deleted);
        self.count_swept(site, tags, &swept);
        deleted.and(swept.and_then(Swept::all_gone))
    }

    /// Takes keys out of their guards, then invalidates tags.
    ///
    /// # Errors
    /// As for [`invalidate`](Self::invalidate).
    ///
    /// # Cancel safety
    /// As for [`invalidate`](Self::invalidate).
    pub(crate) async fn leave_and_invalidate(
        &self,
        site: &'static Site,
        (keys, guards): (&[String], Guards),
        tags: &[String],
    ) -> Result<(), Error> {
        let pending = PendingTags::new(self, tags);
        let mut patience = self.patience_of(&guards);
        let left = self.leave(site, keys, guards, &mut patience).await;
        let swept = pending.sweep_after(core::slice::from_ref(&left), patience);
        let swept = swept.await;
        self.count_swept(site, tags, &swept);
        left.and(swept.and_then(Swept::all_gone))
    }

    /// Deletes keys together, then the members of the tags, and says how many of these there were.
    ///
    /// # Cancel safety
    /// As for [`invalidate`](Self::invalidate).
    pub(crate) async fn carry_out(
        &self,
        keys: &[String],
        tags: &[String],
    ) -> (Vec<Result<Gone, Error>>, Result<Swept, Error>) {
        let pending = PendingTags::new(self, tags);
        let patience = Patience::new(&self.settings).longer(self.settings.confirmation);
        let deleted = self.delete_keys(keys).await;
        let swept = pending.sweep_after(&deleted, patience).await;
        (deleted, swept)
    }

    /// Counts what became of the tags of a function.
    pub(crate) fn count_swept(
        &self,
        site: &'static Site,
        tags: &[String],
        swept: &Result<Swept, Error>,
    ) {
        match swept {
            Ok(swept) => {
                for (what, n) in [
                    (Count::TagInvalidation, swept.deleted),
                    (Count::Unconfirmed, swept.unconfirmed),
                ] {
                    if n > 0 {
                        self.counters(site).add(what, n);
                    }
                }
            }
            Err(error) => {
                self.counters(site)
                    .add(Count::LostDelete, tags.len() as u64);
                self.failed(site, error);
            }
        }
    }

    /// Takes over the invalidation of `tags` from a caller who cannot wait for it.
    pub(crate) fn lose_tags(&self, tags: &[String]) {
        if !tags.is_empty() && self.lost.add_tags(tags) {
            self.make_good_soon();
        }
    }
}

/// Tags whose invalidation is under way.
struct PendingTags<'a> {
    engine: &'a Engine,
    tags: &'a [String],
}

impl<'a> PendingTags<'a> {
    fn new(engine: &'a Engine, tags: &'a [String]) -> Self {
        Self { engine, tags }
    }

    /// After the deletion of keys. If the server did not answer that, the tags are lost as well: to find that out would
    /// take the caller another deadline.
    async fn sweep_after<T>(
        self,
        deleted: &[Result<T, Error>],
        patience: Patience,
    ) -> Result<Swept, Error> {
        let confirmation = self.engine.settings.confirmation;
        match outage(deleted) {
            Some(error) if !self.tags.is_empty() => Err(error),
            _ => self.sweep(patience.longer(confirmation)).await,
        }
    }

    async fn sweep(mut self, patience: Patience) -> Result<Swept, Error> {
        let (mut all, mut failed) = (Swept::default(), None);
        while let [tag, rest @ ..] = self.tags {
            match sweep(&*self.engine.store, tag, Some(patience)).await {
                Ok(swept) => all.add(swept),
                // Not of our making, and not to be had by trying again.
                Err(error) if error.kind() == ErrorKind::WrongType => failed = Some(error),
                // The next would fail as this one did, and wait as long to find out.
                Err(error) => return Err(error),
            }
            self.tags = rest;
        }
        failed.map_or(Ok(all), Err)
    }
}

impl Drop for PendingTags<'_> {
    fn drop(&mut self) {
        self.engine.lose_tags(self.tags);
    }
}

/// For one that was lost.
pub(super) async fn make_good_tag(store: &dyn Store, tag: &str) -> Result<(), Error> {
    match sweep(store, tag, None).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::WrongType => Ok(()),
        Err(error) => Err(error),
    }
}

/// Deletes the members of a tag as they are read; one that cannot be deleted does not keep the others. A caller's patience
/// is for the first of them: many members take their time, each command with a deadline of its own.
async fn sweep(
    store: &dyn Store,
    tag: &str,
    mut patience: Option<Patience>,
) -> Result<Swept, Error> {
    let (mut cursor, mut all, mut failed) = (Cursor::default(), Swept::default(), None);
    loop {
        let some = sweep_some(store, tag, cursor);
        let (next, deleted) = match patience.take() {
            Some(patience) => patience.spend(some).await?,
            None => some.await?,
        };
        all.add(Swept {
            deleted: deleted.count,
            unconfirmed: deleted.unconfirmed.len() as u64,
        });
        failed = failed.or(deleted.failed.into_iter().next());
        if next.at == 0 {
            return failed.map_or(Ok(all), |(_, error)| Err(error));
        }
        cursor = next;
    }
}

/// Deletes some members, and says where the next are.
async fn sweep_some(
    store: &dyn Store,
    tag: &str,
    cursor: Cursor,
) -> Result<(Cursor, Deleted), Error> {
    let (next, members) = store.members(tag, cursor).await?;
    let mut all = Deleted::default();
    for some in members.chunks(BATCH) {
        let deleted = store.delete(some).await?;
        all.count += deleted.count;
        // Nobody asks which.
        all.unconfirmed.extend(deleted.unconfirmed);
        all.failed.extend(deleted.failed);
    }
    Ok((next, all))
}

/// How long a member must be there. An entry that is replaced may live as long as its successor before it is.
fn life(lifetimes: Lifetimes, lease: Duration, replaces: bool) -> Option<u64> {
    let value = lifetimes.kept(lifetimes.for_value()).millis()?;
    let none = lifetimes.for_none().map(|none| lifetimes.kept(none));
    let none = none.and_then(Life::millis);
    let entry = value.max(none.unwrap_or(0));
    let leases = u64::try_from(3 * lease.as_millis()).ok()?;
    let before = if replaces { entry } else { 0 };
    entry.checked_add(before)?.checked_add(leases)
}

async fn send(
    store: &dyn Store,
    memberships: &[Membership],
    life: u64,
    mut series: Series<'_>,
) -> Result<(), Error> {
    let taggings = memberships.iter().flat_map(|one| {
        let chunks = one.members.chunks(BATCH);
        chunks.map(|members| Tagging {
            tag: &one.tag,
            members,
        })
    });
    let taggings: Vec<_> = taggings.collect();
    let mut rest = &taggings[..];
    while !rest.is_empty() {
        let mut members = 0;
        let fit = rest.iter().take_while(|one| {
            members += one.members.len();
            members <= BATCH
        });
        let (some, later) = rest.split_at(fit.count().max(1));
        series.spend(store.register(some, life)).await?;
        rest = later;
    }
    Ok(())
}

/// Keeps members where they are for as long as the body runs.
async fn keep(
    store: Weak<dyn Store>,
    memberships: Vec<Membership>,
    life: u64,
    lease: Duration,
    latest: Arc<Mutex<Instant>>,
) {
    loop {
        clock::sleep(lease / 3).await;
        let Some(store) = store.upgrade() else { return };
        let sent = clock::now();
        // They may have been gone meanwhile, and an invalidation may have looked just then.
        if sent.saturating_duration_since(*latest.lock()) > lease {
            return;
        }
        // An error says nothing about the members: the next turn tries again.
        let renewed = send(&*store, &memberships, life, Series::in_background());
        if renewed.await.is_ok() {
            *latest.lock() = sent;
        }
    }
}
