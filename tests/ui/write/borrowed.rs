use cached_redis_runtime::write_through;

#[write_through(key = "user:<id>", ttl = 60)]
async fn rename(id: u64, name: &str) -> Option<&str> {
    name.get(..id as usize)
}

fn main() {}
