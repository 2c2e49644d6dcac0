use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<id>")]
async fn get_user(id: u64, locale: &str) -> u64 {
    id + locale.len() as u64
}

fn main() {
    drop(get_user(1, "de"));
}
