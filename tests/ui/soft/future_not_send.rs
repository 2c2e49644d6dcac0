use std::future::Future;
use std::pin::Pin;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8)]
fn find(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { id })
}

fn main() {
    drop(find(1));
}
