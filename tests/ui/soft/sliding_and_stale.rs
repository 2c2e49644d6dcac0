use cached_redis_runtime::cache_aside;

#[cache_aside(key = "session:<id>", ttl = 60, sliding, stale = "5m")]
async fn session(id: u64) -> u64 {
    id
}

fn main() {
    drop(session(1));
}
