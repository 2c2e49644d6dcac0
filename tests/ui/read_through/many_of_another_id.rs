use std::collections::HashMap;
use std::time::Duration;

use cached_redis_runtime::{Cache, key_family};

const TTL: Duration = Duration::from_secs(60);

key_family! {
    pub Name(id: u64) -> String = "name:<id>";
}

async fn load_many(ids: Vec<u64>) -> HashMap<u64, u64> {
    ids.into_iter().map(|id| (id, id)).collect()
}

fn main() {
    let _ = |cache: Cache| {
        let names = cache.read_through(Name, TTL, async |id| format!("user {id}"));
        let _ = names.many(load_many);
    };
}
