//! One call of a reader whose entry has tags. They are rendered only when the body is about to run: a hit knows nothing
//! of them.

use core::fmt;
use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;

use super::{Call, Outcome, outcome, take};
use crate::cache::global::Found;
use crate::cache::invalidation::TemplateKey;
use crate::codec::Cacheable;
use crate::engine::{Engine, Hit, Left, Membership, Registration, Start, Ticket, tag_prefix};
use crate::shape::{Shape, Storable};
use crate::ttl::Keep;

/// The tags of an entry.
pub struct TagList {
    /// `None` where nothing is stored.
    prefix: Option<String>,
    tags: Vec<String>,
}

impl TagList {
    pub(in crate::cache) fn of(cache: Option<&Found>) -> Self {
        Self {
            prefix: cache.map(|cache| tag_prefix(&cache.engine().settings().namespace)),
            tags: Vec::new(),
        }
    }

    /// Adds one tag.
    pub fn push(&mut self, tag: &TemplateKey<'_>) {
        if let Some(prefix) = &self.prefix {
            self.tags.push(tag.render(prefix));
        }
    }

    pub(in crate::cache) fn take(&mut self) -> Vec<String> {
        core::mem::take(&mut self.tags)
    }
}

impl fmt::Debug for TagList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TagList")
            .field("tags", &self.tags.len())
            .finish_non_exhaustive()
    }
}

impl Call {
    /// Of an entry that is loaded anew in the background.
    pub(super) fn tags_of_refresh(&self) -> TagList {
        TagList::of(self.target.as_ref().map(|target| &target.cache))
    }

    pub(super) fn tags(&self, ticket: &Ticket) -> TagList {
        let target = self.target.as_ref();
        let stored = target.filter(|_| !matches!(ticket, Ticket::Uncached | Ticket::Round(_)));
        TagList::of(stored.map(|target| &target.cache))
    }

    /// Puts the key under its tags, whether the right to load came with a claim, from another caller who gave up, or
    /// with the entry to be replaced: in each case the body has not begun. Without it nothing is stored, as if the cache
    /// could not be used.
    ///
    /// Boxed for the same reason as [`Call::plan`].
    pub(super) fn register(&self, start: Start, mut tags: TagList) -> Registering<'_> {
        Box::pin(async move {
            let tags = tags.take();
            let (Some(target), false) = (&self.target, tags.is_empty()) else {
                return ControlFlow::Break((start, None));
            };
            let Start {
                ticket,
                permit,
                mut left,
            } = start;
            let memberships = tags.into_iter().map(|tag| Membership {
                tag,
                members: vec![target.key.clone()],
            });
            let replaces = matches!(ticket, Ticket::Replace(_) | Ticket::Reload(_));
            let engine = target.cache.engine();
            let registered = engine
                .register(
                    self.site,
                    memberships.collect(),
                    (self.lifetimes, replaces),
                    &mut left,
                )
                .await;
            if registered.is_some() {
                let start = Start {
                    ticket,
                    permit,
                    left,
                };
                return ControlFlow::Break((start, registered));
            }
            if let Ticket::Reload(election) = ticket {
                // The call has something to return.
                election.failed().await;
                return ControlFlow::Break((Start::free(), None));
            }
            let permit = Engine::renounce(ticket).permit.or(permit);
            let nothing = (engine.in_rounds(self.site), Left::NOTHING);
            match self.settled(target, nothing, permit).await {
                ControlFlow::Break(start) => ControlFlow::Break((start, None)),
                ControlFlow::Continue(hit) => ControlFlow::Continue(hit),
            }
        })
    }
}

type Registering<'a> =
    Pin<Box<dyn Future<Output = ControlFlow<(Start, Option<Registration>), Hit>> + Send + 'a>>;

/// Reads through the cache; `tagged` names the entry's tags and gives the body.
///
/// It is [`cache_aside`](super::cache_aside) with a step before the body, and apart from it so that functions without
/// tags do not pay for that.
///
/// # Cancel safety
/// Nothing is lost: a waiter takes over, or the lease is given back.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_aside_tagged<S, U, T, F, Fut>(
    mut call: Call,
    _shape: S,
    store: U,
    tagged: T,
) -> impl Future<Output = S::Output>
where
    // Said first, so that rustc names the user's type and not ours around it.
    S: Shape<Stored: Cacheable>,
    S: Storable,
    U: FnOnce(&S::Value) -> Keep,
    T: FnOnce(&mut TagList) -> F,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    async move {
        call.tag(S::fingerprint);
        // In a block, so that the start and the list are gone before the next await and have no room in the caller's future.
        let (load, registering) = {
            let start = loop {
                match call.plan().await {
                    ControlFlow::Break(start) => break start,
                    ControlFlow::Continue(hit) => match take::<S>(&call, &hit) {
                        Some(output) => return output,
                        None => call.undecodable(&hit),
                    },
                }
            };
            let mut tags = call.tags(&start.ticket);
            let load = Box::new(tagged(&mut tags));
            (load, call.register(start, tags))
        };
        let (start, registration) = match registering.await {
            ControlFlow::Break(registered) => registered,
            ControlFlow::Continue(hit) => match take::<S>(&call, &hit) {
                Some(output) => return output,
                None => (Start::free(), None),
            },
        };
        let mut loading = call.load(start);
        loading.registration = registration;
        let returned = loading.context().run_body(Box::pin(load())).await;
        // Only now is what was awaited gone, so only a new variable can have its place.
        let output = returned;
        let outcome = if loading.is_wanted() {
            outcome::<S>(&loading, &output, store)
        } else {
            Outcome::Unstored(None)
        };
        loading.end(outcome).await;
        output
    }
}
