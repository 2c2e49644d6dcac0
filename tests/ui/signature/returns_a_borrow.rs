use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "name:<id>", ttl = 60)]
async fn name(id: &str) -> Result<&str, &'static str> {
    Ok(id)
}

#[cache_aside(key = "names:<ids>", ttl = 60)]
async fn names<'a>(ids: &'a [u64]) -> Option<&'a [u64]> {
    Some(ids)
}

#[cache_aside(key = "map:<id>", ttl = 60)]
async fn map(id: u64) -> HashMap<&'static str, u64> {
    HashMap::from([("id", id)])
}

fn main() {
    drop(name("a"));
    drop(names(&[1]));
    drop(map(1));
}
