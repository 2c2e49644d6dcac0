use std::rc::Rc;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, refresh_ahead = 0.8)]
async fn find(id: u64) -> u64 {
    let id = Rc::new(id);
    std::future::ready(()).await;
    *id
}

fn main() {
    drop(find(1));
}
