use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>", each = id)]
async fn write(id: u64) -> u64 {
    id
}

fn main() {
    drop(write(1));
}
