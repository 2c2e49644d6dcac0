use std::time::Duration;

use cached_redis_runtime::{Cache, key_family};

const TTL: Duration = Duration::from_secs(60);

key_family! {
    pub Name(id: u64) -> String = "name:<id>";
}

fn main() {
    let _ = async |cache: Cache| {
        let names = cache.read_through(Name, TTL, async |id| format!("user {id}"));
        let _ = names.get("7").await;
    };
}
