use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "order:<order>")]
async fn find() -> u64 {
    7
}

fn main() {
    drop(find());
}
