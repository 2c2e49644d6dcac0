use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60)]
pub fn find(id: u64) -> Result<u64, ()> {
    Ok(id)
}

fn main() {
    drop(find(1));
}
