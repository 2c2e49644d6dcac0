use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<ids>", each = &ids, ttl = 60)]
async fn find(ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

fn main() {
    drop(find(&[1]));
}
