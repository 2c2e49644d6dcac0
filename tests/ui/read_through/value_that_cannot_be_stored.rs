use std::time::Duration;

use cached_redis_runtime::{Cache, key_family};

const TTL: Duration = Duration::from_secs(60);

pub struct User;

key_family! {
    pub UserById(id: u64) -> User = "user:<id>";
}

fn main() {
    let _ = |cache: Cache| {
        let _ = cache.read_through(UserById, TTL, async |_| Some(User));
    };
}
