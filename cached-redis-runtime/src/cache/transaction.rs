//! `transaction`: deletions wait for the commit, and nothing that was read before it is stored.

use core::future::Future;
use core::pin::pin;
use std::collections::BTreeSet;

use super::Cache;
use super::context::Context;
use crate::engine::{Engine, Guards, Swept};
use crate::site::Site;
use crate::sync::{Arc, Mutex};

/// The deletions that wait for the end of one transaction.
#[derive(Debug)]
pub(super) struct Pending {
    /// `None` once the transaction has ended: from then on nobody would carry them out.
    deletions: Mutex<Option<Vec<Deletion>>>,
    outer: Option<Arc<Pending>>,
}

#[derive(Debug)]
struct Deletion {
    cache: Cache,
    /// `None` for [`Cache::invalidate`].
    site: Option<&'static Site>,
    keys: Vec<String>,
    tags: Vec<String>,
    /// They stand until the end.
    guards: Option<Guards>,
}

impl Pending {
    fn new(outer: Option<Arc<Self>>) -> Self {
        Self {
            deletions: Mutex::new(Some(Vec::new())),
            outer,
        }
    }

    /// Takes over a deletion, and the guards with it. `false`: the transaction is over, so the caller must see to both at
    /// once.
    pub(super) fn add(
        &self,
        cache: &Cache,
        site: Option<&'static Site>,
        keys: &[String],
        tags: &[String],
        guards: &mut Option<Guards>,
    ) -> bool {
        let mut deletions = self.deletions.lock();
        let Some(deletions) = deletions.as_mut() else {
            // The block around it may be the one that shows the change to others.
            if let Some(outer) = &self.outer {
                outer.add(cache, site, keys, tags, &mut None);
            }
            return false;
        };
        let mut one = Deletion {
            cache: cache.clone(),
            site,
            keys: keys.to_vec(),
            tags: tags.to_vec(),
            guards: None,
        };
        if let Some(guards) = guards.take() {
            // Tags are not guarded, and go their own way.
            let tags = core::mem::take(&mut one.tags);
            deletions.push(Deletion {
                cache: cache.clone(),
                site,
                keys: Vec::new(),
                tags,
                guards: None,
            });
            one.guards = Some(guards);
        }
        deletions.push(one);
        true
    }

    /// Whether this transaction, or one around it, has changed what `key`, a key of the function at `site`, was made
    /// from. With a tag that may be any entry that has tags.
    pub(super) fn holds(&self, cache: &Cache, site: &Site, key: &str) -> bool {
        let held = |one: &Deletion| {
            let tagged = site.is_tagged() && !one.tags.is_empty();
            Arc::ptr_eq(&one.cache.engine, &cache.engine)
                && (tagged || one.keys.iter().any(|held| held == key))
        };
        let here = self.deletions.lock().iter().flatten().any(held);
        here || self
            .outer
            .as_ref()
            .is_some_and(|outer| outer.holds(cache, site, key))
    }

    /// The same for a key that is nobody's entry.
    pub(super) fn holds_key(&self, cache: &Cache, key: &str) -> bool {
        let held = |one: &Deletion| {
            Arc::ptr_eq(&one.cache.engine, &cache.engine) && one.keys.iter().any(|held| held == key)
        };
        let here = self.deletions.lock().iter().flatten().any(held);
        here || self
            .outer
            .as_ref()
            .is_some_and(|outer| outer.holds_key(cache, key))
    }

    fn close(&self) -> Vec<Deletion> {
        self.deletions.lock().take().unwrap_or_default()
    }
}

/// A transaction under way. Dropped before its end (cancelled, panicked) its outcome is unknown, and a deletion only
/// costs a miss.
struct Open(Arc<Pending>);

impl Open {
    /// Carries out the deletions, all keys of one cache with one command.
    async fn committed(self) {
        // From here on the engine takes care of them even if it is dropped, one cache after the other.
        let mut rest = self.close();
        rest.hand_over().await;
        while let Some((one, site, guards)) = rest.next_guarded() {
            // A failure is counted and made good.
            let engine = &one.cache.engine;
            let mut patience = engine.patience_of(&guards);
            let left = engine.leave(site, &one.keys, guards, &mut patience);
            // Boxed, so that it has no room in the caller's future.
            let _ = Box::pin(left).await;
        }
        while let Some((cache, deletions)) = rest.next_cache() {
            carry_out(&cache.engine, &deletions).await;
        }
    }

    fn close(&self) -> Rest {
        Rest {
            deletions: self.0.close(),
            outer: self.0.outer.clone(),
        }
    }

    /// Forgets the deletions. One that was meant to be guarded cannot hold anybody up any longer.
    async fn rolled_back(self) {
        for one in self.0.close() {
            if let Some(guards) = one.guards {
                one.cache.engine.withdraw(&one.keys, guards).await;
            }
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Deletes keys and members of tags, each once.
async fn carry_out(engine: &Engine, deletions: &[Deletion]) {
    let keys: Vec<_> = deletions.iter().flat_map(|one| one.keys.clone()).collect();
    let tags: BTreeSet<_> = deletions.iter().flat_map(|one| &one.tags).collect();
    let tags: Vec<_> = tags.into_iter().cloned().collect();
    let (deleted, mut swept) = engine.carry_out(&keys, &tags).await;
    let mut rest = &deleted[..];
    for one in deletions {
        let (deleted, later) = rest.split_at(one.keys.len());
        rest = later;
        let Some(site) = one.site else { continue };
        // Made good, as far as it failed.
        let _ = engine.count_deleted(site, deleted);
        if !one.tags.is_empty() {
            engine.count_swept(site, &one.tags, &swept);
            // An entry that several functions would have deleted is counted for one of them.
            swept = swept.map(|_| Swept::default());
        }
    }
}

/// Deletions that somebody must carry out.
struct Rest {
    deletions: Vec<Deletion>,
    /// The transaction around, until it knows of them. Whether this one was a savepoint of it or one of its own cannot be
    /// known. In the first case only the outer commit shows the change to others, in the second it is there now.
    outer: Option<Arc<Pending>>,
}

impl Rest {
    /// Leaves all to the transaction around as well. Guards go on standing there, and under them is nothing to delete.
    async fn hand_over(&mut self) {
        let Some(outer) = self.outer.clone() else {
            return;
        };
        let mut at = 0;
        while let Some(one) = self.deletions.get_mut(at) {
            let standing = match &one.guards {
                Some(guards) => one.cache.engine.renew(guards, &one.keys).await,
                None => false,
            };
            let taken = outer.add(&one.cache, one.site, &one.keys, &one.tags, &mut one.guards);
            if standing && taken {
                self.deletions.remove(at);
            } else {
                at += 1;
            }
        }
        self.outer = None;
    }

    fn next_guarded(&mut self) -> Option<(Deletion, &'static Site, Guards)> {
        let is_guarded = |one: &Deletion| one.guards.is_some() && one.site.is_some();
        let at = self.deletions.iter().position(is_guarded)?;
        let mut one = self.deletions.remove(at);
        let (site, guards) = (one.site?, one.guards.take()?);
        Some((one, site, guards))
    }

    fn next_cache(&mut self) -> Option<(Cache, Vec<Deletion>)> {
        let cache = self.deletions.first()?.cache.clone();
        let same = |one: &mut Deletion| Arc::ptr_eq(&one.cache.engine, &cache.engine);
        let deletions = self.deletions.extract_if(.., same).collect();
        Some((cache, deletions))
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        for one in &self.deletions {
            if let Some(outer) = &self.outer {
                outer.add(&one.cache, one.site, &one.keys, &one.tags, &mut None);
            }
            match &one.guards {
                Some(guards) => one.cache.engine.lose_guarded(&one.keys, guards.token()),
                None => one.cache.engine.lose(&one.keys),
            }
            one.cache.engine.lose_tags(&one.tags);
        }
    }
}

/// Runs a block that changes the database in a transaction and commits it: what the writes inside invalidate is
/// deleted after the block has returned `Ok`, all keys of a cache with one `DEL`.
///
/// An invalidation before the commit would be of no use: a reader would load the old value again and store it. So
/// inside the block annotated writes, and [`Cache::invalidate`], only note their keys. Annotated reads may be answered
/// from the cache, but not for a key that the block has invalidated, and what they load is not stored, because the
/// transaction's view may be older than a concurrent commit or newer than its own.
///
/// - `Ok`: the keys are deleted before `transaction` returns.
/// - `Err`: they are forgotten; the transaction was rolled back.
/// - The future is dropped, or panics: they are deleted in the background, because the commit may have happened.
///
/// The guards of writes with `before` stand until the block has ended, in whatever way.
///
/// Blocks may be nested. An inner block's keys are deleted when it ends in `Ok` or is dropped, and once more with the outer
/// one.
/// A task that is spawned inside is not inside.
///
/// # Errors
/// The block's own.
///
/// # Cancel safety
/// The keys are deleted in the background.
///
/// # Concurrent calls on the same key
/// Until the block has ended, others are served what the cache holds, as they are by the database.
///
/// # When Redis is down
/// The block's result is returned; the keys are bypassed by this process and deleted as soon as the server is back.
///
/// # Examples
/// ```
/// use cached_redis_runtime::{Cache, Served, cache_aside, cache_invalidate, inspect, transaction};
///
/// #[cache_aside(key = "balance:<account>", ttl = "1h")]
/// async fn balance(account: u32) -> i64 {
///     // …
/// #   let _ = account;
///     100
/// }
///
/// #[cache_invalidate(key = "balance:<account>")]
/// async fn add(account: u32, amount: i64) -> Result<(), std::io::Error> {
///     // … UPDATE …
/// #   let _ = (account, amount);
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cache = Cache::connect("memory://").await?;
/// # cache.scope(async {
/// # balance(1).await;
/// transaction(async {
///     // let mut tx = pool.begin().await?;
///     add(1, -50).await?;
///     add(2, 50).await?;
///     // tx.commit().await
/// #   assert_eq!(inspect(balance(1)).await.1, Served::Bypassed);
/// #   Ok::<(), std::io::Error>(())
/// })
/// .await?;
/// # assert_eq!(inspect(balance(1)).await.1, Served::Miss);
/// # Ok::<(), std::io::Error>(())
/// # }).await?;
/// # Ok(())
/// # }
/// ```
pub async fn transaction<T, E, F>(block: F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let around = Context::current();
    let pending = Arc::new(Pending::new(around.transaction().cloned()));
    let open = Open(Arc::clone(&pending));
    let inside = around.in_transaction(pending);
    let result = inside.run(pin!(block)).await;
    if result.is_ok() {
        open.committed().await;
    } else {
        open.rolled_back().await;
    }
    result
}
