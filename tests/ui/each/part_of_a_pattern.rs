use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

struct Query {
    ids: Vec<u64>,
}

#[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
async fn find(Query { ids }: Query) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, id.to_string())).collect()
}

fn main() {
    drop(find(Query { ids: vec![1] }));
}
