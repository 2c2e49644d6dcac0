//! `async fn` and `impl Future` in traits, without any other macro.

use std::convert::TryFrom as _;
use std::future::Future;

use cached_redis_runtime::{KeyName, cache_aside, cache_invalidate};

use super::body;

trait Source: Sync {
    fn tenant(&self) -> u64;

    fn load(&self, id: u64) -> impl Future<Output = Option<u64>> + Send;

    fn refined(&self, id: &str) -> impl Future<Output = usize> + Send;

    fn store(&self, id: u64) -> impl Future<Output = Result<(), ()>> + Send;

    /// A default method that promises `Send`.
    #[cache_aside(key = "provided:<offset>", ttl = 60)]
    fn provided(&self, offset: u64) -> impl Future<Output = u64> + Send {
        async move {
            body();
            self.tenant() + offset
        }
    }

    #[cache_aside(key = "provided-async:<offset>", ttl = 60)]
    #[allow(
        async_fn_in_trait,
        reason = "the trait is private; clippy and rustc disagree about that in a gallery"
    )]
    async fn provided_async(&self, offset: u64) -> u64 {
        body();
        self.tenant() + offset
    }

    #[cache_invalidate(key = "provided:<offset>")]
    fn forget(&self, offset: u64) -> impl Future<Output = ()> + Send {
        async move {
            body();
            let _ = self.tenant() + offset;
        }
    }
}

#[derive(KeyName)]
struct Repo {
    tenant: u64,
}

impl Source for Repo {
    fn tenant(&self) -> u64 {
        self.tenant
    }

    #[cache_aside(key = "source:<self.tenant>:<id>", ttl = 60)]
    async fn load(&self, id: u64) -> Option<u64> {
        body();
        tokio::task::yield_now().await;
        Some(self.tenant + id)
    }

    #[cache_aside(key = "refined:<id>", ttl = 60)]
    fn refined(&self, id: &str) -> impl Future<Output = usize> + Send {
        let len = id.len();
        async move {
            body();
            len + usize::try_from(self.tenant).unwrap_or(0)
        }
    }

    #[cache_invalidate(key = "source:<self.tenant>:<id>")]
    async fn store(&self, id: u64) -> Result<(), ()> {
        body();
        if id == 0 { Err(()) } else { Ok(()) }
    }
}

/// Through a type parameter, as services take their repositories.
struct Service<S> {
    source: S,
}

impl<S: Source + KeyName> Service<S> {
    #[cache_aside(key = "service:<id>", ttl = 60)]
    async fn get(&self, id: u64) -> Option<u64> {
        body();
        Some(self.source.tenant() + id)
    }

    async fn twice(&self, id: u64) -> Option<u64> {
        self.source.load(id).await?;
        self.source.load(id).await
    }
}

/// One implementation for many types.
trait Named {
    async fn name(&self, id: u64) -> String;
}

impl<T: ToString + Sync> Named for T {
    #[cache_aside(key = "named:<id>", ttl = 60)]
    async fn name(&self, id: u64) -> String {
        body();
        let _ = id;
        self.to_string()
    }
}

const fn repo() -> Repo {
    Repo { tenant: 7 }
}

shapes! {
    method { apart!(repo().load(1), repo().load(2)); }
    refined { hit!(repo().refined("a")); }
    provided { hit!(repo().provided(1)); }
    provided_async { hit!(repo().provided_async(1)); }
    through_a_parameter { hit!(Service { source: repo() }.get(1)); }
    inside_another {
        let service = Service { source: repo() };
        service.twice(1).await.unwrap();
        assert_eq!(hit!(service.source.load(2)), Some(9));
    }
    blanket { hit!("text".name(1)); }
    write { invalidates!(repo().store(1), repo().load(1)).unwrap(); }
    failed_write { spares!(repo().store(0), repo().load(0)).unwrap_err(); }
    provided_write { invalidates!(repo().forget(1), repo().provided(1)); }
}
