use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<ret>", before)]
async fn update(id: u64) -> u64 {
    id
}

fn main() {
    drop(update(1));
}
