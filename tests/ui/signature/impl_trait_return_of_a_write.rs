use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>")]
async fn update(id: u64) -> Result<impl Iterator<Item = u64>, ()> {
    Ok(std::iter::once(id))
}

fn main() {
    drop(update(1));
}
