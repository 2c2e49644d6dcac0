#![deny(warnings)]
#![forbid(
    future_incompatible,
    let_underscore_drop,
    missing_docs,
    nonstandard_style,
    rust_2018_idioms,
    single_use_lifetimes,
    unit_bindings,
    unreachable_code,
    unsafe_code,
    unused,
    unused_qualifications,
    clippy::all,
    clippy::diverging_sub_expression,
    clippy::needless_return,
    clippy::nursery,
    clippy::pedantic
)]

//! What is forbidden cannot be allowed again by an expansion either.

use cached_redis_runtime::{CacheKey, KeyName, cache_aside, cache_invalidate};

/// A key part.
#[derive(CacheKey, KeyName, Debug)]
pub struct Id(u64);

/// A reader with an early return.
///
/// # Errors
/// For the first.
#[cache_aside(key = "user:<id>:<T>", ttl = 60, unless = |name| name.len() > 7)]
pub async fn read<T: KeyName>(id: Id) -> Result<String, std::fmt::Error> {
    if id.0 == 0 {
        return Err(std::fmt::Error);
    }
    Ok(id.0.to_string())
}

/// A reader that diverges.
#[cache_aside(key = "never", ttl = 60)]
pub async fn diverge() -> u64 {
    unimplemented!()
}

/// A write without a result.
#[cache_invalidate(keys("user:<id>:<T>", "never"))]
pub async fn write<T: KeyName>(id: Id) {
    let _ = id.0;
}

/// A future in a box.
#[cache_aside(key = "boxed:<id>", ttl = 60)]
#[must_use]
pub fn boxed(id: Id) -> std::pin::Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { id.0 })
}

fn main() {
    drop((read::<Id>(Id(1)), diverge(), write::<Id>(Id(1)), boxed(Id(1))));
}
