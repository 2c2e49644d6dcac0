use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, skip(poool))]
async fn find(id: u64, pool: u64) -> u64 {
    id + pool
}

fn main() {
    drop(find(1, 2));
}
