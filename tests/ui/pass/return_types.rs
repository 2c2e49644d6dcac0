#![deny(warnings)]

use std::collections::HashMap;
use std::sync::Arc;

use cached_redis_runtime::{cache_aside, cache_invalidate};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct User {
    id: u64,
}

struct Failed;

type DbResult<T> = Result<T, Failed>;
type Found = DbResult<Option<Arc<User>>>;

#[cache_aside(ttl = 60, key = "plain:<id>")]
async fn plain(id: u64) -> User {
    User { id }
}

#[cache_aside(ttl = 60, key = "option:<id>")]
async fn option(id: u64) -> Option<User> {
    Some(User { id })
}

#[cache_aside(ttl = 60, key = "alias:<id>")]
async fn alias(id: u64) -> DbResult<User> {
    Ok(User { id })
}

#[cache_aside(ttl = 60, key = "found:<id>")]
async fn found(id: u64) -> Found {
    Ok(Some(Arc::new(User { id })))
}

#[cache_aside(ttl = 60, key = "io:<id>")]
async fn io(id: u64) -> std::io::Result<Vec<User>> {
    Ok(vec![User { id }])
}

#[cache_aside(ttl = 60, key = "unsized")]
async fn unsized_leaf() -> Arc<str> {
    "text".into()
}

#[cache_aside(ttl = 60, key = "map")]
async fn map() -> Result<Arc<HashMap<String, User>>, Failed> {
    Ok(Arc::new(HashMap::new()))
}

#[cache_invalidate(keys("plain:<ret.id>", "found:<ret.id>"))]
async fn create() -> Found {
    Ok(None)
}

#[cache_invalidate(key = "plain:<ret>")]
async fn created() -> u64 {
    1
}

fn main() {
    drop((plain(1), option(1), alias(1), found(1), io(1)));
    drop((unsized_leaf(), map(), create(), created()));
}
