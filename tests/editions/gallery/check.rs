//! What a shape is, and what is asked of it.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use cached_redis_runtime::Cache;
use cached_redis_tests::Server;
use tokio::task::LocalSet;

/// One annotated function, or a few that belong together, and how they must behave.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Cache) -> Pin<Box<dyn Future<Output = ()>>>,
}

thread_local! {
    static BODIES: Cell<usize> = const { Cell::new(0) };
}

/// Every body begins with it.
pub(crate) fn body() {
    BODIES.with(|bodies| bodies.set(bodies.get() + 1));
}

/// How many bodies have begun in this thread.
pub(crate) fn bodies() -> usize {
    BODIES.with(Cell::get)
}

pub(crate) const fn is_send<T: Send>(_: &T) {}

/// A shape may be added, and none disappears unnoticed.
const AT_LEAST: usize = 205;

/// Runs every shape, each in a namespace of its own, on both stores; reports all that fail.
pub(crate) fn on_every_store(shapes: &[&[Shape]]) {
    let count = shapes.iter().copied().flatten().count();
    assert!(count >= AT_LEAST, "a table of shapes is missing");
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut failed = Vec::new();
    for url in ["memory://", &server.url()] {
        for shape in shapes.iter().copied().flatten() {
            // Some shapes are not `Send`.
            let check = || LocalSet::new().block_on(&runtime, run(shape, url));
            if catch_unwind(AssertUnwindSafe(check)).is_err() {
                failed.push(format!("{} on {}", shape.name, url));
            }
        }
    }
    assert_eq!(failed, Vec::<String>::new());
}

#[expect(clippy::future_not_send, reason = "some shapes stay in their thread")]
async fn run(shape: &Shape, url: &str) {
    // A busy machine must not turn a hit into a timeout.
    let builder = Cache::builder(url).deadline(Duration::from_secs(5));
    let builder = builder.namespace(shape.name);
    let cache = builder.connect().await.expect("a good URL");
    cache.scope((shape.run)(cache.clone())).await;
}

/// A file's shapes: a name, and a block that checks the functions above.
macro_rules! shapes {
    ($($name:ident $(|$cache:ident|)? $body:block)+) => {
        pub(crate) const SHAPES: &[$crate::gallery::Shape] = &[$(
            $crate::gallery::Shape {
                name: concat!(module_path!(), "::", stringify!($name)),
                run: |_cache| {
                    $(let $cache = _cache;)?
                    Box::pin(async move $body)
                },
            }
        ),+];
    };
}

/// The first call runs the body, the second is a hit with the same value; the future may move between threads.
macro_rules! hit {
    ($call:expr) => {{
        $crate::gallery::is_send(&$call);
        local_hit!($call)
    }};
}

/// The same for a future that stays in its thread.
macro_rules! local_hit {
    ($call:expr) => {{
        use ::cached_redis_runtime::{Served, inspect};

        let before = $crate::gallery::bodies();
        let (first, served) = inspect($call).await;
        assert_eq!(
            (served, $crate::gallery::bodies() - before),
            (Served::Miss, 1)
        );
        let (second, served) = inspect($call).await;
        assert_eq!(
            (served, $crate::gallery::bodies() - before),
            (Served::Hit, 1)
        );
        assert_eq!(first, second);
        first
    }};
}

/// Other arguments have an entry of their own.
macro_rules! apart {
    ($one:expr, $other:expr) => {{
        let _ = (hit!($one), hit!($other));
    }};
}

/// After the write the next read runs its body.
macro_rules! invalidates {
    ($write:expr, $read:expr) => {{
        $crate::gallery::is_send(&$write);
        local_invalidates!($write, $read)
    }};
}

macro_rules! local_invalidates {
    ($write:expr, $read:expr) => {{
        let _ = local_hit!($read);
        let before = $crate::gallery::bodies();
        let written = $write.await;
        assert_eq!($crate::gallery::bodies() - before, 1);
        let _ = local_hit!($read);
        written
    }};
}

/// The write leaves the entry where it is.
macro_rules! spares {
    ($write:expr, $read:expr) => {{
        use ::cached_redis_runtime::{Served, inspect};

        let _ = local_hit!($read);
        let written = $write.await;
        assert_eq!(inspect($read).await.1, Served::Hit);
        written
    }};
}
