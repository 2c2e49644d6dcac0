use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(tags("team:<id>", "users:all", "team:<id>"))]
async fn rename(id: u64) {
    drop(id);
}

fn main() {
    drop(rename(1));
}
