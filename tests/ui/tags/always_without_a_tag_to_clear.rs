use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(tags("team:<ret>"), always)]
async fn create(name: &str) -> Result<u32, String> {
    Ok(name.len() as u32)
}

fn main() {
    drop(create("red"));
}
