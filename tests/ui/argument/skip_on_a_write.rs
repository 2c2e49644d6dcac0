use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>", skip(name))]
async fn update(id: u64, name: &str) {
    let _ = (id, name);
}

fn main() {
    drop(update(1, ""));
}
