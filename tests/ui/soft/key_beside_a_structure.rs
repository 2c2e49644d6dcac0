use cached_redis_runtime::cache_aside;

#[cache_aside(key = "%beside:<id>", ttl = 60)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
}
