use cached_redis_runtime::{cache_aside, cache_invalidate};

#[cache_aside(key = "user:<id>", ttl = 60)]
async fn find(id: u64) -> Option<u64> {
    if id == 0 {
        return "none";
    }
    id
}

#[cache_invalidate(key = "user:<id>")]
async fn update(id: u64) -> Result<(), String> {
    let _ = id;
    true
}

fn main() {
    drop(find(1));
    drop(update(1));
}
