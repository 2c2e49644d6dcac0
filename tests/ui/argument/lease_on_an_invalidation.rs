use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>", before, lease = "1s")]
async fn update(id: u64) {
    drop(id);
}

fn main() {
    drop(update(1));
}
