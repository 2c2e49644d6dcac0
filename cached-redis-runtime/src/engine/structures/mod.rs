//! Structures that have a source: rankings and lists. What a function's entry is to [`plan`](super::plan) and
//! [`fill`](super::fill), a structure is here.
//!
//! A structure is built under a lease in its own key, beside it, and takes the lease's place at once. So a `DEL` wins, whoever
//! sends it. A change that comes meanwhile goes to what is being built, where that can be told from what the source had: a
//! member's score is a state. An item of a list is not, so there the lease goes, and nothing is stored.
//!
//! A writer says that he begins before the source changes, and until he has ended the structure lives no longer than a lease.
//! If he dies in between it is built anew. Of two who write one member at once nobody here knows whom the source saw last:
//! both find out, and it is built anew as well.

mod build;
mod names;
mod write;

pub(crate) use build::Built;
pub(crate) use write::{Change, Unfinished};

use core::any::{Any, TypeId};
use core::fmt;
use core::time::Duration;

use self::names::Beside;
use super::invalidate::{all_gone, first_error};
use super::patience::{Left, Patience};
use super::waiting::{Wait, wait};
use super::{Engine, Loading};
use crate::clock::{self, Instant};
use crate::codec::{Entry, Nonce, read};
use crate::error::{Error, ErrorKind};
use crate::flight::{Arrival, Head};
use crate::lease::{self, Claim, Lease};
use crate::observe::Count;
use crate::site::{Family, FamilyRef};
use crate::size::Size;
use crate::store::{Expect, Held, Look, Names, Reply, Structures};
use crate::sync::{Arc, spread_between};
use crate::ttl::Life;

/// Where a structure is.
pub(crate) struct Place {
    key: Arc<str>,
    beside: Option<Beside>,
    template: &'static str,
    counters: Arc<Family>,
}

/// What is under a structure's key.
#[derive(Debug)]
pub(crate) enum Seen<T> {
    Data(T),
    /// The mark of a ranking without rows.
    Empty(Nonce),
    /// Somebody builds it.
    Leased,
    /// Nothing may be stored there.
    Guarded,
    /// Nothing, or what may be replaced.
    Missing(Expect),
}

/// What came of the wish to build a structure.
#[derive(Debug)]
pub(crate) enum Taken {
    Lease(Lease),
    /// By now there is another type than a string.
    Structure,
    Text(Seen<()>),
}

/// Those who share what the source says: of one key, and of one type.
pub(crate) type Lot = (Arc<str>, TypeId);

/// What the source said.
pub(crate) type Said = Arc<dyn Any + Send + Sync>;

/// What waiting for others led to.
pub(crate) enum Shared {
    Said(Said),
    Head(Head<Lot, Said>),
    /// To look again.
    Disbanded,
    TooLong,
}

impl Place {
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn count(&self, what: Count) {
        self.counters.count(what);
    }

    /// Notes how long what is there lives.
    pub(crate) fn lives(&self, life: Life) {
        self.counters.lives(life.millis());
    }

    /// For who outlives the call.
    fn family(&self) -> FamilyRef<'static> {
        FamilyRef::Cache(Arc::clone(&self.counters))
    }

    /// The source is about to be asked.
    pub(crate) fn loading(&self) -> Loading {
        Loading::begin(self.family())
    }

    /// Another process asks the source, and this call begins to wait for that.
    pub(crate) fn waiting(&self) -> Wait {
        Wait::begin(self.family())
    }

    pub(crate) fn template(&self) -> &'static str {
        self.template
    }

    /// `None` where no key can be in the same slot.
    pub(crate) fn names(&self) -> Option<Names<'_>> {
        let beside = self.beside.as_ref()?;
        Some(beside.names(&self.key))
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.template).finish()
    }
}

impl Engine {
    /// Where the structure is whose key has this template and this text.
    pub(crate) fn place(&self, template: &'static str, text: &str) -> Place {
        let namespace = &self.settings.namespace;
        let key = format!("{namespace}{text}");
        Place {
            beside: Beside::of(namespace, &key),
            key: key.into(),
            template,
            counters: self.family(template),
        }
    }

    /// Whether the structure's key is short enough to be sent; one that is not is counted.
    pub(crate) fn holds_place(&self, place: &Place) -> bool {
        let short = self.is_short(&place.key);
        if !short {
            place.count(Count::LongKey);
        }
        short
    }

    /// Whether its deletion is pending. Sees to it that somebody is at that.
    pub(crate) fn is_place_lost(&self, place: &Place) -> bool {
        self.resume();
        self.lost.holds(&place.key, false)
    }

    pub(crate) fn patience(&self) -> Patience {
        Patience::new(&self.settings)
    }

    /// Of who has so much left.
    pub(crate) fn patience_of_rest(&self, left: Left) -> Patience {
        Patience::with(&self.settings, left)
    }

    /// Nothing is stored under this lease. What does not go back in time does in the background.
    pub(crate) async fn give_back(&self, lease: Lease, patience: &Patience) {
        let released = async {
            lease.release().await;
            Ok(())
        };
        let _ = patience.spend(released).await;
    }

    /// Until when a call that begins now waits for others.
    pub(crate) fn end_of_wait(&self) -> Instant {
        clock::now() + self.settings.wait
    }

    pub(crate) fn has_ended(end: Instant) -> bool {
        clock::now() >= end
    }

    pub(crate) fn structures(&self) -> &dyn Structures {
        self.store.structures()
    }

    pub(crate) fn text<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look> {
        self.store.get(key, size)
    }

    /// Waits for what the store says, and counts it if that is an error.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn hear<T>(
        &self,
        place: &Place,
        patience: &Patience,
        reply: Reply<'_, T>,
    ) -> Result<T, Error> {
        let heard = patience.spend(reply).await;
        if let Err(error) = &heard {
            self.trouble(place, error);
        }
        heard
    }

    pub(crate) fn trouble(&self, place: &Place, error: &Error) {
        if error.kind() == ErrorKind::WrongType {
            place.count(Count::Foreign);
        }
        self.failed_in(&place.counters, place.template, error);
    }

    /// The right to build the structure in place of what `expect` allows.
    ///
    /// # Errors
    /// Those of the store, counted.
    ///
    /// # Cancel safety
    /// What may have been claimed is given back in the background.
    pub(crate) async fn take(
        &self,
        place: &Place,
        expect: Expect,
        patience: &Patience,
    ) -> Result<Taken, Error> {
        let (nonce, duration) = (Nonce::fresh(), self.settings.lease);
        let (key, family) = (&place.key, &place.counters);
        let claim = lease::claim(&self.store, key, expect, nonce, duration, family);
        match patience.spend(claim).await {
            Ok(Claim::Mine(lease)) => Ok(Taken::Lease(lease)),
            Ok(Claim::Other(bytes)) => Ok(Taken::Text(seen(Held::Text(bytes)))),
            Err(error) if error.kind() == ErrorKind::WrongType => Ok(Taken::Structure),
            Err(error) => {
                self.trouble(place, &error);
                Err(error)
            }
        }
    }

    /// Waits in line with those who want the same from the source.
    ///
    /// # Cancel safety
    /// The turn goes to the next in line.
    pub(crate) async fn share(&self, place: &Place, of: TypeId, end: Instant) -> Shared {
        let lot = (Arc::clone(&place.key), of);
        let limit = clock::sleep_until(end);
        let entered = self.sharing.enter_within(&lot, limit);
        match wait(|| (place.family(), place.template), entered).await {
            Ok(Arrival::Reply(said)) => Shared::Said(said),
            Ok(Arrival::Head(head)) => Shared::Head(head),
            Ok(Arrival::Disbanded) => Shared::Disbanded,
            Err(()) => Shared::TooLong,
        }
    }

    /// A pause of somebody who waits until another process has built the structure.
    pub(crate) async fn rest(patience: &mut Patience, turn: u32) {
        let began = clock::now();
        let longest = (5_u64 << turn.min(4)).min(50);
        clock::sleep(Duration::from_millis(spread_between(longest / 2, longest))).await;
        patience.waited(began);
    }

    /// Deletes it.
    ///
    /// # Errors
    /// When it could not be deleted, or there is no patience for it: it is then bypassed, and deleted later. And
    /// [`Unconfirmed`](ErrorKind::Unconfirmed), when it is gone and too few replicas say so.
    pub(crate) async fn delete_place(
        &self,
        place: &Place,
        patience: &Patience,
    ) -> Result<(), Error> {
        let keys = [place.key.to_string()];
        let deleted = async { Ok(self.delete_keys(&keys).await) };
        let deleted = patience.spend(deleted).await;
        let deleted = deleted.unwrap_or_else(|error| vec![Err(error)]);
        if let Some(error) = first_error(&deleted) {
            place.count(Count::LostDelete);
            self.trouble(place, &error);
            return Err(error);
        }
        place.count(Count::Invalidation);
        all_gone(&deleted).inspect_err(|_| place.count(Count::Unconfirmed))
    }

    /// It may be wrong by now: nobody here uses it until it has been deleted.
    pub(crate) fn lose_place(&self, place: &Place) {
        place.count(Count::LostDelete);
        self.lose(&[place.key.to_string()]);
    }
}

/// What it means that this is there.
pub(crate) fn seen<T>(held: Held<T>) -> Seen<T> {
    let bytes = match held {
        Held::Data(data) => return Seen::Data(data),
        Held::Nothing => return Seen::Missing(Expect::Missing),
        Held::Text(bytes) => bytes,
    };
    match read(&bytes) {
        Entry::Lease(_) => Seen::Leased,
        Entry::Guard(_) => Seen::Guarded,
        Entry::Absent { head } => Seen::Empty(head.nonce),
        Entry::Value { head, .. } | Entry::Stale { head, .. } => {
            Seen::Missing(Expect::Nonce(head.nonce))
        }
        Entry::Foreign => Seen::Missing(Expect::foreign(&bytes)),
    }
}
