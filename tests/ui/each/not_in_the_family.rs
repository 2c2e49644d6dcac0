use std::collections::HashMap;

use cached_redis_runtime::{cache_aside, key_family};

key_family! {
    NameById(id: u64) -> String = "name:<id>";
}

#[cache_aside(key = NameById(tenant), each = ids, ttl = 60)]
async fn find(tenant: u64, ids: &[u64]) -> HashMap<u64, String> {
    ids.iter().map(|id| (*id, tenant.to_string())).collect()
}

fn main() {
    drop(find(1, &[1]));
}
