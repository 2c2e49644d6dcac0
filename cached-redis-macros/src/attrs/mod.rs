//! One file per attribute: its arguments, what only it checks, and its expansion.

mod arguments;
pub(crate) mod cache_aside;
pub(crate) mod cache_invalidate;
pub(crate) mod cache_key;
pub(crate) mod key;
pub(crate) mod key_family;
pub(crate) mod key_name;
mod write_field;
pub(crate) mod write_through;

use proc_macro2::TokenStream;

use crate::diag::Errors;
use crate::model::function::Function;
use crate::parse::args::{Args, Grammar};

/// An attribute on a function.
pub(crate) trait Attribute: Sized {
    const GRAMMAR: &'static Grammar;

    /// From arguments to a checked configuration. `None` only after a message.
    fn build(args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self>;

    fn expand(&self, function: &Function<'_>) -> TokenStream;
}

/// All of them, for what is made from their arguments.
pub(crate) const ALL: [&Grammar; 3] = [
    &arguments::CACHE_ASIDE,
    &arguments::CACHE_INVALIDATE,
    &arguments::WRITE_THROUGH,
];
