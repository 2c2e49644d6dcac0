use std::future::Future;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60)]
fn find(id: u64) -> Box<dyn Future<Output = u64>> {
    Box::new(async move { id })
}

fn main() {
    drop(find(1));
}
