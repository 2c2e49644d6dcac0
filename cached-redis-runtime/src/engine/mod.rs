//! The protocol over bytes: plan a read, fill after a load, invalidate. Nothing here knows a value's type.

mod admission;
mod background;
mod batch;
mod claim;
mod election;
mod fill;
mod freshness;
mod guards;
mod hashes;
mod invalidate;
mod key_length;
mod loading;
mod lost;
mod outdated;
mod patience;
mod plan;
#[cfg(feature = "metrics")]
mod publish;
mod reloads;
mod round;
mod slide;
mod structures;
mod swept;
mod tags;
mod wait;
mod waiting;
mod write;

pub(crate) use admission::{Admission, Start};
pub(crate) use batch::{Batch, Search, Step};
pub(crate) use election::{Candidate, Election};
pub(crate) use fill::Outcome;
pub(crate) use freshness::Freshness;
pub(crate) use guards::Guards;
pub(crate) use hashes::{Glimpsed, Holding};
pub(crate) use invalidate::all_gone;
pub(crate) use loading::Loading;
use loading::note_life;
pub(crate) use patience::{Left, Patience};
pub(crate) use plan::{Hit, Plan, Reload, Ticket};
pub(crate) use structures::{Built, Change, Place, Said, Seen, Shared, Taken, Unfinished, seen};
pub(crate) use swept::Swept;
pub(crate) use tags::{Membership, Registration, tag_prefix};
pub(crate) use write::Seized;

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::collections::BTreeMap;

use bytes::Bytes;

use crate::codec::Format;
use crate::error::{Error, ErrorKind};
use crate::flight::{Flights, Lanes};
use crate::lease::Lease;
use crate::observe::{Count, Examination, Gauge, ServerInfo, Stats, warn};
use crate::site::{Family, FamilyRef, Site};
use crate::store::{FieldStore, Store};
use crate::sync::{Arc, Mutex, OnceLock};
use crate::ttl::Lifetimes;
use background::Background;
use lost::LostDeletes;
use reloads::Reloads;
use round::Lot;
use slide::Slides;

/// What the builder decides.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) namespace: String,
    pub(crate) format: Format,
    /// How long a call waits for the store, altogether.
    pub(crate) deadline: Duration,
    /// How much longer it waits for replicas to confirm a deletion.
    pub(crate) confirmation: Duration,
    pub(crate) lease: Duration,
    pub(crate) wait: Duration,
    pub(crate) max_value_bytes: usize,
    pub(crate) max_key_bytes: usize,
    /// How many entries are loaded anew in the background at once.
    pub(crate) max_refreshes: usize,
    /// How long a due entry is left alone after a load that failed.
    pub(crate) refresh_retry: Duration,
}

/// One cache: a store and everything that happens on this side of it.
pub(crate) struct Engine {
    /// Tells caches apart where a site remembers one.
    number: u64,
    store: Arc<dyn Store>,
    settings: Settings,
    flights: Arc<Flights<Lease>>,
    claims: Arc<Lanes<claim::Wanted, Result<claim::Sight, Error>>>,
    rounds: Arc<Lanes<Lot, Bytes>>,
    /// What sources of structures say.
    sharing: Arc<Lanes<structures::Lot, Said>>,
    /// Those in line for a permit.
    queued: Gauge,
    reloads: Arc<Reloads>,
    background: Background,
    lost: Arc<LostDeletes>,
    slides: Slides,
    families: Arc<Mutex<BTreeMap<&'static str, Arc<Family>>>>,
    #[cfg(feature = "metrics")]
    published: publish::Published,
    warned: AtomicBool,
    /// Once there was a function whose entries are kept by field.
    hashes: OnceLock<Arc<Self>>,
    /// If these are.
    fields: Option<Arc<dyn FieldStore>>,
}

/// One call of one annotated function, as the protocol sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) site: &'static Site,
    pub(crate) key: &'a str,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) format: Format,
    pub(crate) fingerprint: u64,
    pub(crate) admission: Admission,
}

/// Bytes of an entry: read by this call alone, or shared by a flight.
#[derive(Debug)]
pub(crate) enum EntryBytes {
    Own(Vec<u8>),
    Shared(Bytes),
}

impl core::ops::Deref for EntryBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Engine {
    pub(crate) fn new(store: Arc<dyn Store>, settings: Settings) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let background = Background::new(settings.max_refreshes);
        Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            store,
            settings,
            flights: Arc::new(Flights::new()),
            claims: Arc::new(Lanes::new()),
            rounds: Arc::new(Lanes::new()),
            sharing: Arc::new(Lanes::new()),
            queued: Gauge::new(),
            reloads: Arc::default(),
            background,
            lost: Arc::new(LostDeletes::new()),
            slides: Slides::new(),
            families: Arc::new(Mutex::new(BTreeMap::new())),
            #[cfg(feature = "metrics")]
            published: publish::Published::default(),
            warned: AtomicBool::new(false),
            hashes: OnceLock::new(),
            fields: None,
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) async fn ping(&self) -> Result<(), Error> {
        self.store.ping().await
    }

    pub(crate) async fn examine(&self) -> Result<Examination, Error> {
        self.store.examine().await
    }

    pub(crate) fn server(&self) -> Option<ServerInfo> {
        self.store.server()
    }

    pub(crate) fn counters(&self, site: &'static Site) -> FamilyRef<'static> {
        site.counters(self.number, |template| self.family(template))
    }

    /// How long a right to load lasts that nobody renews.
    fn lease_of(&self, site: &Site) -> Duration {
        site.lock().lease_or(self.settings.lease)
    }

    /// How long a call waits for the loads of others.
    fn wait_of(&self, site: &Site) -> Duration {
        site.lock().wait_or(self.settings.wait)
    }

    /// The same for a call that knows how long its entries live. It is noted only where the counters are found for the first
    /// time: a hit that comes later changes nothing about it.
    pub(crate) fn counters_of(
        &self,
        site: &'static Site,
        lifetimes: &Lifetimes,
    ) -> FamilyRef<'static> {
        site.counters(self.number, |template| {
            let family = self.family(template);
            note_life(&family, lifetimes);
            family
        })
    }

    fn family(&self, template: &'static str) -> Arc<Family> {
        let mut families = self.families.lock();
        let family = families
            .entry(template)
            .or_insert_with(|| Arc::new(Family::new(template, &self.settings.namespace)));
        Arc::clone(family)
    }

    pub(crate) fn count(&self, site: &'static Site, what: Count) {
        self.counters(site).count(what);
    }

    pub(crate) fn stats(&self) -> Stats {
        let families = self.families.lock();
        let hashes = self.hashes.get();
        let sum = |count: fn(&Self) -> usize| count(self) + hashes.map_or(0, |one| count(one));
        Stats {
            families: families.values().map(|family| family.stats()).collect(),
            connected: self.store.is_ready(),
            pending_deletes: self.lost.len(),
            unconfirmed: self.store.unconfirmed(),
            waiting: sum(Self::waiters),
            queued: sum(|engine| engine.queued.read()),
            under_way: sum(Self::under_way),
        }
    }

    fn waiters(&self) -> usize {
        self.flights.waiting()
            + self.rounds.waiting()
            + self.reloads.waiting()
            + self.sharing.waiting()
    }

    fn under_way(&self) -> usize {
        self.flights.len()
            + self.claims.len()
            + self.rounds.len()
            + self.reloads.len()
            + self.sharing.len()
    }

    /// Counts a failed command, and says it aloud the first time it is one that will not pass by itself.
    fn failed(&self, site: &'static Site, error: &Error) {
        self.failed_in(&self.counters(site), site.path(), error);
    }

    fn failed_in(&self, family: &Family, name: &str, error: &Error) {
        family.count(Count::Error);
        family.count(Count::of_error(error.kind()));
        let passing = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout);
        if !passing && !self.warned.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "`{name}` could not use the cache: {error} (said once; further errors are counted in `stats()`)"
            ));
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.store)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
