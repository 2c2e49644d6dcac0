use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Filter(u64);

#[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
async fn find(ids: &[Filter]) -> HashMap<Filter, u64> {
    ids.iter().map(|id| (id.clone(), id.0)).collect()
}

fn main() {
    drop(find(&[Filter(1)]));
}
