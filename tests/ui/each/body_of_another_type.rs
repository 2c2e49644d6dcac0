use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
async fn find(ids: &[u64]) -> HashMap<u64, String> {
    ids.len()
}

fn main() {
    drop(find(&[1]));
}
