use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(tags("team:<team>"), before)]
async fn rename(team: u64) {
    let _ = team;
}

fn main() {}
