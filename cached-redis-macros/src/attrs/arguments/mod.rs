//! What each attribute takes: one table for the parser, its messages, the documentation and the editor.

mod cache_aside;
mod cache_invalidate;
mod shared;
mod write_through;

pub(super) use cache_aside::CACHE_ASIDE;
pub(super) use cache_invalidate::CACHE_INVALIDATE;
pub(super) use write_through::WRITE_THROUGH;

/// Arguments of coming releases: a message must not offer a near name for them.
const LATER: &[&str] = &["near"];
