use cached_redis_runtime::write_through;

#[write_through(key = "user:<id>", ttl = forever, stale = "5m")]
async fn update(id: u64) -> u64 {
    id
}

fn main() {
    drop(update(1));
}
