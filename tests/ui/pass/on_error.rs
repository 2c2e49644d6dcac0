#![deny(warnings)]

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cached_redis_runtime::cache_invalidate;

/// Made from any error, as `anyhow::Error` is.
#[derive(Debug)]
struct Any(#[allow(dead_code, reason = "only made")] Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for Any {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

#[derive(Debug)]
enum AppError {
    Cache(#[allow(dead_code, reason = "only made")] cached_redis_runtime::Error),
}

impl From<cached_redis_runtime::Error> for AppError {
    fn from(error: cached_redis_runtime::Error) -> Self {
        Self::Cache(error)
    }
}

type AppResult<T> = Result<T, AppError>;

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn boxed(id: u64) -> Result<u64, Box<dyn Error + Send + Sync>> {
    Ok(id)
}

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn boxed_here(id: u64) -> Result<u64, Box<dyn Error>> {
    Ok(id)
}

#[cache_invalidate(key = "user:<ret.0>", on_error = "fail")]
async fn any(id: u64) -> Result<Option<Arc<(u64, u64)>>, Any> {
    Ok(Some(Arc::new((id, id))))
}

#[cache_invalidate(key = "user:<id>", always, on_error = "fail")]
async fn alias(id: u64) -> AppResult<()> {
    let _ = id;
    Ok(())
}

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn the_error_itself(id: u64) -> Result<u64, cached_redis_runtime::Error> {
    Ok(id)
}

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn made_from<E>(id: u64) -> Result<u64, E>
where
    E: From<cached_redis_runtime::Error>,
{
    Ok(id)
}

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
fn pinned(id: u64) -> Pin<Box<dyn Future<Output = AppResult<u64>> + Send>> {
    Box::pin(async move { Ok(id) })
}

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
fn opaque(id: u64) -> impl Future<Output = AppResult<u64>> + Send {
    async move { Ok(id) }
}

#[cache_invalidate(key = "user:<id>", on_error = "ignore")]
async fn ignoring(id: u64) -> Option<u64> {
    Some(id)
}

#[cache_invalidate(key = "user:<id>", on_error = "fail")]
#[cache_invalidate(key = "users:all")]
async fn above_another(id: u64) -> AppResult<u64> {
    Ok(id)
}

#[cache_invalidate(key = "users:all", always)]
#[cache_invalidate(key = "user:<id>", on_error = "fail")]
async fn below_one_with_always(id: u64) -> AppResult<u64> {
    Ok(id)
}

fn main() {
    drop((boxed(1), boxed_here(1), any(1), alias(1), the_error_itself(1)));
    drop((made_from::<AppError>(1), pinned(1), opaque(1), ignoring(1)));
    drop((above_another(1), below_one_with_always(1)));
}
