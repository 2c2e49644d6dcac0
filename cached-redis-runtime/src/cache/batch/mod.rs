//! One call of a reader that reads several keys: `each = ids`.

mod load;
mod tagged;

pub use tagged::{BatchTags, cache_aside_each_tagged};

use core::fmt;
use core::future::Future;

use super::context::{Context, Mode, Served};
use super::global::{CacheRef, Found};
use super::invalidation::KeyList;
use crate::codec::{Format, HEADER};
use crate::engine::{Admission, Batch, Hit, Left, Reload, Search, Step, Ticket};
use crate::observe::{Count, Trace};
use crate::shape::rows::{Around, BatchShape, Output, Rows, RowsOf, Value};
use crate::shape::{Asked, Ids, StoredLeaf};
use crate::site::{LoadPermit, Site};
use crate::ttl::{Keep, Lifetimes};
use load::{Load, outcomes};

/// One call, before its body is needed.
pub struct BatchCall<P: Ids> {
    /// Boxed, as is whatever else a call keeps and its caller's future need not hold.
    call: Box<Common>,
    target: Option<Box<Target>>,
    ids: P,
    /// The ids, each once.
    asked: Vec<P::Id>,
    /// Some were given more than once.
    repeated: bool,
}

impl<P: Ids> fmt::Debug for BatchCall<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchCall")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

/// What does not depend on a type.
#[derive(Debug)]
struct Common {
    site: &'static Site,
    lifetimes: Lifetimes,
    context: Context,
    served: Served,
}

/// The entries. Without it the body runs as written.
#[derive(Debug)]
struct Target {
    cache: Found,
    /// Those of the ids asked for.
    keys: Vec<String>,
    /// The places of those that another id has too, or that are too long: they are loaded along.
    apart: Vec<usize>,
    format: Format,
    fingerprint: u64,
    reload: Reload,
}

impl<P: Ids> BatchCall<P> {
    /// Finds the cache and renders the keys.
    #[must_use]
    pub fn begin(
        site: &'static Site,
        cache: CacheRef,
        enabled: bool,
        lifetimes: Lifetimes,
        ids: P,
        key: impl Fn(&P::Id, &mut KeyList),
    ) -> Self {
        let mut call = Box::new(Common::begin(site, lifetimes));
        let (mut target, mut asked, mut repeated) = (None, Vec::new(), false);
        if let Some(mut list) = call.list(cache, enabled) {
            for id in ids.ids() {
                key(id, &mut list);
            }
            let all: Vec<_> = ids.ids().collect();
            let mut places = first_of_each(list.keys());
            for (at, place) in places.iter_mut().enumerate() {
                // Ids that are one key and yet not equal: only the first of them is cached, and both are loaded.
                if let Place::As(first) = *place
                    && all[first] != all[at]
                {
                    *place = Place::Apart;
                }
            }
            repeated = places.iter().any(|place| matches!(place, Place::As(_)));
            let once = all.into_iter().zip(&places);
            let once = once.filter(|(_, place)| !matches!(place, Place::As(_)));
            asked.extend(once.map(|(id, _)| id.clone()));
            target = Some(Box::new(call.aim(list, &places)));
        }
        Self {
            call,
            target,
            ids,
            asked,
            repeated,
        }
    }
}

impl Common {
    fn begin(site: &'static Site, lifetimes: Lifetimes) -> Self {
        Self {
            site,
            lifetimes,
            context: Context::current(),
            served: Served::Bypassed,
        }
    }

    fn list(&mut self, cache: CacheRef, enabled: bool) -> Option<KeyList> {
        let Some(cache) = cache.find(self.site.path()) else {
            self.served = Served::Uncached;
            return None;
        };
        if !enabled || self.context.mode() == Mode::Bypass {
            cache.engine().count(self.site, Count::Bypassed);
            return None;
        }
        if self.context.transaction().is_none() {
            self.site.warn_of_transaction();
        }
        Some(KeyList::new(cache))
    }

    fn aim(&self, list: KeyList, places: &[Place]) -> Target {
        let (cache, keys) = list.into_parts();
        let keys = keys.into_iter().zip(places);
        let keys = keys.filter(|(_, place)| !matches!(place, Place::As(_)));
        let (keys, places): (Vec<_>, Vec<_>) = keys.unzip();
        let apart = places.into_iter().zip(&keys).enumerate();
        let apart = apart.filter(|(_, (place, key))| {
            matches!(place, Place::Apart) || !cache.engine().accepts(self.site, key)
        });
        let apart = apart.map(|(at, _)| at).collect();
        let format = self.site.format_or(cache.engine().settings().format);
        Target {
            cache,
            keys,
            apart,
            format,
            fingerprint: 0,
            reload: match self.context.mode() {
                Mode::Refresh => Reload::Forced,
                _ => Reload::No,
            },
        }
    }

    fn batch<'a>(&self, target: &'a Target) -> Batch<'a> {
        Batch {
            site: self.site,
            keys: &target.keys,
            lifetimes: self.lifetimes,
            format: target.format,
            fingerprint: target.fingerprint,
            admission: self.admission(),
        }
    }

    /// In a transaction what is loaded is not stored.
    fn is_read_only(&self) -> bool {
        self.context.transaction().is_some() || self.site.takes_transaction()
    }

    fn admission(&self) -> Admission {
        self.context
            .nesting(self.site)
            .admission(self.is_read_only())
    }

    /// A body of the same call that surrounds this one loads some of the keys: it must not be waited for.
    fn search<'a>(&self, target: &'a Target) -> Search<'a> {
        let engine = target.cache.engine();
        let transaction = self.context.transaction();
        let mut search = engine.search(self.batch(target), target.reload);
        if self.is_read_only() {
            search.stores_nothing();
        }
        for (at, key) in target.keys.iter().enumerate() {
            if self.context.is_loading(&target.cache, key)
                || transaction.is_some_and(|pending| pending.holds(&target.cache, self.site, key))
            {
                engine.count(self.site, Count::Bypassed);
                search.load_along(at);
            }
        }
        target.apart.iter().for_each(|&at| search.load_along(at));
        search
    }

    fn answered(&mut self, target: &Target, hit: &Hit) {
        let engine = target.cache.engine();
        let counters = engine.counters_of(self.site, &self.lifetimes);
        if hit.absent {
            counters.count(Count::NegativeHit);
        }
        if hit.joined {
            counters.count(Count::Joined);
            self.served = Served::Joined;
        } else {
            counters.count(Count::Hit);
            if self.served != Served::Joined {
                self.served = Served::Hit;
            }
        }
    }

    fn load<'a>(&'a self, target: &'a Target, missing: Missing) -> Load<'a> {
        let Missing {
            tickets,
            permit,
            left,
        } = missing;
        let engine = target.cache.engine();
        Load {
            call: self,
            target,
            tickets,
            registration: None,
            loading: engine.loading(self.site, &self.lifetimes),
            permit,
            left,
        }
    }
}

/// Reads several keys through the cache; the body runs once, for those that are missing.
///
/// # Cancel safety
/// Nothing is lost: waiters take over, or the leases are given back.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_aside_each<P, S, U, F, Fut>(
    batch: BatchCall<P>,
    _shape: S,
    mut store: U,
    load: F,
) -> impl Future<Output = Output<S>>
where
    P: Ids,
    S: BatchShape,
    S::Rows: RowsOf<P::Id>,
    U: FnMut(&Value<S>) -> Keep,
    F: FnOnce(Asked<P>) -> Fut,
    Fut: Future<Output = Output<S>>,
{
    async move {
        let BatchCall {
            mut call,
            target,
            ids,
            asked,
            repeated,
        } = batch;
        let Some(mut target) = target else {
            call.context.report(call.served);
            let context = call.context.of_body(None).traced(Trace::none());
            return context.run_body(Box::pin(load(Asked::all(ids)))).await;
        };
        target.fingerprint = S::Leaf::fingerprint(call.site, target.format);
        let (found, missing) = find::<S>(&mut call, &target, &asked).await;
        if missing.tickets.is_empty() {
            call.context.report(call.served);
            return S::Around::wrap(S::Rows::of(found));
        }
        // A body that is given an id twice may return its row twice.
        let wanted = if missing.tickets.len() == asked.len() && !repeated {
            Asked::all(ids)
        } else {
            Asked::some(missing.of(&asked).cloned().collect())
        };
        let loading = Box::new(call.load(&target, missing));
        let returned = loading.context().run_body(Box::pin(load(wanted))).await;
        // Only now is what was awaited gone, so only a new variable can have its place.
        let output = returned;
        let outcomes = S::Around::rows(&output)
            .map(|rows| outcomes::<S>(&loading, rows, &asked, &mut store))
            .unwrap_or_default();
        loading.end(outcomes).await;
        S::Around::map(output, |rows| rows.merge(found, &asked))
    }
}

/// Ids with their values.
type Held<S> = Vec<(
    <<S as BatchShape>::Rows as Rows>::Id,
    <<S as BatchShape>::Rows as Rows>::Held,
)>;

/// What is not cached.
struct Missing {
    /// What is to be done about each.
    tickets: Vec<(usize, Ticket)>,
    /// Unless a ticket's flight has it.
    permit: Option<LoadPermit>,
    /// How long the call may still wait for the store.
    left: Left,
}

impl Missing {
    /// Those of all that were asked for.
    fn of<'a, I>(&self, asked: &'a [I]) -> impl Iterator<Item = &'a I> {
        self.tickets.iter().map(|(at, _)| &asked[*at])
    }
}

/// The rows that are cached, and what is to be done about the others.
async fn find<S: BatchShape>(
    call: &mut Common,
    target: &Target,
    asked: &[<S::Rows as Rows>::Id],
) -> (Held<S>, Missing)
where
    <S::Rows as Rows>::Id: Clone,
{
    let mut found: Vec<Option<_>> = Vec::new();
    found.resize_with(asked.len(), || None);
    let mut search = Box::new(call.search(target));
    let tickets = loop {
        match search.step().await {
            Step::Load(tickets) => break tickets,
            Step::Hits(hits) => {
                for (at, hit) in hits {
                    match take::<S::Leaf>(target.format, &hit) {
                        Ok(held) => {
                            call.answered(target, &hit);
                            found[at] = held;
                        }
                        Err(Undecodable) => search.undecodable(at, hit),
                    }
                }
            }
        }
    };
    let found = asked.iter().zip(found);
    let found = found.filter_map(|(id, held)| Some((id.clone(), held?)));
    let (permit, left) = search.end();
    let missing = Missing {
        tickets,
        permit,
        left,
    };
    (found.collect(), missing)
}

/// What an entry says: a value, or "not found".
fn take<L: StoredLeaf>(format: Format, hit: &Hit) -> Result<Option<L::Held>, Undecodable> {
    if hit.absent {
        return Ok(None);
    }
    let payload = hit.bytes.get(HEADER..).ok_or(Undecodable)?;
    L::decode(format, payload).map(Some).ok_or(Undecodable)
}

struct Undecodable;

/// What a key is among those of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The first of its text.
    First,
    /// The same text as the one at this place, of an equal id.
    As(usize),
    /// The same text of another id.
    Apart,
}

fn first_of_each(keys: &[String]) -> Vec<Place> {
    let mut order: Vec<_> = (0..keys.len()).collect();
    order.sort_unstable_by(|a, b| keys[*a].cmp(&keys[*b]).then(a.cmp(b)));
    let mut places = vec![Place::First; keys.len()];
    for pair in order.windows(2) {
        if keys[pair[0]] == keys[pair[1]] {
            places[pair[1]] = match places[pair[0]] {
                Place::As(first) => Place::As(first),
                _ => Place::As(pair[0]),
            };
        }
    }
    places
}
