use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = |user| if *user > 3 { "1h" } else { "5m" })]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
}
