//! How an entry is kept.

use proc_macro2::Ident;
use syn::Path;

/// `User.name`.
pub(crate) struct Field {
    pub(crate) whole: Path,
    pub(crate) name: Ident,
}
