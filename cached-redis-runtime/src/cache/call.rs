//! One call of a reader: the generic shell that every annotated function shares, as thin as it can be.
//!
//! What depends on the value's type is decoding, encoding and `unless`; everything else is in [`Call`], which is
//! compiled once.

mod along;
mod anew;
mod background;
mod by_field;
mod due;
mod load;
mod soft;
mod tagged;

pub use along::{Along, CloneAlong, along, cloned_along};
use load::Load;
pub use soft::{cache_aside_ahead, cache_aside_soft};
pub use tagged::{TagList, cache_aside_tagged};

use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;

use super::context::{Context, Mode, Served};
use super::encoding;
use super::global::{CacheRef, Found};
use crate::codec::{Cacheable, Format, HEADER};
use crate::engine::{Admission, Hit, Left, Outcome, Plan, Reload, Request, Start, Ticket};
use crate::key::{CacheKey, render};
use crate::observe::Count;
use crate::shape::{Shape, Storable, Verdict};
use crate::site::{LoadPermit, Site};
use crate::ttl::{Keep, Lifetimes};

/// One call, before its body is needed.
#[derive(Debug)]
pub struct Call {
    site: &'static Site,
    lifetimes: Lifetimes,
    /// `None`: the body runs as written.
    target: Option<Target>,
    has_cache: bool,
    context: Context,
}

#[derive(Debug)]
struct Target {
    cache: Found,
    key: String,
    format: Format,
    fingerprint: u64,
    reload: Reload,
    /// What a replica said could not be taken.
    first_hand: bool,
    /// The cache is of no use to this call: the key is too long, or what another call made for it cannot be read here, and
    /// waiting for the next one would not help.
    given_up: bool,
    /// In a transaction: what is loaded is not stored.
    read_only: bool,
    admission: Admission,
}

/// A call on its way to its load.
type Settling<'a> = Pin<Box<dyn Future<Output = ControlFlow<Start, Hit>> + Send + 'a>>;

impl Call {
    /// Finds the cache and renders the key.
    #[must_use]
    pub fn begin(
        site: &'static Site,
        cache: CacheRef,
        enabled: bool,
        lifetimes: Lifetimes,
        segments: &[&dyn CacheKey],
    ) -> Self {
        let context = Context::current();
        let mut call = Self {
            site,
            lifetimes,
            target: None,
            has_cache: false,
            context,
        };
        if let Some(cache) = cache.find(site.path()) {
            call.has_cache = true;
            call.aim(cache, enabled, segments);
        }
        call
    }

    fn aim(&mut self, cache: Found, enabled: bool, segments: &[&dyn CacheKey]) {
        let engine = cache.engine();
        if !enabled || self.context.mode() == Mode::Bypass {
            engine.count(self.site, Count::Bypassed);
            return;
        }
        let settings = engine.settings();
        let key = render(&settings.namespace, self.site.literals(), segments);
        let transaction = self.context.transaction();
        if self.context.is_loading(&cache, &key)
            || transaction.is_some_and(|pending| pending.holds(&cache, self.site, &key))
        {
            engine.count(self.site, Count::Bypassed);
            return;
        }
        let read_only = transaction.is_some() || self.site.takes_transaction();
        if transaction.is_none() {
            self.site.warn_of_transaction();
        }
        let admission = self.context.nesting(self.site).admission(read_only);
        let given_up = !engine.accepts(self.site, &key);
        let format = self.site.format_or(settings.format);
        let reload = match self.context.mode() {
            Mode::Refresh => Reload::Forced,
            _ => Reload::No,
        };
        self.target = Some(Target {
            cache,
            key,
            format,
            fingerprint: 0,
            reload,
            first_hand: false,
            given_up,
            read_only,
            admission,
        });
    }

    fn request<'a>(&self, target: &'a Target) -> Request<'a> {
        Request {
            site: self.site,
            key: &target.key,
            lifetimes: self.lifetimes,
            format: target.format,
            fingerprint: target.fingerprint,
            admission: target.admission,
        }
    }

    /// An entry to take if it decodes, or what to load with. Small enough to live in the caller's future: what it awaits
    /// is boxed.
    async fn plan(&self) -> ControlFlow<Start, Hit> {
        let Some(target) = &self.target else {
            return ControlFlow::Break(Start::free());
        };
        if target.given_up || target.first_hand || target.reload != Reload::No {
            return self.reload(target).await;
        }
        let engine = target.cache.engine();
        let Some(got) = engine.get(self.request(target)) else {
            let nothing = (engine.in_rounds(self.site), Left::NOTHING);
            return self.settled(target, nothing, None).await;
        };
        let got = got.await;
        // Made anew, since across the await it would take its place in the caller's future.
        let plan = match engine.judge(self.request(target), Reload::No, got) {
            ControlFlow::Break(Plan::Hit(hit)) => return ControlFlow::Continue(hit),
            ControlFlow::Break(plan) => (plan, Left::NOTHING),
            ControlFlow::Continue(_) if target.read_only => self.read_only(target),
            ControlFlow::Continue(miss) => miss.await,
        };
        self.settled(target, plan, None).await
    }

    /// A call that does not take what it may find, or not from everybody.
    fn reload<'a>(&'a self, target: &'a Target) -> Settling<'a> {
        Box::pin(async move {
            let engine = target.cache.engine();
            let mut request = self.request(target);
            let mut permit = None;
            if target.reload == Reload::Forced {
                // Its body runs whatever is found, so it stands in line before it looks.
                permit = engine.permit(request).await;
            }
            if permit.is_some() {
                request.admission = Admission::Free;
            }
            let plan = match engine.get_first_hand(request) {
                _ if target.given_up => (Plan::Load(Ticket::Uncached), Left::NOTHING),
                None => (engine.in_rounds(self.site), Left::NOTHING),
                Some(got) => match engine.judge(request, target.reload, got.await) {
                    ControlFlow::Break(plan) => (plan, Left::NOTHING),
                    ControlFlow::Continue(_) if target.read_only => self.read_only(target),
                    ControlFlow::Continue(miss) => miss.await,
                },
            };
            self.settled(target, plan, permit).await
        })
    }

    fn read_only(&self, target: &Target) -> (Plan, Left) {
        target.cache.engine().count(self.site, Count::Bypassed);
        (Plan::Load(Ticket::Uncached), Left::NOTHING)
    }

    /// From the plan to the start of a load, which may have to wait for its turn. With the plan comes how long the call may
    /// still wait for the store.
    fn settled<'a>(
        &'a self,
        target: &'a Target,
        (plan, left): (Plan, Left),
        permit: Option<LoadPermit>,
    ) -> Settling<'a> {
        let request = self.request(target);
        let engine = target.cache.engine();
        Box::pin(async move {
            match plan {
                Plan::Hit(hit) => ControlFlow::Continue(hit),
                // A lead's flight has the permit.
                Plan::Load(ticket) if permit.is_some() || matches!(ticket, Ticket::Lead(_)) => {
                    ControlFlow::Break(Start {
                        ticket,
                        permit,
                        left,
                    })
                }
                Plan::Load(ticket) => ControlFlow::Break(engine.start(request, ticket, left).await),
                // A transaction sees what others do not, and a body of the same function may lead the round that would
                // be waited for.
                Plan::Round(_) if request.admission == Admission::Free => {
                    ControlFlow::Break(Start::free())
                }
                Plan::Round(end) => {
                    // Whoever leads the round may wait for it.
                    drop(permit);
                    engine.round(request, end).await
                }
            }
        })
    }

    fn format(&self) -> Format {
        self.target
            .as_ref()
            .map_or_else(Format::default, |target| target.format)
    }

    pub(super) fn tag(&mut self, fingerprint: impl FnOnce(&Site, Format) -> u64) {
        if let Some(target) = &mut self.target {
            target.fingerprint = fingerprint(self.site, target.format);
        }
    }

    /// The entry decoded: this call is answered.
    fn answered(&self, hit: &Hit) {
        let Some(target) = &self.target else { return };
        let engine = target.cache.engine();
        let counters = engine.counters_of(self.site, &self.lifetimes);
        if hit.absent {
            counters.count(Count::NegativeHit);
        }
        if hit.joined {
            counters.count(Count::Joined);
            self.context.report(Served::Joined);
        } else {
            counters.count(Count::Hit);
            self.context.report(Served::Hit);
        }
        if self.site.is_sliding() {
            engine.slide(self.site, &target.key, &hit.bytes);
        }
    }

    /// Boxed, so that a hit's caller has no room set aside for it.
    fn load(self, start: Start) -> Box<Load> {
        let Start {
            ticket,
            permit,
            left,
        } = start;
        let mut loading = None;
        let mut served = if self.has_cache {
            Served::Bypassed
        } else {
            Served::Uncached
        };
        if let Some(target) = &self.target {
            loading = Some(target.cache.engine().loading(self.site, &self.lifetimes));
            served = match (&ticket, target.reload) {
                (Ticket::Uncached, _) if target.read_only => Served::Bypassed,
                (Ticket::Uncached | Ticket::Round(_), _) => Served::Uncached,
                (Ticket::Reload(_), _) | (_, Reload::Forced) => Served::Refreshed,
                _ => Served::Miss,
            };
        }
        Box::new(Load {
            call: self,
            ticket: Some(ticket),
            permit,
            left,
            registration: None,
            loading,
            served,
        })
    }
}

/// Reads through the cache.
///
/// # Cancel safety
/// Nothing is lost: a waiter takes over, or the lease is given back.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` keeps its arguments twice, as they came and as its own variables"
)]
pub fn cache_aside<S, U, F, Fut>(
    mut call: Call,
    _shape: S,
    store: U,
    load: F,
) -> impl Future<Output = S::Output>
where
    // Said first, so that rustc names the user's type and not ours around it.
    S: Shape<Stored: Cacheable>,
    S: Storable,
    U: FnOnce(&S::Value) -> Keep,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Output>,
{
    async move {
        call.tag(S::fingerprint);
        let start = loop {
            match call.plan().await {
                ControlFlow::Break(start) => break start,
                ControlFlow::Continue(hit) => match take::<S>(&call, &hit) {
                    Some(output) => return output,
                    None => call.undecodable(&hit),
                },
            }
        };
        let loading = call.load(start);
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

fn take<S: Storable>(call: &Call, hit: &Hit) -> Option<S::Output> {
    let output = decode::<S>(call, hit)?;
    call.answered(hit);
    Some(output)
}

fn decode<S: Storable>(call: &Call, hit: &Hit) -> Option<S::Output> {
    if hit.absent {
        S::absent()
    } else {
        S::decode(call.format(), hit.bytes.get(HEADER..)?)
    }
}

fn outcome<S: Storable>(
    load: &Load,
    output: &S::Output,
    store: impl FnOnce(&S::Value) -> Keep,
) -> Outcome {
    let (site, format) = (load.call.site, load.call.format());
    encoded::<S>(site, format, output, store, load.is_watched())
}

/// What is to be done with what a body returned. A value that is not stored is encoded only for those who wait for it.
fn encoded<S: Storable>(
    site: &Site,
    format: Format,
    output: &S::Output,
    store: impl FnOnce(&S::Value) -> Keep,
    is_watched: bool,
) -> Outcome {
    let value = match S::verdict(output) {
        Verdict::Failed => return Outcome::Failed,
        Verdict::Absent => return Outcome::Absent,
        Verdict::Value(value) => value,
    };
    let keep = store(value);
    if keep.is_not() && !is_watched {
        return Outcome::Unstored(None);
    }
    let mut bytes = encoding::buffer(site);
    let encoded = S::encode(format, value, &mut bytes);
    encoding::outcome(site, encoded, bytes, keep)
}
