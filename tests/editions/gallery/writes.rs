//! What `cache_invalidate` is put on, and what it clears.

use std::sync::Arc;

use cached_redis_runtime::{Cache, cache_aside, cache_invalidate};

use super::body;

#[derive(Debug, PartialEq)]
struct Refused;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

struct User {
    id: u64,
    name: String,
}

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn user(id: u64) -> Option<u64> {
    body();
    Some(id)
}

#[cache_aside(key = "name:<name>", ttl = 60)]
async fn by_name(name: &str) -> usize {
    body();
    name.len()
}

#[cache_aside(key = "users", ttl = forever)]
async fn all() -> Vec<u64> {
    body();
    vec![]
}

#[cache_invalidate(key = "user:<id>")]
async fn without_a_result(id: u64) {
    body();
    let _ = id;
}

#[cache_invalidate(key = "user:<id>")]
async fn explicit_unit(id: u64) -> () {
    body();
    let _ = id;
}

#[cache_invalidate(keys("user:<user.id>", "name:<user.name>", "users"))]
async fn several_keys(user: User) -> Result<String, Refused> {
    body();
    let User { id, name } = user;
    if id == 0 { Err(Refused) } else { Ok(name) }
}

#[cache_invalidate(key = "user:<ret.id>")]
async fn created(name: &str) -> Result<User, Refused> {
    body();
    Ok(User {
        id: 7,
        name: name.to_owned(),
    })
}

#[cache_invalidate(key = "user:<ret.id>")]
async fn created_in_an_arc(id: u64) -> Result<Option<Arc<User>>, Refused> {
    body();
    Ok(Some(Arc::new(User {
        id,
        name: String::new(),
    })))
}

#[cache_invalidate(key = "user:<id>", when = !dry_run)]
async fn conditional(id: u64, dry_run: bool) -> u64 {
    body();
    id + u64::from(dry_run)
}

#[cache_invalidate(key = "user:<id>", always)]
async fn even_after_an_error(id: u64) -> Result<(), Refused> {
    body();
    let _ = id;
    Err(Refused)
}

#[cache_invalidate(key = "user:<ret>", on_error = "fail")]
async fn failing_with_the_deletion(id: u64) -> Result<Option<u64>, BoxError> {
    body();
    Ok(Some(id))
}

#[cache_invalidate(key = "user:<id>", before)]
async fn guarded(id: u64) -> Result<u64, Refused> {
    body();
    Ok(id)
}

#[cache_invalidate(key = "user:<id>", cache = service.cache)]
async fn with_its_own_cache(service: &Service, id: u64) -> u64 {
    body();
    id + service.writes
}

struct Service {
    cache: Cache,
    writes: u64,
}

impl Service {
    /// A borrow of `self` goes back to the caller: only what is read from the cache must be owned.
    #[cache_invalidate(key = "user:<id>")]
    async fn returns_a_borrow(&mut self, id: u64) -> &mut Self {
        body();
        self.writes += id;
        self
    }

    #[cache_invalidate(key = "name:<name>")]
    async fn returns_an_argument<'a>(&self, name: &'a str) -> Option<&'a str> {
        body();
        name.split(' ').next()
    }

    #[cache_aside(key = "served:<id>", ttl = "5m", none_ttl = 5, cache = self.cache, when = id > 0, unless = |id| *id == 1)]
    async fn with_every_condition(&self, id: u64) -> Result<Option<u64>, Refused> {
        body();
        Ok(Some(id))
    }
}

const fn named(id: u64, name: String) -> User {
    User { id, name }
}

shapes! {
    without_a_result { invalidates!(without_a_result(1), user(1)); }
    explicit_unit { invalidates!(explicit_unit(1), user(1)); }
    several_keys {
        invalidates!(several_keys(named(1, "Ada".to_owned())), user(1)).unwrap();
        invalidates!(several_keys(named(1, "Ada".to_owned())), by_name("Ada")).unwrap();
        invalidates!(several_keys(named(1, "Ada".to_owned())), all()).unwrap();
    }
    refused { assert_eq!(spares!(several_keys(named(0, String::new())), user(0)), Err(Refused)); }
    created { invalidates!(created("a"), user(7)).map(drop).unwrap(); }
    created_in_an_arc { invalidates!(created_in_an_arc(1), user(1)).map(drop).unwrap(); }
    conditional {
        invalidates!(conditional(1, false), user(1));
        spares!(conditional(2, true), user(2));
    }
    even_after_an_error { invalidates!(even_after_an_error(1), user(1)).unwrap_err(); }
    failing_with_the_deletion { invalidates!(failing_with_the_deletion(1), user(1)).unwrap(); }
    guarded { invalidates!(guarded(1), user(1)).unwrap(); }
    with_its_own_cache |cache| {
        let service = Service { cache, writes: 0 };
        invalidates!(with_its_own_cache(&service, 1), user(1));
    }
    returns_a_borrow |cache| {
        let mut service = Service { cache, writes: 0 };
        local_hit!(user(1));
        service.returns_a_borrow(1).await.writes += 1;
        assert_eq!(service.writes, 2);
        local_hit!(user(1));
    }
    returns_an_argument |cache| {
        let service = Service { cache, writes: 0 };
        assert_eq!(invalidates!(service.returns_an_argument("a b"), by_name("a b")), Some("a"));
    }
    with_every_condition |cache| {
        let service = Service { cache, writes: 0 };
        hit!(service.with_every_condition(2)).unwrap();
    }
}
