//! `each = ids`: the parameter whose every item has a key of its own.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::{Attribute, Token, Type};

use super::function::{first_type, ungroup};

pub(crate) struct Each {
    pub(crate) ident: Ident,
    /// Where the argument names it.
    pub(crate) place: Span,
    /// For the turbofish that makes rustc underline the parameter's type.
    pub(crate) ty: Option<Type>,
    /// Of `mut ids`: it belongs to what the body gets.
    pub(crate) mutability: Option<Token![mut]>,
    /// `#[allow(…)]` and its like, which mean what the body gets.
    pub(crate) lints: Vec<Attribute>,
}

impl Each {
    /// The type of one item: of `&[T]`, `Vec<T>` and their like, as far as it is written there.
    pub(crate) fn item(&self) -> Option<&Type> {
        let mut ty = self.ty.as_ref()?;
        loop {
            ty = match ungroup(ty) {
                Type::Reference(reference) => &reference.elem,
                Type::Slice(slice) => return Some(&slice.elem),
                Type::Path(path) => return first_type(path.path.segments.last()?),
                _ => return None,
            };
        }
    }

    pub(crate) fn is(&self, ident: &Ident) -> bool {
        self.ident.unraw() == ident.unraw()
    }
}
