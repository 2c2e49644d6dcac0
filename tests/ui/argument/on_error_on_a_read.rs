use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, on_error = "fail")]
async fn update(id: u64) -> u64 {
    id
}

fn main() {
    drop(update(1));
}
