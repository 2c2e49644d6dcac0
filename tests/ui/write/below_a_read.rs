use cached_redis_runtime::cache_aside;

#[cache_aside(key = "name:<id>", ttl = 60)]
#[write_through(key = "name:<id>", ttl = 60)]
async fn name(id: u64) -> u64 {
    id
}

fn main() {}
