use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
}

#[cache_aside(key = "user:<ids>", each = ids, ttl = 60, layout = hash)]
async fn find_many(ids: &[u64]) -> HashMap<u64, User> {
    let _ = ids;
    HashMap::new()
}

fn main() {
    drop(find_many(&[]));
}
