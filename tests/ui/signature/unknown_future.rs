use std::future::{Ready, ready};

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60)]
fn find(id: u64) -> Ready<u64> {
    ready(id)
}

fn main() {
    drop(find(1));
}
