//! Functions for several rows: `each`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cached_redis_runtime::{Cache, CacheKey, KeyName, cache_aside, cache_invalidate, key_family};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::body;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, CacheKey)]
pub(crate) struct UserId(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    id: u64,
}

type Users = HashMap<UserId, User>;
type DbResult<T> = Result<T, String>;

fn load(ids: &[UserId]) -> Users {
    let user = |id: &UserId| (id.clone(), User { id: id.0 });
    ids.iter().map(user).collect()
}

key_family! {
    UserOf(tenant: str, id: UserId) -> User = "family:<tenant>:<id>";
}

struct Repo {
    tenant: String,
    cache: Cache,
}

impl Repo {
    #[cache_aside(key = "t:<self.tenant>:<ids>", each = ids, ttl = 60, cache = self.cache)]
    async fn by_slice(&self, ids: &[UserId]) -> DbResult<Users> {
        body();
        if self.tenant.is_empty() {
            return Err("no tenant".to_owned());
        }
        Ok(load(ids))
    }

    #[cache_aside(key = "t:<self.tenant>:<ids.0>", each = ids, ttl = 60, none_ttl = 5, max_loads = 4)]
    #[tracing::instrument(skip(self))]
    async fn by_field(&self, ids: Vec<UserId>) -> DbResult<Vec<(UserId, Arc<User>)>> {
        body();
        let users = ids
            .into_iter()
            .map(|id| (id.clone(), Arc::new(User { id: id.0 })));
        Ok(users.collect())
    }

    #[cache_aside(key = UserOf(&self.tenant, ids), each = ids, ttl = 60)]
    async fn by_family(self: Arc<Self>, ids: &Vec<UserId>) -> BTreeMap<UserId, User> {
        body();
        load(ids).into_iter().collect()
    }

    #[cache_aside(key = "t:<self.tenant>:<ids>", each = ids, ttl = 60)]
    fn opaque<'a>(
        &'a self,
        ids: &'a [UserId],
    ) -> impl Future<Output = DbResult<Users>> + Send + 'a {
        let known = !self.tenant.is_empty();
        async move {
            body();
            known.then(|| load(ids)).ok_or_else(String::new)
        }
    }

    #[cache_aside(key = "t:<self.tenant>:<ids>", each = ids, ttl = 60)]
    fn boxed<'a>(
        &'a self,
        ids: Vec<UserId>,
    ) -> Pin<Box<dyn Future<Output = DbResult<Users>> + Send + 'a>> {
        if self.tenant.is_empty() {
            return Box::pin(async move { Err("no tenant".to_owned()) });
        }
        Box::pin(async move {
            body();
            Ok(load(&ids))
        })
    }

    #[cache_aside(key = "t:<self.tenant>:<ids>", each = ids, ttl = 60)]
    fn boxed_by_reference<'a>(&'a self, ids: &'a [UserId]) -> BoxFuture<'a, DbResult<Users>> {
        if self.tenant.is_empty() {
            return Box::pin(async move { Err("no tenant".to_owned()) });
        }
        Box::pin(async move {
            body();
            Ok(load(ids))
        })
    }

    #[cache_invalidate(key = "t:<self.tenant>:<users.id>", each = users)]
    async fn save(&self, users: Vec<User>) -> DbResult<()> {
        body();
        drop(users);
        Ok(())
    }
}

#[async_trait::async_trait]
trait Store: Sync {
    async fn find_many(&self, ids: &[UserId]) -> DbResult<Users>;

    #[cache_aside(key = "default:<ids>", each = ids, ttl = 60)]
    async fn by_default(&self, mut ids: HashSet<UserId>) -> BTreeMap<UserId, Arc<User>> {
        body();
        ids.remove(&UserId(0));
        let user = |id: UserId| (id.clone(), Arc::new(User { id: id.0 }));
        ids.into_iter().map(user).collect()
    }
}

#[async_trait::async_trait]
impl Store for Repo {
    #[cache_aside(key = "trait:<self.tenant>:<ids>", each = ids, ttl = 60)]
    async fn find_many(&self, ids: &[UserId]) -> DbResult<Users> {
        body();
        let found = load(ids);
        Ok(found)
    }
}

#[cache_aside(key = "<T>:<ids>", each = ids, ttl = 60, skip(_trace), when = !ids.is_empty(), unless = |user| user.id == 0)]
async fn generic<'a, T: KeyName>(ids: &'a BTreeSet<UserId>, _trace: &str) -> Users {
    body();
    ids.iter()
        .map(|id| (id.clone(), User { id: id.0 }))
        .collect()
}

fn ids() -> Vec<UserId> {
    vec![UserId(2), UserId(1), UserId(2)]
}

fn repo(cache: Cache) -> Repo {
    let tenant = "a".to_owned();
    Repo { tenant, cache }
}

shapes! {
    by_slice |cache| {
        let repo = repo(cache);
        assert_eq!(hit!(repo.by_slice(&ids())).unwrap().len(), 2);
        apart!(repo.by_slice(&[UserId(3)]), repo.by_slice(&[UserId(4)]));
    }
    by_field |cache| {
        let users = hit!(repo(cache.clone()).by_field(ids())).unwrap();
        assert_eq!(users[0].0, UserId(2), "in the order asked");
        assert_eq!(users.len(), 2);
    }
    by_family |cache| {
        let repo = Arc::new(repo(cache));
        hit!(Arc::clone(&repo).by_family(&ids()));
    }
    opaque |cache| { hit!(repo(cache.clone()).opaque(&ids())).unwrap(); }
    boxed |cache| { hit!(repo(cache.clone()).boxed(ids())).unwrap(); }
    boxed_by_reference |cache| { hit!(repo(cache.clone()).boxed_by_reference(&ids())).unwrap(); }
    saved |cache| {
        let repo = repo(cache);
        let user = |id| User { id };
        invalidates!(repo.save(vec![user(1), user(9)]), repo.boxed(vec![UserId(1)])).unwrap();
    }
    behind_a_trait |cache| {
        let repo = repo(cache);
        hit!(repo.find_many(&ids())).unwrap();
        assert_eq!(hit!(repo.by_default(ids().into_iter().collect())).len(), 2);
    }
    generic { hit!(generic::<u64>(&ids().into_iter().collect(), "trace")); }
}
