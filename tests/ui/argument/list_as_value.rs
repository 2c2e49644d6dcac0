use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60, skip = locale)]
async fn find(id: u64, locale: &str) -> u64 {
    id + locale.len() as u64
}

fn main() {
    drop(find(1, "de"));
}
