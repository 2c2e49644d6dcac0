use cached_redis_runtime::write_through;

#[write_through(key = "name:<id>", ttl = 60, value = name)]
async fn rename(id: u64, name: &str) -> Result<(), std::io::Error> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
