//! What `write_through` is put on.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use cached_redis_runtime::{cache_aside, cache_invalidate, write_through};
use futures_util::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};

use super::body;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
}

#[derive(Debug, PartialEq)]
struct Refused;

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn user(id: u64) -> Option<User> {
    body();
    Some(named(id, "loaded"))
}

fn named(id: u64, name: &str) -> User {
    User {
        id,
        name: name.to_owned(),
    }
}

#[write_through(key = "user:<id>", ttl = 60)]
async fn returns_it(id: u64, name: &str) -> User {
    body();
    named(id, name)
}

#[write_through(key = "user:<user.id>", ttl = "1m", jitter = 0.5)]
async fn returns_its_argument(user: User) -> Result<Arc<User>, Refused> {
    body();
    if user.name.is_empty() {
        return Err(Refused);
    }
    Ok(Arc::new(user))
}

#[write_through(key = "user:<user.id>", ttl = 60, value = user)]
async fn is_given_a_reference(user: &User) -> Result<(), Refused> {
    body();
    if user.name.is_empty() {
        Err(Refused)
    } else {
        Ok(())
    }
}

#[write_through(key = "user:<user.id>", ttl = 60, value = user)]
async fn consumes_the_value(mut user: User) {
    body();
    user.name.clear();
    drop(user);
}

#[write_through(key = "user:<id>", ttl = 60, value = named(id, &name), when = !dry, unless = |user| user.id == 0)]
async fn has_every_condition(id: u64, name: String, dry: bool) {
    body();
    drop((name, dry));
}

#[write_through(key = "user:<id>", ttl = 60, value = named(*id, name))]
async fn returns_a_borrow<'a>(id: &u64, name: &'a str) -> Option<&'a str> {
    body();
    name.get(..1).filter(|_| *id > 0)
}

#[cache_invalidate(keys("name:<id>", "names"))]
#[write_through(key = "user:<id>", ttl = 60, tags("users"))]
async fn clears_others(id: u64) -> User {
    body();
    named(id, "written")
}

struct Repo {
    names: Vec<String>,
}

impl Repo {
    #[write_through(key = "user:<id>", ttl = Self::TTL)]
    async fn changes_itself(&mut self, id: u64, name: String) -> User {
        body();
        self.names.push(name.clone());
        User { id, name }
    }

    const TTL: std::time::Duration = std::time::Duration::from_secs(60);

    #[write_through(key = "user:<id>", ttl = 60)]
    fn opaque(&self, id: u64) -> impl Future<Output = Result<User, Refused>> + Send + '_ {
        async move {
            body();
            self.names
                .first()
                .map(|name| named(id, name))
                .ok_or(Refused)
        }
    }

    #[write_through(key = "user:<id>", ttl = 60)]
    fn boxed(&self, id: u64) -> BoxFuture<'_, User> {
        async move {
            body();
            named(id, &self.names.concat())
        }
        .boxed()
    }
}

#[async_trait]
trait Users {
    async fn save(&self, user: &User) -> Result<(), Refused>;
    #[write_through(key = "user:<id>", ttl = 60)]
    async fn default(&self, id: u64) -> User {
        body();
        named(id, "default")
    }
}

#[async_trait]
impl Users for Repo {
    #[write_through(key = "user:<user.id>", ttl = 60, value = user)]
    async fn save(&self, user: &User) -> Result<(), Refused> {
        body();
        if self.names.is_empty() {
            Err(Refused)
        } else {
            Ok(())
        }
    }
}

/// After the write the next read is a hit with what was written.
macro_rules! writes {
    ($write:expr, $user:expr) => {{
        use cached_redis_runtime::{Served, inspect};

        let wanted: User = $user;
        let before = crate::gallery::bodies();
        let written = $write.await;
        assert_eq!(crate::gallery::bodies() - before, 1);
        let read = inspect(user(wanted.id)).await;
        assert_eq!(read, (Some(wanted), Served::Hit));
        written
    }};
}

fn repo() -> Repo {
    Repo {
        names: vec!["Ada".to_owned()],
    }
}

shapes! {
    returns_it { writes!(returns_it(1, "Ada"), named(1, "Ada")); }
    returns_its_argument {
        writes!(returns_its_argument(named(1, "Ada")), named(1, "Ada")).unwrap();
        assert_eq!(invalidates!(returns_its_argument(named(2, "")), user(2)), Err(Refused));
    }
    is_given_a_reference {
        writes!(is_given_a_reference(&named(1, "Ada")), named(1, "Ada")).unwrap();
        invalidates!(is_given_a_reference(&named(2, "")), user(2)).unwrap_err();
    }
    consumes_the_value { writes!(consumes_the_value(named(1, "Ada")), named(1, "Ada")); }
    has_every_condition {
        writes!(has_every_condition(1, "Ada".to_owned(), false), named(1, "Ada"));
        spares!(has_every_condition(2, "Ada".to_owned(), true), user(2));
        invalidates!(has_every_condition(0, "Ada".to_owned(), false), user(0));
    }
    returns_a_borrow { assert_eq!(writes!(returns_a_borrow(&1, "Ada"), named(1, "Ada")), Some("A")); }
    clears_others { writes!(clears_others(1), named(1, "written")); }
    changes_itself { writes!(repo().changes_itself(1, "Bob".to_owned()), named(1, "Bob")); }
    opaque { writes!(repo().opaque(1), named(1, "Ada")).unwrap(); }
    boxed { writes!(repo().boxed(1), named(1, "Ada")); }
    in_a_trait {
        writes!(repo().save(&named(1, "Eve")), named(1, "Eve")).unwrap();
        writes!(Users::default(&repo(), 1), named(1, "default"));
    }
}
