use std::error::Error;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8)]
async fn find(id: u64) -> Result<u64, Box<dyn Error>> {
    Ok(id)
}

fn main() {
    drop(find(1));
}
