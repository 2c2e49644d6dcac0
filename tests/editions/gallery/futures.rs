//! Functions that return a future instead of being `async`.

use std::cell::RefCell;
use std::convert::TryFrom as _;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use cached_redis_runtime::{Cache, cache_aside, cache_invalidate};
use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture, join_all, ready};

use super::{bodies, body};

struct Repo {
    tenant: u64,
}

impl Repo {
    #[cache_aside(key = "opaque:<self.tenant>:<id>", ttl = 60)]
    fn opaque(&self, id: u64) -> impl Future<Output = Result<u64, ()>> + Send + '_ {
        async move {
            body();
            Ok(self.tenant + id)
        }
    }

    #[cache_aside(key = "opaque-static:<id>", ttl = 60)]
    fn opaque_and_owned(id: String) -> impl Future<Output = usize> + Send + 'static {
        async move {
            body();
            id.len()
        }
    }

    /// Work before the future, and no `async` at all.
    #[cache_aside(key = "combinators:<id>", ttl = 60)]
    fn combinators(&self, id: u64) -> impl Future<Output = Option<u64>> + Send + '_ {
        let sum = self.tenant + id;
        ready(sum).map(|sum| {
            body();
            Some(sum)
        })
    }

    #[cache_aside(key = "boxed:<self.tenant>:<id>", ttl = 60)]
    fn boxed(&self, id: u64) -> BoxFuture<'_, u64> {
        async move {
            body();
            self.tenant + id
        }
        .boxed()
    }

    #[cache_aside(key = "pinned:<id>", ttl = 60)]
    fn pinned<'a>(&'a self, id: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
        if id.is_empty() {
            body();
            return Box::pin(ready(0));
        }
        Box::pin(async move {
            body();
            id.len() + usize::try_from(self.tenant).unwrap_or(0)
        })
    }

    #[cache_aside(key = "pinned-static:<id>", ttl = 60)]
    fn pinned_and_owned(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'static>> {
        Box::pin(async move {
            body();
            id
        })
    }

    #[cache_invalidate(key = "boxed:<self.tenant>:<id>")]
    fn write(&mut self, id: u64) -> impl Future<Output = ()> + Send + '_ {
        async move {
            body();
            self.tenant = id.max(self.tenant);
        }
    }

    #[cache_invalidate(key = "boxed:<self.tenant>:<id>")]
    fn write_boxed(&self, id: u64) -> BoxFuture<'_, Result<(), u64>> {
        async move {
            body();
            if id == 0 { Err(self.tenant) } else { Ok(()) }
        }
        .boxed()
    }
}

#[expect(clippy::future_not_send, reason = "the point of this shape")]
#[cache_aside(key = "local:<id>", ttl = 60, skip(names))]
async fn local(id: u64, names: Rc<RefCell<Vec<u64>>>) -> usize {
    body();
    names.borrow_mut().push(id);
    tokio::task::yield_now().await;
    names.borrow().len()
}

#[cache_aside(key = "local-boxed:<id>", ttl = 60)]
fn local_boxed(id: u64) -> LocalBoxFuture<'static, u64> {
    let id = Rc::new(id);
    async move {
        body();
        *id
    }
    .boxed_local()
}

#[expect(clippy::future_not_send, reason = "the point of this shape")]
#[cache_aside(key = "spawned:<id>", ttl = 60, skip(cache), cache = cache)]
async fn spawned(cache: Cache, id: u64) -> u64 {
    body();
    let id = Rc::new(id);
    tokio::task::yield_now().await;
    *id
}

/// Each step is an entry of its own.
#[cache_aside(key = "factorial:<n>", ttl = 60)]
fn factorial(n: u64) -> BoxFuture<'static, u64> {
    Box::pin(async move {
        body();
        if n == 0 {
            1
        } else {
            n * factorial(n - 1).await
        }
    })
}

#[cache_aside(key = "depth:<n>", ttl = 60)]
async fn depth(n: u64) -> u64 {
    body();
    if n == 0 {
        0
    } else {
        1 + Box::pin(depth(n - 1)).await
    }
}

/// A page of calls at once, each of them cached.
#[cache_aside(key = "many:<ids>", ttl = 60)]
async fn many(ids: &[u64]) -> Vec<u64> {
    #[cache_aside(key = "one:<id>", ttl = 60)]
    async fn one(id: u64) -> u64 {
        id
    }

    body();
    join_all(
        ids.iter()
            .map(|&id| async move { one(id).await + one(id).await }),
    )
    .await
}

const fn repo() -> Repo {
    Repo { tenant: 7 }
}

fn names() -> Rc<RefCell<Vec<u64>>> {
    Rc::new(RefCell::new(vec![]))
}

shapes! {
    opaque { hit!(repo().opaque(1)).unwrap(); }
    opaque_and_owned { hit!(Repo::opaque_and_owned("a".to_owned())); }
    combinators { hit!(repo().combinators(1)); }
    boxed { hit!(repo().boxed(1)); }
    pinned { apart!(repo().pinned("a"), repo().pinned("")); }
    pinned_and_owned { hit!(Repo::pinned_and_owned(1)); }
    local { local_hit!(local(1, names())); }
    local_boxed { local_hit!(local_boxed(1)); }
    spawned_in_its_thread |cache| {
        for expected in [1, 0] {
            let before = bodies();
            assert_eq!(tokio::task::spawn_local(spawned(cache.clone(), 1)).await.unwrap(), 1);
            assert_eq!(bodies() - before, expected);
        }
    }
    factorial {
        assert_eq!(factorial(4).await, 24);
        assert_eq!(hit!(factorial(5)), 120);
    }
    recursion_in_a_box {
        depth(3).await;
        assert_eq!(hit!(depth(4)), 4);
    }
    many { hit!(many(&[1, 2, 3])); }
    write { invalidates!(repo().write(1), repo().boxed(1)); }
    write_boxed { invalidates!(repo().write_boxed(1), repo().boxed(1)).unwrap(); }
    write_that_fails { spares!(repo().write_boxed(0), repo().boxed(0)).unwrap_err(); }
}
