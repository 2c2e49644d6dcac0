use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<T.id>:<id>")]
async fn find<T>(id: u64) -> u64 {
    id
}

fn main() {
    drop(find::<u8>(1));
}
