use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<id>")]
async fn find<T: Default>(id: u64) -> u64 {
    let _ = T::default();
    id
}

fn main() {
    drop(find::<u8>(1));
}
