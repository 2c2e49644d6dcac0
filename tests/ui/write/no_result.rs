use cached_redis_runtime::write_through;

#[write_through(key = "user:<id>", ttl = 60)]
async fn rename(id: u64, name: String) {
    let _ = (id, name);
}

fn main() {}
