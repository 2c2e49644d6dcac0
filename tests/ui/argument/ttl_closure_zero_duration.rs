use std::time::Duration;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = |_user| { Duration::ZERO })]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop((find(1), Duration::ZERO));
}
