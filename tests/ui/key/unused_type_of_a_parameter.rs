use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<id>")]
async fn find<K: cached_redis_runtime::CacheKey>(id: K) -> u64 {
    drop(id);
    7
}

fn main() {
    drop(find(1));
}
