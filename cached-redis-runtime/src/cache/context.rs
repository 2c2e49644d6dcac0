//! What a surrounding future says about the calls inside it: which cache, refresh, bypass, inspect.
//!
//! It is kept in a thread-local while the surrounding future is polled, and only then. Setting it and putting it back
//! is code that knows no future's type: a task-local of tokio's would be generated anew for every annotated function.

use core::cell::RefCell;
use core::fmt;
use core::future::{Future, poll_fn};
use core::mem;
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;

use super::Cache;
use super::hash::Wanted;
use super::nesting::{Loading, Nesting};
use super::transaction::Pending;
use crate::engine::Engine;
use crate::observe::Trace;
use crate::site::Site;
use crate::sync::{Arc, Mutex, Weak};

thread_local! {
    static CURRENT: RefCell<Context> = const { RefCell::new(Context::NONE) };
}

/// How the annotated call inside [`inspect`](crate::inspect) was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Served {
    /// From the cache.
    Hit,
    /// From the cache, by an entry that was past its TTL, as `stale` allows.
    Stale {
        /// How long past it.
        age: Duration,
    },
    /// By its body, whose result was then offered to the cache.
    Miss,
    /// By another call's load of the same key, in this process or another.
    Joined,
    /// By its body, because [`refresh`](crate::refresh) asked for it, or because its entry was due and it fell to this call to load it anew:
    /// past its TTL with `stale`, or drawn by `early`.
    Refreshed,
    /// By its body, because `when` or [`bypass`](crate::bypass) said so, because the body called itself for the same key, or because it
    /// was in a [`transaction`](crate::transaction), where what is loaded is not stored.
    Bypassed,
    /// By its body, because the cache could not be used: no server, a timeout, a key of another type, a write with `before`
    /// that is under way, no cache at all.
    Uncached,
    /// No annotated function was called.
    Untouched,
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hit => "hit",
            Self::Stale { .. } => "stale",
            Self::Miss => "miss",
            Self::Joined => "joined",
            Self::Refreshed => "refreshed",
            Self::Bypassed => "bypassed",
            Self::Uncached => "uncached",
            Self::Untouched => "untouched",
        })
    }
}

/// What a call says of itself to who asked for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub(super) served: Served,
    /// Its body ended in an error.
    pub(super) failed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Use,
    Refresh,
    Bypass,
}

/// A snapshot of what surrounds a call; `None` if nothing does. One pointer, because each call keeps it in the future of
/// its function.
#[derive(Clone, Debug)]
pub(super) struct Context(Option<Arc<Surroundings>>);

#[derive(Clone, Debug)]
struct Surroundings {
    cache: Option<Cache>,
    mode: Mode,
    report: Option<Arc<Mutex<Report>>>,
    loading: Option<Arc<Loading>>,
    transaction: Option<Arc<Pending>>,
    /// One field is enough for what surrounds the call.
    wanted: Option<Arc<dyn Wanted>>,
}

impl Context {
    const NONE: Self = Self(None);

    pub(super) fn current() -> Self {
        // A thread that ends has none.
        CURRENT
            .try_with(|current| current.borrow().clone())
            .unwrap_or(Self::NONE)
    }

    /// The same, but for what `change` changes.
    fn with(self, change: impl FnOnce(&mut Surroundings)) -> Self {
        let mut surroundings = match self.0 {
            Some(shared) => Arc::unwrap_or_clone(shared),
            None => Surroundings {
                cache: None,
                mode: Mode::Use,
                report: None,
                loading: None,
                transaction: None,
                wanted: None,
            },
        };
        change(&mut surroundings);
        Self(Some(Arc::new(surroundings)))
    }

    pub(super) fn mode(&self) -> Mode {
        self.0.as_ref().map_or(Mode::Use, |around| around.mode)
    }

    fn loading(&self) -> Option<&Arc<Loading>> {
        self.0.as_ref()?.loading.as_ref()
    }

    /// Whether a body around this call loads `key`: it must not wait for itself.
    pub(super) fn is_loading(&self, cache: &Cache, key: &str) -> bool {
        self.loading().is_some_and(|body| body.loads(cache, key))
    }

    pub(super) fn nesting(&self, site: &'static Site) -> Nesting {
        let body = self.loading();
        body.map_or(Nesting::Apart, |body| body.nesting(site))
    }

    pub(super) fn transaction(&self) -> Option<&Arc<Pending>> {
        self.0.as_ref()?.transaction.as_ref()
    }

    pub(super) fn in_transaction(self, pending: Arc<Pending>) -> Self {
        self.with(|around| around.transaction = Some(pending))
    }

    pub(super) fn report(&self, served: Served) {
        self.report_end(served, false);
    }

    /// For a call whose body has run.
    pub(super) fn report_end(&self, served: Served, failed: bool) {
        let report = self.0.as_ref().and_then(|around| around.report.as_ref());
        if let Some(report) = report {
            *report.lock() = Report { served, failed };
        }
    }

    /// The surroundings of a call that reports here.
    pub(super) fn reporting(self) -> (Self, Arc<Mutex<Report>>) {
        let report = Arc::new(Mutex::new(Report {
            served: Served::Untouched,
            failed: false,
        }));
        let context = self.with(|around| around.report = Some(Arc::clone(&report)));
        (context, report)
    }

    /// What a call inside may answer with.
    pub(super) fn wanted(&self) -> Option<&Arc<dyn Wanted>> {
        self.0.as_ref()?.wanted.as_ref()
    }

    pub(super) fn wanting(self, wanted: Arc<dyn Wanted>) -> Self {
        self.with(|around| around.wanted = Some(wanted))
    }

    pub(super) fn refreshing(self) -> Self {
        self.with(|around| around.mode = Mode::Refresh)
    }

    pub(super) fn bypassing(self) -> Self {
        self.with(|around| around.mode = Mode::Bypass)
    }

    /// What surrounds the body: `refresh` and `inspect` mean the call itself, not the calls inside its body, while
    /// `bypass` means everything.
    pub(super) fn of_body(self, loading: Option<(&Cache, &'static Site, Vec<String>)>) -> Self {
        if self.0.is_none() && loading.is_none() {
            return self;
        }
        self.with(|around| {
            if around.mode == Mode::Refresh {
                around.mode = Mode::Use;
            }
            around.report = None;
            around.wanted = None;
            if let Some((cache, site, keys)) = loading {
                let outer = around.loading.take();
                around.loading = Some(Arc::new(Loading::new(cache, site, keys, outer)));
            }
        })
    }

    /// The same in a span.
    pub(super) fn traced(self, trace: Trace) -> Traced {
        Traced {
            context: self,
            trace,
        }
    }

    /// What surrounds a body that loads `key` in the background: of this call, only its scope. Nobody waits for it, and a
    /// transaction is not its own.
    pub(super) fn detached(&self, cache: &Cache, site: &'static Site, key: &str) -> Detached {
        let around = self.0.as_ref().and_then(|around| around.cache.as_ref());
        Detached {
            scope: around.map(|cache| Arc::downgrade(&cache.engine)),
            loading: Arc::new(Loading::new(cache, site, vec![key.to_owned()], None)),
        }
    }

    /// Polls a future in this context. Pinned, since by value it would be stored twice in the caller's future.
    pub(super) fn run<F: Future>(
        mut self,
        mut future: Pin<&mut F>,
    ) -> impl Future<Output = F::Output> {
        poll_fn(move |cx| self.poll(future.as_mut(), cx))
    }

    pub(super) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        cx: &mut core::task::Context<'_>,
    ) -> Poll<F::Output> {
        let _inside = Inside::enter(self);
        future.poll(cx)
    }
}

/// What surrounds a body that is a load.
#[derive(Debug)]
pub(super) struct Traced {
    context: Context,
    trace: Trace,
}

impl Traced {
    /// Polls a body in this context. Boxed, for beside a load an allocation is nothing, and a hit's caller has no room set
    /// aside for what it does not run.
    pub(super) fn run_body<F: Future>(
        mut self,
        mut body: Pin<Box<F>>,
    ) -> impl Future<Output = F::Output> {
        poll_fn(move |cx| {
            let _traced = self.trace.enter();
            self.context.poll(body.as_mut(), cx)
        })
    }
}

/// What surrounds a body that goes on in the background. It keeps no cache: with the last handle on it the body ends.
#[derive(Debug)]
pub(super) struct Detached {
    /// Of the scope around the call that began it.
    scope: Option<Weak<Engine>>,
    loading: Arc<Loading>,
}

impl Detached {
    /// Polls the body, each time with the cache of its scope. `None`: that is gone.
    pub(super) fn run<T>(
        self,
        mut body: Pin<Box<dyn Future<Output = T> + Send>>,
        trace: Trace,
    ) -> impl Future<Output = Option<T>> {
        poll_fn(move |cx| {
            let _traced = trace.enter();
            let Some(mut context) = self.context() else {
                return Poll::Ready(None);
            };
            let _inside = Inside::enter(&mut context);
            body.as_mut().poll(cx).map(Some)
        })
    }

    fn context(&self) -> Option<Context> {
        let cache = match &self.scope {
            Some(engine) => Some(Cache {
                engine: engine.upgrade()?,
            }),
            None => None,
        };
        Some(Context::NONE.with(|around| {
            around.cache = cache;
            around.loading = Some(Arc::clone(&self.loading));
        }))
    }
}

/// While it lives, its context is the thread's; the thread's own waits in its place.
struct Inside<'a>(&'a mut Context);

impl<'a> Inside<'a> {
    fn enter(context: &'a mut Context) -> Self {
        exchange(context);
        Self(context)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        exchange(self.0);
    }
}

fn exchange(context: &mut Context) {
    // In a thread that ends there is nothing to exchange with, on the way in and on the way out.
    let _ = CURRENT.try_with(|current| mem::swap(context, &mut *current.borrow_mut()));
}

pub(super) fn cache() -> Option<Cache> {
    CURRENT
        .try_with(|current| current.borrow().0.as_ref()?.cache.clone())
        .ok()?
}

pub(super) async fn scope<F: Future>(cache: &Cache, future: F) -> F::Output {
    let context = Context::current().with(|around| around.cache = Some(cache.clone()));
    context.run(pin!(future)).await
}
