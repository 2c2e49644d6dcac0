use cached_redis_runtime::cache_aside;

const MAX: u32 = 32;

#[cache_aside(key = "user:<id>", ttl = 60, max_loads = MAX)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
}
