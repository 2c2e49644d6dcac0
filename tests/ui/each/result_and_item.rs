use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<ids>:<ret>", each = ids)]
async fn write(ids: &[u64]) -> u64 {
    ids.iter().sum()
}

fn main() {
    drop(write(&[1]));
}
