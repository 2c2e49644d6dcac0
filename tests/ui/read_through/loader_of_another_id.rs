use std::time::Duration;

use cached_redis_runtime::{Cache, key_family};

const TTL: Duration = Duration::from_secs(60);

key_family! {
    pub Name(id: u64) -> String = "name:<id>";
}

async fn load(id: String) -> String {
    id
}

fn main() {
    let _ = |cache: Cache| {
        let _ = cache.read_through(Name, TTL, load);
    };
}
