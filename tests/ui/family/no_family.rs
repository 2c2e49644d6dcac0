use cached_redis_runtime::{cache_aside, cache_invalidate};

pub struct User(pub u64);

#[cache_aside(key = User(id), ttl = 60)]
async fn find(id: u64) -> u64 {
    id
}

#[cache_invalidate(key = Some(id))]
async fn update(id: u64) {
    let _ = id;
}

fn main() {
    drop(find(1));
    drop(update(1));
    drop(User(1));
}
