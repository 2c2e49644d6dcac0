#![deny(warnings)]

use cached_redis_runtime::{cache_aside, cache_invalidate};
use tracing::instrument;

/// Documented.
#[instrument(skip(name))]
#[cache_aside(ttl = 60, key = "inside:<id>:<name>")]
async fn inside(id: u32, name: &str) -> usize {
    name.len() + id as usize
}

#[cache_aside(ttl = 60, key = "outside:<id>")]
#[instrument]
#[must_use]
pub async fn outside(id: u32) -> u32 {
    id
}

#[cache_invalidate(key = "inside:<id>:<name>")]
#[instrument(err, skip_all)]
#[cache_invalidate(key = "outside:<id>")]
#[cache_invalidate(key = "third:<ret>")]
async fn stacked(id: u32, name: String) -> Result<u32, std::fmt::Error> {
    drop(name);
    Ok(id)
}

#[cache_aside(ttl = 60, key = "cfg:<id>:<locale>:<extra>")]
async fn cfg_param(
    id: u32,
    #[cfg(any())] locale: &str,
    #[cfg(all())] locale: u32,
    #[cfg(any())] extra: NotAType,
) -> u32 {
    id + locale
}

#[cache_invalidate(key = "cfg:<id>:<locale>:<extra>:<ret>")]
async fn cfg_result(id: u32, #[cfg(all())] locale: u32, #[cfg(any())] extra: NotAType) -> u32 {
    id + locale
}

#[cfg(any())]
#[cache_aside(not even looked at)]
fn removed() {}

fn main() {
    drop(inside(1, ""));
    drop(outside(1));
    drop(stacked(1, String::new()));
    drop(cfg_param(1, 2));
    drop(cfg_result(1, 2));
}
