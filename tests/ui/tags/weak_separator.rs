use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(tags("team:<tenant>-<team>"))]
async fn rename(tenant: u32, team: u32) {
    assert!(tenant > team);
}

fn main() {
    drop(rename(1, 2));
}
