use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<id>")]
async fn find<const N: usize>(id: u64) -> u64 {
    id + N as u64
}

fn main() {
    drop(find::<2>(1));
}
