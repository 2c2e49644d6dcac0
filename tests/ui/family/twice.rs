use cached_redis_runtime::{cache_invalidate, key_family};

key_family! {
    pub UserById(id: u64) -> u64 = "user:<id>";
}

#[cache_invalidate(keys(UserById(id), "users:all", UserById(id), UserById(id + 1)))]
async fn update(id: u64) {
    let _ = id;
}

fn main() {
    drop(update(1));
}
