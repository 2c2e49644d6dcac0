use cached_redis_runtime::cache_invalidate;

#[cache_invalidate(key = "user:<id>")]
#[cache_invalidate(key = "users:all", on_error = "fail")]
async fn update(id: u64) -> Result<(), cached_redis_runtime::Error> {
    let _ = id;
    Ok(())
}

fn main() {
    drop(update(1));
}
