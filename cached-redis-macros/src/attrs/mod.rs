//! One file per attribute: its arguments, what only it checks, and its expansion.

pub(crate) mod cache_aside;
pub(crate) mod cache_invalidate;
pub(crate) mod cache_key;
pub(crate) mod key;
pub(crate) mod key_family;
pub(crate) mod key_name;

use proc_macro2::TokenStream;

use crate::diag::Errors;
use crate::model::function::Function;
use crate::parse::args::{Args, Grammar};

/// Arguments of coming releases: a message must not offer a near name for them.
const LATER: &[&str] = &[
    "stale",
    "refresh_ahead",
    "early",
    "sliding",
    "tags",
    "lock",
    "lease",
    "wait",
    "near",
    "before",
    "on_error",
];

/// An attribute on a function.
pub(crate) trait Attribute: Sized {
    const GRAMMAR: &'static Grammar;

    /// From arguments to a checked configuration. `None` only after a message.
    fn build(args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self>;

    fn expand(&self, function: &Function<'_>) -> TokenStream;
}
