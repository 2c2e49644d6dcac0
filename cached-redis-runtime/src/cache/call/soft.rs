//! One call of a reader whose entries are reloaded before they expire, or answer for a while after.
//!
//! What a call does about an entry that is due comes after it has the value: whatever becomes of the reload, there is
//! something to return.

use core::future::Future;
use core::ops::ControlFlow;
use core::pin::pin;

use tokio::sync::oneshot;

use super::background::Body;
use super::due::{Answer, Due};
use super::tagged::TagList;
use super::{Call, decode, encoded, outcome, take};
use crate::cache::context::Served;
use crate::clock;
use crate::codec::Cacheable;
use crate::engine::{Outcome, Start, Ticket};
use crate::shape::{Shape, Storable};
use crate::sync::spread;
use crate::ttl::{Keep, Soft};

/// With `stale` or `early`: who reloads does so in its own call, and the body may borrow.
///
/// # Cancel safety
/// Nothing is lost: a waiter takes over, the lease is given back, or the next reader reloads.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_aside_soft<S, U, T, F, Fut>(
    mut call: Call,
    soft: Soft,
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
        call.lifetimes = soft.kept(call.lifetimes);
        let (start, old) = match find::<S>(&mut call, &soft).await {
            Found::Value(output) => return output,
            Found::Nothing(start) => (start, None),
            Found::Due(due, old) => {
                let start = match call.elected(due) {
                    Some(elected) => elected.await,
                    None => None,
                };
                match start {
                    Some(start) => (start, Some(old)),
                    None => return old.give(),
                }
            }
        };
        load::<S, _, _, _, _>(call, start, old, store, tagged).await
    }
}

/// With `refresh_ahead` or `soft_timeout`: the body may run in the background. `tagged` borrows, and is called only when
/// a body is needed, here or there; what it gives does not.
///
/// # Cancel safety
/// Nothing is lost: a waiter takes over, or the lease is given back. What runs in the background goes on.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_aside_ahead<S, U, T, F, Fut>(
    mut call: Call,
    soft: Soft,
    _shape: S,
    store: U,
    tagged: T,
) -> impl Future<Output = S::Output>
where
    S: Shape<Stored: Cacheable>,
    S: Storable + Send + 'static,
    S::Output: Send + 'static,
    U: FnOnce(&S::Value) -> Keep + Send + 'static,
    T: FnOnce(&mut TagList) -> F,
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = S::Output> + Send + 'static,
{
    async move {
        call.tag(S::fingerprint);
        call.lifetimes = soft.kept(call.lifetimes);
        let (due, old) = match find::<S>(&mut call, &soft).await {
            Found::Value(output) => return output,
            Found::Nothing(start) => {
                return load::<S, _, _, _, _>(call, start, None, store, tagged).await;
            }
            Found::Due(due, old) => (due, old),
        };
        let timeout = soft.timeout().filter(|_| due.is_stale());
        let Some(mut refresh) = call.refresh(due) else {
            if !call.is_reloaded(due, timeout).await {
                return old.give();
            }
            // Whatever has become of it.
            return match find::<S>(&mut call, &soft).await {
                Found::Value(output) => output,
                Found::Due(_, old) => old.give(),
                Found::Nothing(start) => {
                    load::<S, _, _, _, _>(call, start, None, store, tagged).await
                }
            };
        };
        let load = {
            let mut tags = call.tags_of_refresh();
            let load = tagged(&mut tags);
            refresh.tagged(tags);
            load
        };
        let (sender, receiver) = timeout.map(|_| oneshot::channel()).unzip();
        refresh.begin(in_background::<S, _, _, _>(&call, load, store, sender));
        if let (Some(timeout), Some(receiver)) = (timeout, receiver)
            && let Ok(Ok(new)) = clock::within(timeout, receiver).await
        {
            call.context.report(Served::Refreshed);
            return new;
        }
        old.give()
    }
}

/// What a call comes upon.
enum Found<T> {
    /// Nothing is to be done about it.
    Value(T),
    Due(Due, Old<T>),
    /// What it loads with.
    Nothing(Start),
}

async fn find<S: Storable>(call: &mut Call, soft: &Soft) -> Found<S::Output> {
    // One for all looks: who has drawn to load early what a replica said does not draw again for the primary.
    let lot = spread();
    loop {
        let hit = match call.plan().await {
            ControlFlow::Break(start) => return Found::Nothing(start),
            ControlFlow::Continue(hit) => hit,
        };
        let Some(output) = decode::<S>(call, &hit) else {
            call.undecodable(&hit);
            continue;
        };
        let Some(due) = Due::of(&hit, soft, lot) else {
            call.answered(&hit);
            return Found::Value(output);
        };
        if call.asks_first_hand(&hit) {
            continue;
        }
        let answer = call.answer(&hit, due);
        return Found::Due(due, Old { answer, output });
    }
}

/// The body, and what is to be done with its result. Unless it failed, `sender` has the result.
fn in_background<S, U, F, Fut>(
    call: &Call,
    load: F,
    store: U,
    sender: Option<oneshot::Sender<S::Output>>,
) -> Body
where
    S: Storable,
    S::Output: Send + 'static,
    U: FnOnce(&S::Value) -> Keep + Send + 'static,
    F: FnOnce() -> Fut + Send + 'static,
    Fut: Future<Output = S::Output> + Send + 'static,
{
    let (site, format) = (call.site, call.format());
    Box::pin(async move {
        let output = {
            let load = pin!(load());
            load.await
        };
        let outcome = encoded::<S>(site, format, &output, store, false);
        if let (Some(sender), false) = (sender, matches!(outcome, Outcome::Failed)) {
            // The caller may have stopped waiting.
            drop(sender.send(output));
        }
        outcome
    })
}

/// What an entry that is due says, and what there is to report once it is returned.
struct Old<T> {
    answer: Option<Answer>,
    output: T,
}

impl<T> Old<T> {
    fn give(self) -> T {
        if let Some(answer) = self.answer {
            answer.give();
        }
        self.output
    }
}

/// From the start of a load to the end of the call. An `old` entry is what the call returns if its body fails.
async fn load<S, U, T, F, Fut>(
    call: Call,
    start: Start,
    old: Option<Old<S::Output>>,
    store: U,
    tagged: T,
) -> S::Output
where
    S: Shape<Stored: Cacheable>,
    S: Storable,
    U: FnOnce(&S::Value) -> Keep,
    T: FnOnce(&mut TagList) -> F,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    // In a block, so that the list is gone before the await and has no room in the caller's future.
    let (load, registering) = {
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
    let old = match old {
        // What it loads could not be stored: the store failed meanwhile.
        Some(old) if !matches!(start.ticket, Ticket::Reload(_)) => return old.give(),
        old => old,
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
    let failed = matches!(outcome, Outcome::Failed);
    loading.end(outcome).await;
    match old {
        Some(old) if failed => old.give(),
        _ => output,
    }
}
