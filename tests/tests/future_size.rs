//! How much larger an annotated function's future is than the bare one's. Every caller up to the task holds it inside
//! its own, so what a call keeps across its awaits is paid many times over.

use std::collections::HashMap;
use std::mem::size_of_val;

use cached_redis_runtime::{Cache, cache_aside, cache_invalidate, write_through};

/// What an attribute may add to a future, in bytes. A reader's future is mostly smaller than the bare one: its body is
/// boxed, and only where it runs.
const AT_MOST: usize = 256;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
    name: String,
    tags: [u64; 8],
}

#[derive(Debug)]
struct DbError;

struct Repo {
    tenant: u64,
    cache: Cache,
}

/// A body that holds this many bytes while it waits.
async fn body<const HELD: usize>(id: u64) -> User {
    let held = [1_u8; HELD];
    tokio::task::yield_now().await;
    let id = id + u64::from(held[HELD - 1]);
    User {
        id,
        name: String::new(),
        tags: [0; 8],
    }
}

/// Each function twice: as it is, and with an attribute.
macro_rules! pairs {
    ($($(#[$attr:meta])* fn $name:ident($($args:tt)*) -> $ret:ty $body:block)+) => {
        mod bare {
            use super::*;
            $(pub(super) async fn $name($($args)*) -> $ret $body)+
        }
        mod annotated {
            use super::*;
            $($(#[$attr])* pub(super) async fn $name($($args)*) -> $ret $body)+
        }
    };
}

pairs! {
    #[cache_aside(key = "value:<id>", ttl = 60)]
    fn value(id: u64) -> User { body::<1>(id).await }

    #[cache_aside(key = "large:<id>", ttl = 60)]
    fn large(id: u64) -> User { body::<1024>(id).await }

    #[cache_aside(key = "number:<id>", ttl = 60)]
    fn number(id: u64) -> u64 { body::<1024>(id).await.id }

    #[cache_aside(key = "found:<id>:<name>", ttl = "1h", none_ttl = 5)]
    fn found(id: u64, name: &str) -> Result<Option<User>, DbError> {
        let user = body::<1024>(id).await;
        Ok((user.name == name).then_some(user))
    }

    #[cache_aside(key = "method:<repo.tenant>:<id>", ttl = 60, cache = repo.cache, when = id > 0, unless = |user| user.id == 7)]
    fn method(repo: &Repo, id: u64) -> Result<User, DbError> { Ok(body::<1024>(id + repo.tenant).await) }

    #[cache_aside(key = "owned:<name>:<ids>", ttl = forever)]
    fn owned(name: String, ids: Vec<u64>) -> Option<User> {
        let user = body::<1024>(ids.len() as u64).await;
        (user.name == name).then_some(user)
    }

    #[cache_aside(key = "wide:<name>", ttl = 60, skip(block))]
    fn wide(name: String, block: [u8; 200]) -> User {
        let user = body::<1024>(block.len() as u64).await;
        drop(name);
        user
    }

    #[cache_aside(key = "burden:<name>", ttl = 60, skip(block))]
    fn burden(name: String, block: [u8; 200]) -> User {
        let user = body::<1>(block.len() as u64).await;
        drop(name);
        user
    }

    #[cache_aside(key = "tagged:<id>", ttl = 60, tags("name:<name>", "all"), skip(name))]
    fn tagged(id: u64, name: String) -> Result<User, DbError> {
        let user = body::<1024>(id).await;
        drop(name);
        Ok(user)
    }

    #[cache_aside(key = "tagged:<name>", ttl = 60, tags("name:<name>", "all"), skip(block))]
    fn tagged_burden(name: String, block: [u8; 200]) -> User {
        let user = body::<1>(block.len() as u64).await;
        drop(name);
        user
    }

    #[cache_aside(key = "row:<ids>", each = ids, ttl = 60)]
    fn rows(ids: &[u64]) -> HashMap<u64, User> {
        let user = body::<1024>(ids.len() as u64).await;
        HashMap::from([(user.id, user)])
    }

    #[cache_invalidate(key = "value:<id>")]
    fn write(id: u64) -> Result<(), DbError> {
        body::<1024>(id).await;
        Ok(())
    }

    #[cache_invalidate(key = "value:<id>", before)]
    fn write_guarded(id: u64) -> Result<(), DbError> {
        body::<1024>(id).await;
        Ok(())
    }

    #[write_through(key = "value:<id>", ttl = 60)]
    fn write_through_result(id: u64) -> Result<User, DbError> {
        Ok(body::<1024>(id).await)
    }

    #[write_through(key = "value:<id>", ttl = 60, value = *user)]
    fn write_through_value(id: u64, user: &User) -> Result<(), DbError> {
        body::<1024>(id + user.id).await;
        Ok(())
    }

    #[cache_invalidate(keys("value:<id>", "named:<name>:<ret.id>", "large:<ret.id>"))]
    fn write_with_result(id: u64, name: String) -> Result<User, DbError> {
        let user = body::<1024>(id).await;
        drop(name);
        Ok(user)
    }
}

#[tokio::test]
async fn an_attribute_adds_little_to_a_future() {
    let cache = Cache::connect("memory://").await.unwrap();
    let repo = &Repo { tenant: 1, cache };
    macro_rules! table {
        ($($name:ident($($arg:expr),*);)+) => {
            [$((
                stringify!($name),
                size_of_val(&bare::$name($($arg),*)),
                size_of_val(&annotated::$name($($arg),*)),
            )),+]
        };
    }
    let sizes = table! {
        value(1);
        large(1);
        number(1);
        found(1, "a");
        method(repo, 1);
        owned(String::new(), vec![]);
        wide(String::new(), [0; 200]);
        burden(String::new(), [0; 200]);
        tagged(1, String::new());
        tagged_burden(String::new(), [0; 200]);
        rows(&[1]);
        write(1);
        write_guarded(1);
        write_through_result(1);
        write_through_value(1, &User { id: 1, name: String::new(), tags: [0; 8] });
        write_with_result(1, String::new());
    };
    for (name, bare, annotated) in sizes {
        println!("{name}: {bare} -> {annotated}");
    }
    for (name, bare, annotated) in sizes {
        let at_most = bare + AT_MOST;
        assert!(
            annotated <= at_most,
            "{name}: {bare} -> {annotated}, of {at_most}"
        );
    }
}
