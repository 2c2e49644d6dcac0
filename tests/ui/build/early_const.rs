use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use cached_redis_runtime::cache_aside;

#[derive(Clone)]
struct Users;

impl Users {
    const LIMIT: f64 = f64::INFINITY;

    #[cache_aside(key = "user:<id>", ttl = 60, early = Self::LIMIT)]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    // A constant is only computed for code that is generated, so the future must be polled.
    let _ = pin!(Users.find(1)).poll(&mut Context::from_waker(Waker::noop()));
}
