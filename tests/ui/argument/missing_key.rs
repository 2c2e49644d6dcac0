use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60)]
async fn find(id: u64, locale: &str) -> u64 {
    id + locale.len() as u64
}

fn main() {
    drop(find(1, "de"));
}
