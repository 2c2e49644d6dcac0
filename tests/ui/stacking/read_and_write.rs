use cached_redis_runtime::{cache_aside, cache_invalidate};

#[cache_aside(key = "user:<id>", ttl = 60)]
#[cache_invalidate(key = "users:all")]
async fn find(id: u64) -> u64 {
    id
}

#[cache_invalidate(key = "users:all")]
#[cache_aside(key = "user:<id>", ttl = 60)]
async fn find_again(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
    drop(find_again(1));
}
