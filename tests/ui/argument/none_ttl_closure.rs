use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, none_ttl = |user| *user)]
async fn find(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    drop(find(1));
}
