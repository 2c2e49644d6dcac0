use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, wait = "1s", lock = false)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
}
