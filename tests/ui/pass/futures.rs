#![deny(warnings)]

use std::future::Future;
use std::pin::Pin;

use cached_redis_runtime::{cache_aside, cache_invalidate};
use futures_util::future::{BoxFuture, FutureExt, ready};

struct Repo;

impl Repo {
    #[cache_aside(ttl = 60, key = "pinned:<id>")]
    fn pinned<'a>(&'a self, id: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
        if id.is_empty() {
            return Box::pin(ready(0));
        }
        Box::pin(async move { id.len() })
    }

    #[cache_aside(ttl = 60, key = "boxed:<id>")]
    fn boxed(&self, id: u32) -> BoxFuture<'_, u32> {
        ready(id).boxed()
    }

    #[cache_aside(ttl = 60, key = "opaque:<id>")]
    fn opaque(&self, id: u32) -> impl Future<Output = Result<u32, std::fmt::Error>> + Send {
        async move { Ok(id) }
    }

    #[cache_invalidate(keys("pinned:<id>", "made:<id>:<ret.0>"))]
    fn write(&self, id: String) -> Pin<Box<dyn Future<Output = (u32, String)> + Send + '_>> {
        Box::pin(async move { (1, id) })
    }
}

trait Source {
    fn load(&self, id: u32) -> impl Future<Output = u32> + Send;

    async fn provided(&self, id: u32) -> u32;
}

impl Source for Repo {
    #[cache_aside(ttl = 60, key = "source:<id>")]
    async fn load(&self, id: u32) -> u32 {
        id
    }

    #[cache_aside(ttl = 60, key = "provided:<id>")]
    async fn provided(&self, id: u32) -> u32 {
        id
    }
}

fn is_send<T: Send>(_: &T) {}

fn main() {
    is_send(&Repo.pinned(""));
    is_send(&Repo.boxed(1));
    is_send(&Repo.opaque(1));
    is_send(&Repo.write(String::new()));
    is_send(&Source::load(&Repo, 1));
    drop(Repo.provided(1));
}
