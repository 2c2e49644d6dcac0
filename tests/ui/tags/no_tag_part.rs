use cached_redis_runtime::cache_aside;

#[cache_aside(key = "near:<id>", ttl = 60, tags("at:<place>"), skip(place))]
async fn near(id: u64, place: f64) -> u64 {
    id + place as u64
}

fn main() {
    drop(near(1, 2.0));
}
