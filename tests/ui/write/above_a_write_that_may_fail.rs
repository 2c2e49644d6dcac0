use cached_redis_runtime::write_through;

#[write_through(key = "total:<total>", ttl = 60)]
#[cache_invalidate(key = "totals", on_error = "fail")]
async fn add(total: u64, more: u64) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    Ok(total + more)
}

fn main() {}
