use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>", stale = "5m")]
async fn update(id: u64) {
    let _ = id;
}

fn main() {
    drop(update(1));
}
