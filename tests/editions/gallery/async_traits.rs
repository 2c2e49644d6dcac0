//! `#[async_trait]`: it is expanded first and hands over functions that return a pinned box.

use std::fmt::{Debug, Display};
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate};

use super::body;

#[derive(Debug, PartialEq)]
struct Failed;

type Result<T> = std::result::Result<T, Failed>;

#[async_trait]
trait Users: Send + Sync {
    async fn find(&self, id: u64) -> Result<Option<String>>;

    async fn rename(&self, id: u64, name: String) -> Result<()>;

    async fn touch(&mut self, id: u64) -> u64;

    async fn shared(self: Arc<Self>, id: u64) -> u64;

    async fn boxed(self: Box<Self>) -> u64;

    fn tenant(&self) -> u64;

    /// A default method.
    #[cache_aside(key = "count:<min>", ttl = 60)]
    async fn count(&self, min: u64) -> u64 {
        body();
        self.tenant() + min
    }

    #[cache_invalidate(key = "count:<min>")]
    async fn clear(&self, min: u64) {
        body();
        let _ = self.tenant().max(min);
    }
}

struct Repo {
    tenant: u64,
}

#[async_trait]
impl Users for Repo {
    #[cache_aside(key = "user:<self.tenant>:<id>", ttl = 60)]
    async fn find(&self, id: u64) -> Result<Option<String>> {
        body();
        if id == 0 {
            return Err(Failed);
        }
        tokio::task::yield_now().await;
        Ok(Some(self.tenant.to_string()))
    }

    #[cache_invalidate(key = "user:<self.tenant>:<id>")]
    async fn rename(&self, id: u64, name: String) -> Result<()> {
        body();
        drop(name);
        if id == 0 { Err(Failed) } else { Ok(()) }
    }

    #[cache_aside(key = "touch:<id>", ttl = 60)]
    async fn touch(&mut self, id: u64) -> u64 {
        body();
        self.tenant += id;
        self.tenant
    }

    #[cache_aside(key = "shared:<self.tenant>:<id>", ttl = 60)]
    async fn shared(self: Arc<Self>, id: u64) -> u64 {
        body();
        self.tenant + id
    }

    #[cache_aside(key = "boxed:<self.tenant>", ttl = 60)]
    async fn boxed(self: Box<Self>) -> u64 {
        body();
        self.tenant
    }

    fn tenant(&self) -> u64 {
        self.tenant
    }
}

#[async_trait]
trait Generic<T>: Send {
    async fn get<'a, K>(
        &mut self,
        id: &'a K,
        mut names: Vec<T>,
        suffix: impl Display + Send,
    ) -> String
    where
        K: CacheKey + Sync + ?Sized,
        T: 'a;
}

#[async_trait]
impl<T: CacheKey + Clone + Send + Sync + 'static> Generic<T> for Repo {
    #[cache_aside(key = "generic:<id>:<names>", ttl = 60, skip(suffix, K))]
    async fn get<'a, K>(
        &mut self,
        id: &'a K,
        mut names: Vec<T>,
        suffix: impl Display + Send,
    ) -> String
    where
        K: CacheKey + Sync + ?Sized,
        T: 'a,
    {
        body();
        let _ = id;
        names.extend(names.clone());
        format!("{}{}", names.len(), suffix)
    }
}

#[async_trait(?Send)]
trait Local {
    async fn get(&self, id: &str) -> String;

    #[cache_aside(key = "local-default:<id>", ttl = 60)]
    async fn default(&self, id: u64) -> u64 {
        body();
        let id = Rc::new(id);
        tokio::task::yield_now().await;
        *id
    }
}

#[async_trait(?Send)]
impl Local for Rc<Repo> {
    #[cache_aside(key = "local:<self.tenant>:<id>", ttl = 60)]
    async fn get(&self, id: &str) -> String {
        body();
        let this = Self::clone(self);
        tokio::task::yield_now().await;
        format!("{}{}", this.tenant, id)
    }
}

#[async_trait]
trait Arguments {
    async fn of(pair: (u64, u64), _: &str, count: u64, r#type: Option<u64>) -> u64;
}

#[async_trait]
impl Arguments for Repo {
    #[cache_aside(key = "arguments:<pair>:<count>:<type>", ttl = 60, skip(_))]
    async fn of(pair: (u64, u64), _: &str, mut count: u64, r#type: Option<u64>) -> u64 {
        body();
        count += pair.0 + pair.1;
        count + r#type.unwrap_or_default()
    }
}

/// With a third attribute, which looks for the box as well.
#[async_trait]
trait Traced {
    async fn above(&self, id: u64) -> Result<u64>;
    async fn below(&self, id: u64) -> Result<u64>;
    async fn write(&self, id: u64) -> Result<u64>;
}

#[async_trait]
impl Traced for Repo {
    #[tracing::instrument(skip(self), err(Debug))]
    #[cache_aside(key = "traced-above:<self.tenant>:<id>", ttl = 60)]
    async fn above(&self, id: u64) -> Result<u64> {
        body();
        tokio::task::yield_now().await;
        Ok(self.tenant + id)
    }

    #[cache_aside(key = "traced-below:<self.tenant>:<id>", ttl = 60)]
    #[tracing::instrument(skip(self), err(Debug))]
    async fn below(&self, id: u64) -> Result<u64> {
        body();
        tokio::task::yield_now().await;
        Ok(self.tenant + id)
    }

    #[cache_invalidate(key = "traced-above:<self.tenant>:<id>")]
    #[tracing::instrument(skip_all)]
    #[cache_invalidate(key = "traced-below:<self.tenant>:<ret>")]
    async fn write(&self, id: u64) -> Result<u64> {
        body();
        tokio::task::yield_now().await;
        Ok(id)
    }
}

/// A type with a lifetime, a borrowed implementor, and an associated type.
struct Borrowed<'a> {
    name: &'a str,
}

#[async_trait]
trait Named<'a> {
    type Name: Send;
    async fn name<'b>(&'b self, prefix: &'b str) -> Option<Self::Name>
    where
        'a: 'b;
}

#[async_trait]
impl<'a> Named<'a> for &Borrowed<'a> {
    type Name = String;

    #[cache_aside(key = "named:<self.name>:<prefix>", ttl = 60)]
    async fn name<'b>(&'b self, prefix: &'b str) -> Option<Self::Name>
    where
        'a: 'b,
    {
        body();
        Some([prefix, self.name].concat())
    }
}

const fn repo() -> Repo {
    Repo { tenant: 7 }
}

shapes! {
    method { apart!(repo().find(1), repo().find(2)); }
    dynamic { let users: &dyn Users = &repo(); hit!(users.find(1)).unwrap(); }
    default_method { hit!(repo().count(1)); }
    mutable { hit!(repo().touch(1)); }
    shared { hit!(Arc::new(repo()).shared(1)); }
    shared_dynamic { hit!((Arc::new(repo()) as Arc<dyn Users>).shared(1)); }
    boxed { hit!((Box::new(repo()) as Box<dyn Users>).boxed()); }
    generic { hit!(repo().get("id", vec![1_u8], "suffix")); }
    arguments { hit!(Repo::of((1, 2), "", 3, Some(4))); }
    traced_above { hit!(repo().above(1)).unwrap(); }
    traced_below { hit!(repo().below(1)).unwrap(); }
    traced_write {
        invalidates!(repo().write(1), repo().above(1)).unwrap();
        invalidates!(repo().write(1), repo().below(1)).unwrap();
    }
    borrowed { let borrowed = Borrowed { name: "a" }; hit!((&borrowed).name("b")); }
    local { local_hit!(Local::get(&Rc::new(repo()), "a")); }
    local_default { local_hit!(Rc::new(repo()).default(1)); }
    write { invalidates!(repo().rename(1, String::new()), repo().find(1)).unwrap(); }
    default_write { invalidates!(repo().clear(1), repo().count(1)); }
}
