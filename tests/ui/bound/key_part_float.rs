use cached_redis_runtime::cache_aside;

#[cache_aside(key = "near:<latitude>", ttl = 60)]
async fn near(latitude: f64) -> u64 {
    let _ = latitude;
    1
}

fn main() {
    drop(near(0.0));
}
