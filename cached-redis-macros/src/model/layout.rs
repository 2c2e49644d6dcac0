//! How an entry is kept.

use proc_macro2::Ident;
use syn::Path;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As one string.
    String,
    /// By field.
    Hash,
}

/// `User.name`.
pub(crate) struct Field {
    pub(crate) whole: Path,
    pub(crate) name: Ident,
}
