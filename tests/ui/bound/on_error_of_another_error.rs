use cached_redis_runtime::cache_invalidate;

#[derive(Debug)]
struct DbError;

type DbResult<T> = Result<T, DbError>;

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn update(id: u64) -> DbResult<Option<u64>> {
    Ok(Some(id))
}

fn main() {
    drop(update(1));
}
