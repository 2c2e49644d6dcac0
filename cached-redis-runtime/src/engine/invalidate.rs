//! Deleting keys, and making good a deletion that failed.

use core::time::Duration;

use tokio::runtime::Handle;

use super::lost::LostDeletes;
use super::patience::Series;
use super::tags::make_good_tag;
use super::{Engine, guards};
use crate::clock;
use crate::codec::Nonce;
use crate::error::Error;
use crate::observe::Count;
use crate::site::Site;
use crate::store::{Gone, Store};
use crate::sync::{Arc, Weak, spread_between};

impl Engine {
    /// Deletes `keys` with one command, on behalf of an annotated function.
    ///
    /// # Errors
    /// When the store could not. The keys are then bypassed by this process and deleted again until it works.
    pub(crate) async fn delete(&self, site: &'static Site, keys: &[String]) -> Result<(), Error> {
        let deleted = self.delete_keys(keys).await;
        self.count_deleted(site, &deleted)
    }

    /// Counts the keys of a function that were deleted, or not.
    ///
    /// # Errors
    /// As for [`all_gone`].
    pub(crate) fn count_deleted(
        &self,
        site: &'static Site,
        deleted: &[Result<Gone, Error>],
    ) -> Result<(), Error> {
        let lost = deleted.iter().filter(|deleted| deleted.is_err()).count();
        let unconfirmed = deleted.iter().flatten();
        let unconfirmed = unconfirmed.filter(|gone| gone.is_unconfirmed()).count();
        let counters = self.counters(site);
        for (what, n) in [
            (Count::Invalidation, deleted.len() - lost),
            (Count::Unconfirmed, unconfirmed),
            (Count::LostDelete, lost),
        ] {
            if n > 0 {
                counters.add(what, n as u64);
            }
        }
        if let Some(error) = first_error(deleted) {
            self.failed(site, &error);
        }
        all_gone(deleted)
    }

    /// Deletes `keys` with one command, or one for each server that has some. Those that were not are lost.
    ///
    /// # Cancel safety
    /// If the future is dropped before the reply, the keys count as lost: they are bypassed and deleted again.
    pub(crate) async fn delete_keys(&self, keys: &[String]) -> Vec<Result<Gone, Error>> {
        let mut pending = Pending {
            engine: self,
            keys: Some(keys),
        };
        let deleted = together(&*self.store, keys).await;
        pending.keys = None;
        drop(pending);
        let lost = keys.iter().zip(&deleted).filter(|(_, one)| one.is_err());
        let lost: Vec<_> = lost.map(|(key, _)| key.clone()).collect();
        self.lose(&lost);
        deleted
    }

    /// Takes over the deletion of `keys` from a caller who cannot wait for it.
    pub(crate) fn lose(&self, keys: &[String]) {
        if !keys.is_empty() && self.lost.add(keys, None) {
            self.make_good_soon();
        }
    }

    /// The same for a writer that stands in the guards of `keys`.
    pub(crate) fn lose_guarded(&self, keys: &[String], token: Nonce) {
        if !keys.is_empty() && self.lost.add(keys, Some(token)) {
            self.make_good_soon();
        }
    }

    /// Starts the task that sends lost deletions again, if keys wait and none runs: the runtime it ran on may be gone.
    pub(super) fn resume(&self) {
        if self.lost.len() > 0 && self.lost.start() {
            self.make_good_soon();
        }
    }

    pub(super) fn make_good_soon(&self) {
        let running = Running(Arc::downgrade(&self.lost));
        // Outside a runtime `running` is dropped, the keys stay bypassed, and the next call in one resumes.
        if let Ok(runtime) = Handle::try_current() {
            let store = Arc::downgrade(&self.store);
            drop(runtime.spawn(make_good(store, running)));
        }
    }
}

/// So many lost keys are deleted together.
const SOME: usize = 100;

/// Keys whose deletion is under way.
struct Pending<'a> {
    engine: &'a Engine,
    keys: Option<&'a [String]>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(keys) = self.keys {
            self.engine.lose(keys);
        }
    }
}

/// The right to be the one task; given back even if the runtime drops the task.
struct Running(Weak<LostDeletes>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(lost) = self.0.upgrade() {
            lost.stop();
        }
    }
}

/// Sends lost deletions again until none is left or the cache is gone.
async fn make_good(store: Weak<dyn Store>, mut running: Running) {
    let mut pause = 20;
    loop {
        let longest = {
            let (Some(store), Some(lost)) = (store.upgrade(), running.0.upgrade()) else {
                return;
            };
            if lost.len() == 0 {
                drop(running);
                // A key may have come between the look and the drop; whoever added it found the task running.
                if lost.len() == 0 || !lost.start() {
                    return;
                }
                running = Running(Arc::downgrade(&lost));
                continue;
            }
            if sent_again(&*store, &lost).await {
                pause = 20;
                continue;
            }
            // Behind those of a server that is down may be others, whose server is there.
            if lost.len() > SOME { 50 } else { 500 }
        };
        clock::sleep(Duration::from_millis(spread_between(pause / 2, pause))).await;
        pause = (pause * 2).min(longest);
    }
}

/// Sends some keys and a tag again. Says whether anything of it worked.
async fn sent_again(store: &dyn Store, lost: &LostDeletes) -> bool {
    let (batch, tag) = (lost.batch(SOME), lost.tag());
    let mut worked = false;
    let plain = delete_each(store, &batch.plain).await;
    worked |= note(lost, batch.turn, &batch.plain, &plain);
    let named = batch.guarded.iter().map(|(key, token)| (&**key, *token));
    let named: Vec<_> = named.collect();
    let left = guards::leave(store, &named, Series::in_background()).await;
    let guarded: Vec<_> = batch.guarded.into_iter().map(|(key, _)| key).collect();
    worked |= note(lost, batch.turn, &guarded, &left);
    if let Some((tag, turn)) = tag
        && make_good_tag(store, &tag).await.is_ok()
    {
        lost.tag_done(&tag, turn);
        worked = true;
    }
    worked
}

/// Remembers what became of keys that were asked for until `turn`. Says whether anything worked.
fn note(lost: &LostDeletes, turn: u64, keys: &[String], became: &[Result<Gone, Error>]) -> bool {
    let done = keys.iter().zip(became).filter(|(_, became)| became.is_ok());
    let done: Vec<_> = done.map(|(key, _)| key.clone()).collect();
    lost.done(&done, turn);
    !done.is_empty()
}

/// Deletes keys together, and those for which that is not allowed each for itself: the others need not wait for one that a
/// user may not touch.
pub(super) async fn delete_each(store: &dyn Store, keys: &[String]) -> Vec<Result<Gone, Error>> {
    let mut each = together(store, keys).await;
    if keys.len() <= 1 {
        return each;
    }
    for (key, deleted) in keys.iter().zip(&mut each) {
        if deleted.as_ref().is_err_and(Error::is_definite) {
            let mut alone = together(store, core::slice::from_ref(key)).await;
            *deleted = alone.pop().unwrap_or(Ok(Gone::Surely));
        }
    }
    each
}

async fn together(store: &dyn Store, keys: &[String]) -> Vec<Result<Gone, Error>> {
    if keys.is_empty() {
        return Vec::new();
    }
    match store.delete(keys).await {
        Ok(deleted) => deleted.each(keys.len()),
        Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// What a deletion of several keys is to its caller.
///
/// # Errors
/// The first one; [`ErrorKind::Unconfirmed`](crate::ErrorKind::Unconfirmed) if there is none and some are only that.
pub(crate) fn all_gone(deleted: &[Result<Gone, Error>]) -> Result<(), Error> {
    if let Some(error) = first_error(deleted) {
        return Err(error);
    }
    let unconfirmed = deleted.iter().flatten().any(|gone| gone.is_unconfirmed());
    if unconfirmed {
        return Err(Error::unconfirmed());
    }
    Ok(())
}

pub(super) fn first_error<T>(results: &[Result<T, Error>]) -> Option<Error> {
    results
        .iter()
        .find_map(|result| result.as_ref().err().cloned())
}

/// The error that says that no server can be reached: one that befell all of them, and may pass.
pub(super) fn outage<T>(results: &[Result<T, Error>]) -> Option<Error> {
    let is_gone = |result: &Result<T, Error>| {
        let error = result.as_ref().err();
        error.is_some_and(|error| !error.is_definite())
    };
    let all = results.iter().all(is_gone);
    all.then(|| first_error(results)).flatten()
}
