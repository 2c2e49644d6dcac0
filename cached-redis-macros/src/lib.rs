//! The attribute macros of cached-redis.
//!
//! Depend on [`cached-redis-runtime`](https://docs.rs/cached-redis-runtime), which re-exports them: what they expand to names
//! that crate, in exactly this version.

mod attrs;
mod check;
mod diag;
mod entry;
mod expand;
mod ide;
mod model;
mod parse;
mod rt;
mod suggest;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use attrs::cache_aside::CacheAside;
use attrs::cache_invalidate::CacheInvalidate;
use attrs::write_through::WriteThrough;

#[doc = include_str!("../docs/cache_aside.md")]
#[proc_macro_attribute]
pub fn cache_aside(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<CacheAside>(args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/cache_invalidate.md")]
#[proc_macro_attribute]
pub fn cache_invalidate(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<CacheInvalidate>(args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/write_through.md")]
#[proc_macro_attribute]
pub fn write_through(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<WriteThrough>(args.into(), &item.into()).into()
}

#[doc = include_str!("../docs/derive_cache_key.md")]
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn derive_cache_key(input: TokenStream) -> TokenStream {
    entry::derive_cache_key(input.into()).into()
}

#[doc = include_str!("../docs/derive_key_name.md")]
#[proc_macro_derive(KeyName, attributes(cache_key))]
pub fn derive_key_name(input: TokenStream) -> TokenStream {
    entry::derive_key_name(input.into()).into()
}

#[doc = include_str!("../docs/key.md")]
#[proc_macro]
pub fn key(input: TokenStream) -> TokenStream {
    entry::key(input.into()).into()
}

#[doc = include_str!("../docs/key_family.md")]
#[proc_macro]
pub fn key_family(input: TokenStream) -> TokenStream {
    entry::key_family(input.into()).into()
}

/// What an editor completes the arguments from; the runtime has it only when rust-analyzer reads it.
#[doc(hidden)]
#[proc_macro]
pub fn __ide(_: TokenStream) -> TokenStream {
    entry::ide().into()
}
