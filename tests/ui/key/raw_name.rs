use cached_redis_runtime::cache_aside;

#[cache_aside(ttl = 60, key = "user:<r#type>")]
async fn find(r#type: u64) -> u64 {
    r#type
}

fn main() {
    drop(find(1));
}
