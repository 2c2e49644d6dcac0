use std::collections::HashMap;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "search:<filters>", ttl = 60)]
async fn search(filters: HashMap<String, String>) -> usize {
    filters.len()
}

fn main() {
    drop(search(HashMap::new()));
}
