use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(tags("team:<team>"), each = ids)]
async fn clear(team: u32, ids: &[u64]) {
    assert!(team > 0 && ids.is_empty());
}

fn main() {
    drop(clear(1, &[2]));
}
