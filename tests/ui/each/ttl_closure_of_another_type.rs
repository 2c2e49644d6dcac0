use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<ids>", each = ids, ttl = |seconds| *seconds)]
async fn find(ids: &[u64]) -> HashMap<u64, i64> {
    ids.iter().map(|&id| (id, 60)).collect()
}

fn main() {
    drop(find(&[1]));
}
