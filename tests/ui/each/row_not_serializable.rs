use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

struct User;

#[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
async fn find(ids: &[u64]) -> HashMap<u64, User> {
    ids.iter().map(|id| (*id, User)).collect()
}

fn main() {
    drop(find(&[1]));
}
