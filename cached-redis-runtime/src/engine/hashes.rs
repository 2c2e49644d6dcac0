//! Entries that are kept by field: the same protocol over the same server, by another store.
//!
//! A second engine, so that nothing asks for the layout on the way of a string. What belongs to keys, whatever is under them, it has in
//! common with the first: deletions that failed, counters, the number. Flights, lanes and rounds it does not share, since what they hand on is
//! of one layout.

use core::sync::atomic::AtomicBool;
use core::time::Duration;

use super::background::Background;
use super::patience::Patience;
use super::plan::{Reload, Seen};
use super::slide::Slides;
use super::write::Seized;
use super::{Engine, Left, Request};
use crate::clock::{self, Instant};
use crate::codec::{Entry, HEADER, LEASE, Nonce, State, read};
use crate::error::{Error, ErrorKind};
use crate::flight::{Flights, Lanes, Verdict};
use crate::lease;
use crate::observe::Gauge;
use crate::store::{FieldStore, Glimpse, Store, Updating};
use crate::sync::{Arc, OnceLock};

/// What one field of an entry was found to be.
#[derive(Debug)]
pub(crate) enum Glimpsed {
    /// Its bytes.
    Field(Vec<u8>),
    /// The entry says "not found".
    Absent,
    /// The call goes the whole way.
    Nothing,
    /// So it does, and has no time left for the store.
    Late,
}

/// Takes a look at a value's fields, and says whether it has seen what it was looking for.
pub(crate) type Learn<'a> = dyn Fn(&[u8]) -> bool + Send + Sync + 'a;

/// The right to write one field.
#[derive(Debug)]
pub(crate) struct Holding {
    store: Arc<dyn FieldStore>,
    seized: Seized,
    header: [u8; HEADER],
    /// When the entry ends, by this process's clock; `None` is never.
    ends: Option<Instant>,
}

impl Engine {
    /// That of the entries of this cache that are kept by field.
    pub(crate) fn hashes(&self) -> &Arc<Self> {
        self.hashes.get_or_init(|| {
            let store = Arc::clone(&self.store).hashes();
            Arc::new(Self {
                number: self.number,
                store: Arc::clone(&store) as Arc<dyn Store>,
                settings: self.settings.clone(),
                flights: Arc::new(Flights::new()),
                claims: Arc::new(Lanes::new()),
                rounds: Arc::new(Lanes::new()),
                sharing: Arc::new(Lanes::new()),
                queued: Gauge::new(),
                reloads: Arc::default(),
                background: Background::new(self.settings.max_refreshes),
                lost: Arc::clone(&self.lost),
                slides: Slides::new(),
                families: Arc::clone(&self.families),
                #[cfg(feature = "metrics")]
                published: super::publish::Published::default(),
                warned: AtomicBool::new(false),
                hashes: OnceLock::new(),
                fields: Some(store),
            })
        })
    }

    /// Looks at one field of the entry.
    pub(crate) async fn glimpse(&self, request: Request<'_>, name: &str) -> Glimpsed {
        let Some(store) = self.fields.as_ref().filter(|_| self.is_trusted(request)) else {
            return Glimpsed::Nothing;
        };
        let Glimpse { header, field } = match store.glimpse(request.key, name).await {
            Ok(glimpse) => glimpse,
            Err(error) if error.kind() == ErrorKind::Timeout => {
                self.failed(request.site, &error);
                return Glimpsed::Late;
            }
            // The look at the whole fails at once as well, and has its way of dealing with it.
            Err(_) => return Glimpsed::Nothing,
        };
        let header = header.unwrap_or_default();
        let is_own = header.first_chunk().map(kind_of) == Some(kind(request));
        let fits = |field: &Vec<u8>| field.len() <= self.settings.max_value_bytes;
        match (read(&header), field) {
            (Entry::Absent { .. }, _) if is_own => Glimpsed::Absent,
            (Entry::Value { payload: [], .. }, Some(field)) if is_own && fits(&field) => {
                Glimpsed::Field(field)
            }
            _ => Glimpsed::Nothing,
        }
    }

    /// Takes the place of the header of the entry at the request's key, for a write that changes one field. `None`: there is no such
    /// entry, or another writer is at it, and the write only deletes. Must be called in a runtime.
    ///
    /// With `learn` it looks at the entry before, and goes on if that says so.
    ///
    /// # Cancel safety
    /// What may have been taken is given back in the background, and with it goes the entry.
    pub(crate) async fn hold(
        &self,
        request: Request<'_>,
        learn: Option<&Learn<'_>>,
    ) -> (Option<Holding>, Left) {
        let patience = Patience::new(&self.settings);
        let held = match &self.fields {
            Some(store) => self.hold_in(store, request, learn, patience).await,
            None => Ok(None),
        };
        let held = held.unwrap_or_else(|error| {
            self.failed(request.site, &error);
            None
        });
        (held, patience.left())
    }

    async fn hold_in(
        &self,
        store: &Arc<dyn FieldStore>,
        request: Request<'_>,
        learn: Option<&Learn<'_>>,
        patience: Patience,
    ) -> Result<Option<Holding>, Error> {
        if let Some(learn) = learn {
            let look = store.get(request.key, request.site.size());
            let bytes = patience.spend(look).await?.bytes.unwrap_or_default();
            let seen = self.see(&bytes, request, Reload::No);
            if !matches!(seen, Seen::Usable { absent: false }) || !learn(&bytes[HEADER..]) {
                return Ok(None);
            }
        }
        let (key, nonce) = (Arc::from(request.key), Nonce::fresh());
        // Open before the command leaves, as for a claim.
        let turn = self.flights.open(&key, nonce);
        let began = clock::now();
        let family = self.counters(request.site).shared();
        let duration = self.lease_of(request.site);
        let held = lease::hold(store, &key, kind(request), nonce, duration, &family);
        let Some((lease, held)) = patience.spend(held).await? else {
            return Ok(None);
        };
        turn.arm(lease);
        Ok(Some(Holding {
            store: Arc::clone(store),
            seized: Seized::of(turn),
            header: held.header,
            // Counted from before the command left, so that it is never too much.
            ends: held
                .left
                .and_then(|left| began.checked_add(Duration::from_millis(left))),
        }))
    }

    /// Ends a write that took place: afterwards the entry has the new field, for as long as it had to live before, or is gone.
    ///
    /// # Cancel safety
    /// The caller has to see to it that the key is deleted.
    pub(crate) async fn write_field(
        &self,
        request: Request<'_>,
        (holding, left): (Option<Holding>, Left),
        field: Option<(&str, &[u8])>,
    ) {
        let patience = Patience::with(&self.settings, left);
        let stored = match (holding, field) {
            (Some(holding), Some(field)) => self.update(request, holding, field, patience).await,
            (Some(holding), None) => {
                holding.seized.over();
                Ok(false)
            }
            (None, _) => Ok(false),
        };
        self.written(request, stored, patience).await;
    }

    async fn update(
        &self,
        request: Request<'_>,
        holding: Holding,
        (name, value): (&str, &[u8]),
        patience: Patience,
    ) -> Result<bool, Error> {
        let Holding {
            store,
            seized,
            mut header,
            ends,
        } = holding;
        let life = ends.map(|ends| {
            let left = ends.saturating_duration_since(clock::now());
            u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
        });
        if life == Some(0) || value.len() > self.settings.max_value_bytes {
            seized.over();
            return Ok(false);
        }
        // Neither the lease's nor the one before: a refresh that has read that, and then the source before the commit, would
        // replace what is stored.
        header[1..LEASE].copy_from_slice(&Nonce::fresh().0);
        let update = Updating {
            expect: seized.nonce(),
            header,
            name,
            value,
            life,
        };
        let updated = patience.spend(store.update(request.key, &update)).await;
        self.count_fill(request.site, updated.clone(), value.len());
        // Those who wait look again, and find the entry.
        if let Some(lease) = seized.end(Verdict::Over)
            && updated.is_ok()
        {
            lease.filled();
        }
        updated
    }

    /// Ends a write that did not take place. The entry goes with its lease.
    pub(crate) async fn unheld(&self, (holding, left): (Option<Holding>, Left)) {
        let seized = holding.map(|holding| holding.seized);
        self.unwritten((seized, left)).await;
    }
}

/// Of a header: format, flags and fingerprint.
fn kind_of(header: &[u8; HEADER]) -> [u8; 10] {
    let mut kind = [0; 10];
    kind.copy_from_slice(&header[LEASE..LEASE + 10]);
    kind
}

/// That of the entries of the request's function.
fn kind(request: Request<'_>) -> [u8; 10] {
    kind_of(&Engine::head(request, None, 0).write(State::Value))
}
