use cached_redis_runtime::write_through;

#[write_through(key = "user:<id>", ttl = |seconds| *seconds, value = seconds)]
async fn save(id: u64, seconds: i64) -> Result<(), String> {
    let _ = (id, seconds);
    Ok(())
}

fn main() {
    drop(save(1, 2));
}
