use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn find(id: u64) {
    let _ = id;
}

fn main() {
    drop(find(1));
}
