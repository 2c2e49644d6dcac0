use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>", on_error = "failure")]
async fn update(id: u64) -> Result<(), std::io::Error> {
    let _ = id;
    Ok(())
}

fn main() {
    drop(update(1));
}
