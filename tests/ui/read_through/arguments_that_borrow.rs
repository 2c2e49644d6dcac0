use std::time::Duration;

use cached_redis_runtime::{Cache, key_family};

const TTL: Duration = Duration::from_secs(60);

key_family! {
    pub Page(of: Option<&str>) -> String = "page:<of>";
}

fn main() {
    let _ = |cache: Cache| {
        let _ = cache.read_through(Page, TTL, async |_| String::new());
    };
}
