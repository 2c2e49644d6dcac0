use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "session:<ids>", each = ids, ttl = 60, sliding)]
async fn sessions(ids: &[u64]) -> HashMap<u64, u64> {
    ids.iter().map(|id| (*id, *id)).collect()
}

fn main() {
    drop(sessions(&[1]));
}
