//! A structure's key in one cache.

use core::time::Duration;

use super::super::Cache;
use super::super::context::{Context, Mode};
use crate::engine::{Engine, Patience, Place};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::observe::Count;
use crate::store::{Reply, Structures};
use crate::sync::Arc;
use crate::ttl::{Life, Lifetimes};

#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) cache: Cache,
    pub(super) key: Key,
    pub(super) place: Arc<Place>,
    pub(super) life: Life,
}

impl Handle {
    pub(super) fn new(cache: &Cache, key: Key, life: Life) -> Self {
        let place = cache.engine().place(key.template(), key.as_str());
        Self {
            cache: cache.clone(),
            key,
            place: Arc::new(place),
            life,
        }
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        self.cache.engine()
    }

    /// Whether this call may look at Redis; one that may not is counted.
    pub(super) fn is_open(&self, context: &Context) -> bool {
        self.place.lives(self.life);
        let engine = self.engine();
        if !engine.holds_place(&self.place) || tokio::runtime::Handle::try_current().is_err() {
            return false;
        }
        let changed = context
            .transaction()
            .is_some_and(|pending| pending.holds_key(&self.cache, self.place.key()));
        let open = context.mode() != Mode::Bypass && !changed;
        if !open || engine.is_place_lost(&self.place) {
            self.place.count(Count::Bypassed);
            return false;
        }
        true
    }

    /// Sends one command for a structure that is nowhere else.
    pub(super) async fn only<'a, T>(
        &'a self,
        command: impl FnOnce(&'a dyn Structures, &'a str) -> Reply<'a, T>,
    ) -> Result<T, Error> {
        self.place.lives(self.life);
        let engine = self.engine();
        if !engine.holds_place(&self.place) {
            let message = "the key is longer than `max_key_bytes`";
            return Err(Error::new(ErrorKind::Setting, message));
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "this is no tokio runtime",
            ));
        }
        if engine.is_place_lost(&self.place) {
            self.place.count(Count::Bypassed);
            let message = "the key is about to be deleted, which failed before";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let patience: Patience = engine.patience();
        let command = command(engine.structures(), self.place.key());
        engine.hear(&self.place, &patience, command).await
    }
}

/// # Panics
/// If it is zero.
#[track_caller]
pub(super) fn life(name: &str, ttl: Duration) -> Life {
    assert!(
        !ttl.is_zero(),
        "`{name}` must not be zero: nothing could ever be read"
    );
    let lifetimes = match ttl {
        Duration::MAX => Lifetimes::forever(),
        ttl => Lifetimes::ttl(ttl),
    };
    lifetimes.for_value()
}
