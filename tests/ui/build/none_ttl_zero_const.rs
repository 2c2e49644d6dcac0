use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use cached_redis_runtime::cache_aside;

const TTL: Duration = Duration::ZERO;

#[cache_aside(key = "user:<id>", ttl = 60, none_ttl = TTL)]
async fn find(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    // A constant is only computed for code that is generated, so the future must be polled.
    let _ = pin!(find(1)).poll(&mut Context::from_waker(Waker::noop()));
}
