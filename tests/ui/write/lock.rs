use cached_redis_runtime::write_through;

#[write_through(key = "user:<id>", ttl = 60, lock = false)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {
    drop(find(1));
}
