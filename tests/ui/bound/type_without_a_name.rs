use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<T>:<id>", ttl = 60)]
async fn find<T>(id: u64) -> u64 {
    id
}

fn main() {
    drop(find::<u8>(1));
}
