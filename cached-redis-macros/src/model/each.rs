//! `each = ids`: the parameter whose every item has a key of its own.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::{Token, Type};

pub(crate) struct Each {
    pub(crate) ident: Ident,
    /// Where the argument names it.
    pub(crate) place: Span,
    /// For the turbofish that makes rustc underline the parameter's type.
    pub(crate) ty: Option<Type>,
    /// Of `mut ids`: it belongs to what the body gets.
    pub(crate) mutability: Option<Token![mut]>,
}

impl Each {
    pub(crate) fn is(&self, ident: &Ident) -> bool {
        self.ident.unraw() == ident.unraw()
    }
}
