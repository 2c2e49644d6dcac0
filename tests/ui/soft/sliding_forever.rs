use cached_redis_runtime::cache_aside;

#[cache_aside(key = "session:<id>", ttl = forever, sliding)]
async fn session(id: u64) -> u64 {
    id
}

fn main() {
    drop(session(1));
}
