use cached_redis_runtime::cache_aside;

#[cache_aside(key = "user:<ids>", each = ids, ttl = 60)]
async fn find(ids: &[u64]) -> Result<Vec<String>, String> {
    Ok(ids.iter().map(u64::to_string).collect())
}

fn main() {
    drop(find(&[1]));
}
