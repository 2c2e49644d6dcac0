//! What a body takes along that may run in the background.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, PathArguments, Receiver,
    ReceiverKind, Type, TypeParamBound,
};

use super::function::{Param, mentions, ungroup};

/// What becomes of the receiver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// `&self`, `self: &Arc<Self>`
    Cloned,
    /// `self`, `self: Arc<Self>`
    Moved,
    /// `&mut self`, `self: Pin<&mut Self>`
    Not,
}

pub(crate) fn taken(receiver: &Receiver) -> Taken {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => Taken::Cloned,
        ReceiverKind::Reference(..) => Taken::Not,
        ReceiverKind::Typed(_, ty) => match ungroup(ty) {
            Type::Reference(reference) if borrows(&reference.elem) => Taken::Not,
            Type::Reference(reference) if reference.mutability.is_none() => Taken::Cloned,
            ty if borrows(ty) => Taken::Not,
            _ => Taken::Moved,
        },
        _ => Taken::Moved,
    }
}

/// Whether the body has one of the names that the parameter binds, be it in a text: `"{name}"`. What it does not have need not
/// outlive the call.
pub(crate) fn is_used(param: &Param<'_>, body: &TokenStream) -> bool {
    let mut names = param.bindings.iter().map(|name| name.unraw().to_string());
    names.any(|name| mentions(body, &name) || in_text(body, &name))
}

fn in_text(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => in_text(&group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        _ => false,
    })
}

/// Whether the type says that it ends with the call. What a function pointer or an `impl Fn(&T)` is given does not count.
pub(crate) fn borrows(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Reference(reference) => {
            !reference.lifetime.as_ref().is_some_and(is_static) || borrows(&reference.elem)
        }
        Type::Array(array) => borrows(&array.elem),
        Type::Slice(slice) => borrows(&slice.elem),
        Type::Ptr(pointer) => borrows(&pointer.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(borrows),
        Type::Path(path) => {
            let of_self = path.qself.as_ref().is_some_and(|qself| borrows(&qself.ty));
            of_self
                || path
                    .path
                    .segments
                    .iter()
                    .any(|segment| in_arguments(&segment.arguments))
        }
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(in_bound),
        Type::TraitObject(object) => object.bounds.iter().any(in_bound),
        _ => false,
    }
}

fn in_bound(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Lifetime(lifetime) => !is_static(lifetime),
        TypeParamBound::Trait(bound) => {
            let mut segments = bound.path.segments.iter();
            segments.any(|segment| in_arguments(&segment.arguments))
        }
        _ => false,
    }
}

fn in_arguments(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) = arguments
    else {
        return false;
    };
    args.iter().any(|arg| match arg {
        GenericArgument::Lifetime(lifetime) => !is_static(lifetime),
        GenericArgument::Type(ty) => borrows(ty),
        GenericArgument::AssocType(assoc) => borrows(&assoc.ty),
        _ => false,
    })
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}
