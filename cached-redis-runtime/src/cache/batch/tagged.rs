//! One call of a reader of several keys whose entries have tags.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use std::collections::BTreeMap;

use super::load::outcomes;
use super::{BatchCall, Common, Missing, Target, find};
use crate::cache::call::TagList;
use crate::cache::invalidation::TemplateKey;
use crate::engine::{Engine, Membership, Registration, Ticket};
use crate::observe::Trace;
use crate::shape::rows::{Around, BatchShape, Output, Rows, RowsOf, Value};
use crate::shape::{Asked, Ids, StoredLeaf};
use crate::ttl::Keep;

/// The tags of the entries that one body is to make.
pub struct BatchTags<'a, I> {
    list: TagList,
    /// What is to be stored, with its place among the keys.
    missing: Vec<(usize, &'a I)>,
    /// The places under each tag.
    places: BTreeMap<String, Vec<usize>>,
}

impl<I> BatchTags<'_, I> {
    /// Where nothing is stored.
    fn none() -> Self {
        Self {
            list: TagList::of(None),
            missing: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Adds one tag of all of them.
    pub fn push(&mut self, tag: &TemplateKey<'_>) {
        self.list.push(tag);
        let all = self.missing.iter().map(|(at, _)| *at);
        for tag in self.list.take() {
            self.places.entry(tag).or_default().extend(all.clone());
        }
    }

    /// Adds tags that depend on the id.
    pub fn each(&mut self, tag: impl Fn(&I, &mut TagList)) {
        for (at, id) in &self.missing {
            tag(id, &mut self.list);
            for tag in self.list.take() {
                self.places.entry(tag).or_default().push(*at);
            }
        }
    }
}

impl<I> fmt::Debug for BatchTags<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchTags")
            .field("tags", &self.places.len())
            .finish_non_exhaustive()
    }
}

impl Target {
    fn tags<'a, I>(&self, tickets: &[(usize, Ticket)], asked: &'a [I]) -> BatchTags<'a, I> {
        let stored =
            |(_, ticket): &&(usize, Ticket)| !matches!(ticket, Ticket::Uncached | Ticket::Round(_));
        let stored = tickets.iter().filter(stored);
        let missing: Vec<_> = stored.map(|(at, _)| (*at, &asked[*at])).collect();
        BatchTags {
            list: TagList::of(Some(&self.cache).filter(|_| !missing.is_empty())),
            missing,
            places: BTreeMap::new(),
        }
    }
}

impl Common {
    /// As for a single key: before the body, and without it nothing is stored. Boxed, so that it has no room in the
    /// caller's future.
    fn register<'a>(
        &'a self,
        target: &'a Target,
        mut missing: Missing,
        places: BTreeMap<String, Vec<usize>>,
    ) -> Pin<Box<dyn Future<Output = (Missing, Option<Registration>)> + Send + 'a>> {
        Box::pin(async move {
            if places.is_empty() {
                return (missing, None);
            }
            let memberships = places.into_iter().map(|(tag, mut places)| {
                places.dedup();
                let members = places.into_iter().map(|at| target.keys[at].clone());
                Membership {
                    tag,
                    members: members.collect(),
                }
            });
            let replaces = |(_, ticket): &(usize, Ticket)| matches!(ticket, Ticket::Replace(_));
            let replaces = missing.tickets.iter().any(replaces);
            let engine = target.cache.engine();
            let registered = engine
                .register(
                    self.site,
                    memberships.collect(),
                    (self.lifetimes, replaces),
                    &mut missing.left,
                )
                .await;
            if registered.is_some() {
                return (missing, registered);
            }
            for (_, ticket) in &mut missing.tickets {
                let start = Engine::renounce(core::mem::replace(ticket, Ticket::Uncached));
                missing.permit = missing.permit.take().or(start.permit);
            }
            (missing, None)
        })
    }
}

/// Reads several keys through the cache; `tagged` names the tags of what is missing and gives the body.
///
/// It is [`cache_aside_each`](super::cache_aside_each) with a step before the body.
///
/// # Cancel safety
/// Nothing is lost: waiters take over, or the leases are given back.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_aside_each_tagged<P, S, U, T, F, Fut>(
    batch: BatchCall<P>,
    _shape: S,
    mut store: U,
    tagged: T,
) -> impl Future<Output = Output<S>>
where
    P: Ids,
    S: BatchShape,
    S::Rows: RowsOf<P::Id>,
    U: FnMut(&Value<S>) -> Keep,
    T: FnOnce(&mut BatchTags<'_, P::Id>) -> F,
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
            let load = tagged(&mut BatchTags::none());
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
        let (load, places) = {
            let mut tags = target.tags(&missing.tickets, &asked);
            let load = tagged(&mut tags);
            (load, tags.places)
        };
        let (missing, registration) = call.register(&target, missing, places).await;
        let mut loading = Box::new(call.load(&target, missing));
        loading.registration = registration;
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
