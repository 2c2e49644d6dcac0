//! The attribute macros of cached-redis.

mod attrs;
mod check;
mod diag;
mod entry;
mod expand;
mod model;
mod parse;
mod rt;
mod suggest;

use proc_macro::TokenStream;

/// Reads through the cache.
#[proc_macro_attribute]
pub fn cache_aside(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attrs::cache_aside::CacheAside>(args.into(), &item.into()).into()
}

/// Clears entries after a write.
#[proc_macro_attribute]
pub fn cache_invalidate(args: TokenStream, item: TokenStream) -> TokenStream {
    entry::attribute::<attrs::cache_invalidate::CacheInvalidate>(args.into(), &item.into()).into()
}

/// Makes a type usable in keys.
#[proc_macro_derive(CacheKey, attributes(cache_key))]
pub fn derive_cache_key(input: TokenStream) -> TokenStream {
    entry::derive_cache_key(input.into()).into()
}

/// Gives a type a name for keys.
#[proc_macro_derive(KeyName, attributes(cache_key))]
pub fn derive_key_name(input: TokenStream) -> TokenStream {
    entry::derive_key_name(input.into()).into()
}

/// A checked key.
#[proc_macro]
pub fn key(input: TokenStream) -> TokenStream {
    entry::key(input.into()).into()
}
