use std::sync::Arc;

use cached_redis_runtime::{cache_aside, key_family};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct User;

#[derive(Serialize, Deserialize)]
pub struct Team;

key_family! {
    pub UserById(id: u64) -> User = "user:<id>";
}

#[cache_aside(key = UserById(id), ttl = 60)]
async fn find(id: u64) -> Result<Option<Arc<Team>>, std::fmt::Error> {
    let _ = id;
    Ok(None)
}

#[cache_aside(key = UserById(id), ttl = 60)]
async fn all(id: u64) -> Vec<User> {
    let _ = id;
    Vec::new()
}

fn main() {
    drop(find(1));
    drop(all(1));
}
