use cached_redis_runtime::{cache_aside, cache_invalidate, key_family};

mod keys {
    super::key_family! {
        pub UserById(id: u64) -> u64 = "user:<id>";
    }
}
use keys::UserById;

#[cache_aside(key = UserByID(id), ttl = 60)]
async fn find(id: u64) -> u64 {
    id
}

#[cache_invalidate(keys(UserById(id), keys::UserByName(id)))]
async fn update(id: u64) {
    let _ = id;
}

fn main() {
    drop(find(1));
    drop(update(1));
}
