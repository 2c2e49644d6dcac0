use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<usr>", ttl = 0, jiter = 0.5, version = 0)]
async fn find(user: u64, locale: &str) -> u64 {
    user + locale.len() as u64
}

fn main() {
    drop(find(1, "de"));
}
