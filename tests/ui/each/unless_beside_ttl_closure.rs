use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<ids>", each = ids, ttl = |age| *age, unless = |name| *name == 7)]
async fn find(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|&id| (id, id)).collect()
}

fn main() {
    drop(find(&[1]));
}
