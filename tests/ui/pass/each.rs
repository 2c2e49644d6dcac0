//! A batch read in every shape of function, under lints that a user may have forbidden.

#![forbid(unsafe_code)]
#![deny(warnings, clippy::pedantic, clippy::nursery)]
#![allow(clippy::unused_async, reason = "the bodies are stand-ins")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cached_redis_runtime::{CacheKey, cache_aside, cache_invalidate};

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, CacheKey)]
pub struct UserId(u64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct User {
    pub id: u64,
}

type Users = HashMap<UserId, User>;
type DbResult<T> = Result<T, String>;

fn load(ids: &[UserId]) -> Users {
    ids.iter().map(|id| (id.clone(), User { id: id.0 })).collect()
}

pub struct Repo {
    tenant: String,
}

impl Repo {
    #[cache_aside(key = "t:<self.tenant>:user:<ids>", each = ids, ttl = 60)]
    pub async fn find_many(&self, ids: &[UserId]) -> DbResult<Users> {
        if self.tenant.is_empty() {
            return Err("no tenant".to_owned());
        }
        Ok(load(ids))
    }

    #[cache_aside(key = "t:<self.tenant>:user:<ids>", each = ids, ttl = 60)]
    pub fn opaque<'a>(&'a self, ids: &'a [UserId]) -> impl Future<Output = DbResult<Users>> + Send + 'a {
        let _tenant = &self.tenant;
        async move { Ok(load(ids)) }
    }

    #[cache_aside(key = "t:<self.tenant>:user:<ids>", each = ids, ttl = 60)]
    pub fn boxed<'a>(&'a self, ids: Vec<UserId>) -> Pin<Box<dyn Future<Output = DbResult<Users>> + Send + 'a>> {
        if self.tenant.is_empty() {
            return Box::pin(async move { Err("no tenant".to_owned()) });
        }
        Box::pin(async move { Ok(load(&ids)) })
    }

    #[cache_aside(key = "t:<self.tenant>:user:<ids>", each = ids, ttl = 60)]
    pub fn boxed_by_reference<'a>(
        &'a self,
        ids: &'a [UserId],
    ) -> futures_util::future::BoxFuture<'a, DbResult<Users>> {
        if self.tenant.is_empty() {
            return Box::pin(async move { Err("no tenant".to_owned()) });
        }
        Box::pin(async move { Ok(load(ids)) })
    }

    #[cache_invalidate(key = "t:<self.tenant>:user:<users.id>", each = users)]
    pub async fn save(&self, users: Vec<User>) -> DbResult<()> {
        drop(users);
        Ok(())
    }
}

#[async_trait::async_trait]
pub trait Store: Sync {
    async fn find_many(&self, ids: &[UserId]) -> DbResult<Users>;

    #[cache_aside(key = "default:<ids>", each = ids, ttl = 60)]
    async fn by_default(&self, mut ids: HashSet<UserId>) -> BTreeMap<UserId, Arc<User>> {
        ids.remove(&UserId(0));
        ids.into_iter().map(|id| (id.clone(), Arc::new(User { id: id.0 }))).collect()
    }
}

#[async_trait::async_trait]
impl Store for Repo {
    #[cache_aside(key = "t:<self.tenant>:user:<ids>", each = ids, ttl = 60)]
    async fn find_many(&self, ids: &[UserId]) -> DbResult<Users> {
        let found = load(ids);
        Ok(found)
    }
}

#[cache_aside(key = "<T>:<ids>", each = ids, ttl = 60, none_ttl = 5, unless = |user| user.id == 0)]
pub async fn generic<'a, T: cached_redis_runtime::KeyName>(
    ids: &'a [UserId],
) -> Result<Vec<(UserId, User)>, String> {
    Ok(load(ids).into_iter().collect())
}

#[cache_aside(key = "lints:<ids>", each = ids, ttl = 60)]
pub async fn lints(#[allow(unused_mut, reason = "a test")] mut ids: Vec<UserId>) -> Users {
    load(&ids)
}

#[cache_aside(key = "chosen:<ids>", each = ids, ttl = 60)]
pub async fn chosen(#[cfg(any())] ids: Vec<u32>, #[cfg(not(any()))] ids: &[UserId]) -> Users {
    load(ids)
}

const fn is_send<T: Send>(future: T) -> T {
    future
}

fn main() {
    let repo = Repo { tenant: String::new() };
    drop(is_send(repo.find_many(&[UserId(1)])));
    drop(is_send(repo.opaque(&[UserId(1)])));
    drop(is_send(repo.boxed(vec![UserId(1)])));
    drop(is_send(repo.boxed_by_reference(&[UserId(1)])));
    drop(is_send(repo.save(vec![User { id: 1 }])));
    drop(is_send(Store::find_many(&repo, &[UserId(1)])));
    drop(is_send(repo.by_default(HashSet::new())));
    drop(is_send(lints(vec![])));
    drop(is_send(chosen(&[])));
    drop(is_send(generic::<u64>(&[UserId(1)])));
}
