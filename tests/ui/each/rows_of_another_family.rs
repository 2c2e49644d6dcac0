use std::collections::HashMap;

use cached_redis_runtime::{cache_aside, key_family};

key_family! {
    NameById(id: u64) -> String = "name:<id>";
}

#[cache_aside(key = NameById(ids), each = ids, ttl = 60)]
async fn find(ids: &[u64]) -> HashMap<u64, u32> {
    ids.iter().map(|id| (*id, 1)).collect()
}

fn main() {
    drop(find(&[1]));
}
