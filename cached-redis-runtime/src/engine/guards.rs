//! The guards of one write: under each of its keys from before the body until the deletion, so that nothing is stored there
//! even if this process dies in between.

use core::time::Duration;

use tokio::task::JoinHandle;

use super::Engine;
use super::invalidate::{delete_each, outage};
use super::patience::{Left, Patience, Series};
use crate::clock;
use crate::codec::Nonce;
use crate::error::{Error, ErrorKind};
use crate::site::Site;
use crate::store::{BATCH, Gone, Store};
use crate::sync::{Arc, Weak};

/// A writer's place in the guards of its keys. Dropped, it is no longer renewed, and its time there runs out.
#[derive(Debug)]
pub(crate) struct Guards {
    token: Nonce,
    /// How long the write may still wait for the store.
    left: Option<Left>,
    keeper: Option<JoinHandle<()>>,
}

impl Guards {
    /// Of a writer that stands nowhere yet.
    pub(crate) fn new() -> Self {
        Self {
            token: Nonce::fresh(),
            left: None,
            keeper: None,
        }
    }

    pub(crate) fn token(&self) -> Nonce {
        self.token
    }

    fn named<'a>(&self, keys: &'a [String]) -> Vec<(&'a str, Nonce)> {
        keys.iter().map(|key| (&**key, self.token)).collect()
    }

    /// Waits until no renewal can follow any more: one that came after the end would guard the key for nothing.
    async fn rest(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            keeper.abort();
            // An aborted task has no result.
            let _ = (&mut keeper).await;
        }
    }
}

impl Drop for Guards {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

impl Engine {
    /// Guards `keys`, whose entries are gone from then on, and keeps them guarded. Must be called in a runtime.
    ///
    /// What cannot be guarded is deleted, as far as the server lets us: for such a key it is as if nobody had asked for a
    /// guard. The deletion that counts is the one after the write.
    ///
    /// # Cancel safety
    /// Whoever holds `guards` has to see to it that they are left.
    pub(crate) async fn enter(&self, site: &'static Site, guards: &mut Guards, keys: &[String]) {
        let mut patience = Patience::new(&self.settings);
        let series = Series::of(&mut patience);
        if let Err(error) = self.place_all(guards.token, keys, series).await {
            self.failed(site, &error);
        }
        guards.left = Some(patience.left());
        let store = Arc::downgrade(&self.store);
        let kept = keep(store, keys.to_vec(), guards.token, self.settings.lease);
        guards.keeper = Some(tokio::spawn(kept));
    }

    /// # Errors
    /// The first one.
    async fn place_all(
        &self,
        token: Nonce,
        keys: &[String],
        mut series: Series<'_>,
    ) -> Result<(), Error> {
        let mut failed = None;
        for some in keys.chunks(BATCH) {
            let guarded = async { Ok(self.guard_or_delete(token, some).await) };
            let guarded = series.spend(guarded).await;
            let guarded =
                guarded.unwrap_or_else(|error| some.iter().map(|_| Err(error.clone())).collect());
            let gone = outage(&guarded).is_some();
            failed = failed.or(guarded.into_iter().find_map(not_in_place));
            if gone {
                break;
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn guard_or_delete(&self, token: Nonce, keys: &[String]) -> Vec<Result<bool, Error>> {
        let guarded = self.guard(token, keys).await;
        let refused = keys.iter().zip(&guarded);
        let refused =
            refused.filter(|(_, guarded)| guarded.as_ref().is_err_and(Error::is_definite));
        let refused: Vec<String> = refused.map(|(key, _)| key.clone()).collect();
        if !refused.is_empty() {
            // Its failure is the later deletion's, too, and counted there.
            let _ = self.store.delete(&refused).await;
        }
        guarded
    }

    /// Guards keys once more: whatever has come to stand there in the meantime is gone. Says whether all are guarded.
    pub(crate) async fn renew(&self, guards: &Guards, keys: &[String]) -> bool {
        for some in keys.chunks(BATCH) {
            let guarded = self.guard(guards.token, some).await;
            if guarded.into_iter().any(|one| not_in_place(one).is_some()) {
                return false;
            }
        }
        true
    }

    async fn guard(&self, token: Nonce, keys: &[String]) -> Vec<Result<bool, Error>> {
        let placed = place(&*self.store, keys, token, self.settings.lease).await;
        placed.unwrap_or_else(|error| keys.iter().map(|_| Err(error.clone())).collect())
    }

    /// Ends the guards after a write that took place: of all that was stored until then, nothing is left. `keys` may be
    /// more than those that were guarded.
    ///
    /// # Errors
    /// The first one. The keys it befell are bypassed by this process, and left again until it works.
    ///
    /// # Cancel safety
    /// As for [`delete`](Self::delete).
    pub(crate) async fn leave(
        &self,
        site: &'static Site,
        keys: &[String],
        mut guards: Guards,
        patience: &mut Patience,
    ) -> Result<(), Error> {
        let mut pending = Leaving {
            engine: self,
            keys: Some(keys),
            token: guards.token,
        };
        guards.rest().await;
        let leaving = guards.named(keys);
        *patience = patience.longer(self.settings.confirmation);
        let left = leave(&*self.store, &leaving, Series::of(patience)).await;
        pending.keys = None;
        drop(pending);
        let lost = keys.iter().zip(&left).filter(|(_, left)| left.is_err());
        let lost: Vec<_> = lost.map(|(key, _)| key.clone()).collect();
        self.lose_guarded(&lost, guards.token);
        self.count_deleted(site, &left)
    }

    /// Ends the guards of a write that did not take place. One that cannot be ended expires, and costs misses until then.
    pub(crate) async fn withdraw(&self, keys: &[String], mut guards: Guards) {
        let mut patience = self.patience_of(&guards);
        let mut series = Series::of(&mut patience);
        guards.rest().await;
        let leaving = guards.named(keys);
        for some in leaving.chunks(BATCH) {
            if series.spend(self.store.unguard_many(some)).await.is_err() {
                return;
            }
        }
    }

    /// What the write still has of it after it has entered the guards.
    pub(crate) fn patience_of(&self, guards: &Guards) -> Patience {
        guards.left.map_or_else(
            || Patience::new(&self.settings),
            |left| Patience::with(&self.settings, left),
        )
    }
}

fn not_in_place(guarded: Result<bool, Error>) -> Option<Error> {
    match guarded {
        Ok(true) => None,
        Ok(false) => {
            let message = "the server is out of memory (`maxmemory` reached)";
            Some(Error::new(ErrorKind::Full, message))
        }
        Err(error) => Some(error),
    }
}

/// Guards whose end is under way.
struct Leaving<'a> {
    engine: &'a Engine,
    keys: Option<&'a [String]>,
    token: Nonce,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(keys) = self.keys {
            self.engine.lose_guarded(keys, self.token);
        }
    }
}

async fn place(
    store: &dyn Store,
    keys: &[String],
    token: Nonce,
    stay: Duration,
) -> Result<Vec<Result<bool, Error>>, Error> {
    let named: Vec<_> = keys
        .iter()
        .map(|key| (key.as_str(), Nonce::fresh()))
        .collect();
    store.guard_many(&named, token, stay).await
}

/// Renews guards three times per life, and sets those anew that are gone, until the task is aborted or the cache is gone.
async fn keep(store: Weak<dyn Store>, keys: Vec<String>, token: Nonce, stay: Duration) {
    loop {
        clock::sleep(stay / 3).await;
        let Some(store) = store.upgrade() else { return };
        for some in keys.chunks(BATCH) {
            // An error says nothing about the guards: the next turn tries again.
            if place(&*store, some, token, stay).await.is_err() {
                break;
            }
        }
    }
}

/// Takes writers out of their guards, and deletes whatever stands there instead of a guard.
pub(super) async fn leave(
    store: &dyn Store,
    leaving: &[(&str, Nonce)],
    mut series: Series<'_>,
) -> Vec<Result<Gone, Error>> {
    let mut left: Vec<Result<Gone, Error>> = Vec::with_capacity(leaving.len());
    let mut gone = None;
    for some in leaving.chunks(BATCH) {
        if let Some(error) = &gone {
            // The next chunk would fail as this one did, and wait as long to find out.
            left.extend(some.iter().map(|_| Err(Error::clone(error))));
            continue;
        }
        let unguarded = series.spend(leave_some(store, some)).await;
        let mut results =
            unguarded.unwrap_or_else(|error| some.iter().map(|_| Err(error.clone())).collect());
        gone = outage(&results);
        left.append(&mut results);
    }
    left
}

async fn leave_some(
    store: &dyn Store,
    some: &[(&str, Nonce)],
) -> Result<Vec<Result<Gone, Error>>, Error> {
    let unguarded = store.unguard_many(some).await;
    let mut results =
        unguarded.unwrap_or_else(|error| some.iter().map(|_| Err(error.clone())).collect());
    delete_refused(store, some, &mut results).await;
    Ok(results)
}

/// A user who may not run scripts may still delete.
async fn delete_refused(
    store: &dyn Store,
    some: &[(&str, Nonce)],
    left: &mut [Result<Gone, Error>],
) {
    let is_refused = |left: &Result<Gone, Error>| left.as_ref().is_err_and(Error::is_definite);
    let refused = some.iter().zip(&*left);
    let refused = refused.filter(|(_, left)| is_refused(left));
    let refused: Vec<String> = refused.map(|((key, _), _)| (*key).to_owned()).collect();
    let deleted = delete_each(store, &refused).await;
    let left = left.iter_mut().filter(|left| is_refused(left));
    left.zip(deleted)
        .for_each(|(left, deleted)| *left = deleted);
}
