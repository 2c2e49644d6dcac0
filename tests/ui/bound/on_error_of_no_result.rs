use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn update(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    drop(update(1));
}
