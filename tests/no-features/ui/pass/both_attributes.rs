#![deny(warnings)]
#![forbid(unsafe_code, unused)]

use cached_redis_runtime::{cache_aside, cache_invalidate};

#[cache_aside(key = "user:<id>", ttl = 60, codec = msgpack)]
async fn find(id: u64) -> u64 {
    id
}

#[cache_invalidate(key = "user:<id>")]
async fn update(id: u64) -> u64 {
    id
}

fn main() {
    drop((find(1), update(1)));
}
