//! Functions with `layout = hash`: the shells are those of any reader and writer, around another engine; one field can be read and
//! written by itself.

mod field;
mod read;
mod write;

pub use field::{Field, FieldName, FieldOf, Holds};
pub(super) use read::Wanted;
pub use read::{field_of, glimpsed};
pub use write::{FieldWrite, held, write_field};

use super::Cache;
use super::call::Call;
use super::global::{CacheRef, Found};
use crate::key::CacheKey;
use crate::site::Site;
use crate::sync::Arc;
use crate::ttl::Lifetimes;

/// The call of a reader. Whatever is about keys is asked of the cache itself; only then it goes on with the entries by field.
#[must_use]
pub fn begin_hash(
    site: &'static Site,
    cache: CacheRef,
    enabled: bool,
    lifetimes: Lifetimes,
    segments: &[&dyn CacheKey],
) -> Call {
    Call::begin(site, cache, enabled, lifetimes, segments).by_field()
}

/// The same cache, for entries that are kept by field.
pub(super) fn by_field(cache: &Cache) -> Found {
    Found::Owned(Cache {
        engine: Arc::clone(cache.engine.hashes()),
    })
}
