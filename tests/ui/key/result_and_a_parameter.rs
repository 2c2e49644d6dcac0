use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<ret>")]
async fn update(ret: u64) -> u64 {
    ret
}

fn main() {
    drop(update(1));
}
