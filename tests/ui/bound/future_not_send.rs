use std::rc::Rc;

use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn find(id: u64) -> u64 {
    let shared = Rc::new(id);
    std::future::ready(()).await;
    *shared
}

fn is_send<T: Send>(_: T) {}

fn main() {
    is_send(find(1));
}
