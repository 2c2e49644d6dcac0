use std::time::Duration;

use cached_redis_runtime::cache_aside;

const LEASE: Duration = Duration::from_secs(1);

#[cache_aside(key = "user:<id>", ttl = 60, lease = LEASE)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
}
