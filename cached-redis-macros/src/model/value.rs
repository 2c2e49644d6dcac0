//! The type of the cached value, as far as the signature tells it.
//!
//! rustc finds the type by itself (`__rt::probe`). This is for the catalogue, whose `static` cannot name the type
//! parameters of the `impl` around a method, and so has text.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{GenericArgument, GenericParam, PathArguments, PathSegment, Type, TypePath};

use super::function::{Function, first_type, mentions, ungroup};
use crate::parse::source::source;

/// Generic types that are no alias for `Result<T, …>` or `Option<T>` under another name.
const CONTAINERS: &[&str] = &[
    "Vec", "VecDeque", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "Option", "Result", "Arc",
    "Box", "Cow",
];

pub(crate) struct ValueType {
    pub(crate) written: String,
    /// With each path cut down to its last name. `None` where equal types could look different: a wrong alarm would be
    /// worse than none.
    pub(crate) comparable: Option<String>,
}

impl ValueType {
    /// `rows`: the function returns many values with their ids.
    pub(crate) fn of(function: &Function<'_>, rows: bool) -> Option<Self> {
        let output = function.output?;
        let ty = if rows {
            inside(row(output)?, |name| name == "Arc")
        } else {
            value(output)
        };
        let certain = is_certain(function, ty);
        Some(Self {
            written: source(ty),
            comparable: certain.then(|| source(&last_names(ty.to_token_stream()))),
        })
    }
}

/// What `Result<_, E>`, then `Option<_>`, then `Arc<_>` hold; `DbResult<_>` too.
fn value(ty: &Type) -> &Type {
    let ty = inside(ty, |name| name.ends_with("Result"));
    let ty = inside(ty, |name| name == "Option");
    inside(ty, |name| name == "Arc")
}

/// `V` of `HashMap<K, V>`, `BTreeMap<K, V>` and `Vec<(K, V)>`, in a `Result` or not.
fn row(ty: &Type) -> Option<&Type> {
    let rows = inside(ty, |name| name.ends_with("Result"));
    let last = last_segment(rows)?;
    match first_type(last).map(ungroup) {
        Some(Type::Tuple(pair)) => pair.elems.iter().nth(1),
        _ => second_type(last),
    }
}

fn second_type(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(args) = &segment.arguments else {
        return None;
    };
    let types = args.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.skip(1).map(ungroup).next()
}

/// The first type argument, if the type's name fits.
fn inside(ty: &Type, fits: impl Fn(&str) -> bool) -> &Type {
    let ty = ungroup(ty);
    let Some(last) = last_segment(ty) else {
        return ty;
    };
    if !fits(&last.ident.to_string()) {
        return ty;
    }
    first_type(last).map_or(ty, ungroup)
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(TypePath {
            qself: None, path, ..
        }) => path.segments.last(),
        _ => None,
    }
}

/// Whether another function with the same type is bound to write it alike.
fn is_certain(function: &Function<'_>, ty: &Type) -> bool {
    let mut generics = function.item.sig.generics.params.iter();
    let generic = generics.any(|param| match param {
        GenericParam::Type(param) => mentions(ty, &param.ident.to_string()),
        GenericParam::Const(param) => mentions(ty, &param.ident.to_string()),
        GenericParam::Lifetime(_) => false,
    });
    let alias = last_segment(ty).is_some_and(|last| {
        let name = last.ident.to_string();
        name.ends_with("Result") || (!last.arguments.is_none() && !CONTAINERS.contains(&&*name))
    });
    !generic && !alias && all_names(ty.to_token_stream(), is_telling)
}

/// Not `Self`, and not like a type parameter: those of the surrounding `impl` are out of sight. Neither a macro nor
/// `<T as Trait>::Type`.
fn is_telling(name: &str) -> bool {
    let parameter = name.len() <= 2 && name.starts_with(char::is_uppercase);
    !parameter && !matches!(name, "Self" | "as" | "impl" | "_")
}

fn all_names(tokens: TokenStream, fits: fn(&str) -> bool) -> bool {
    tokens.into_iter().all(|token| match token {
        TokenTree::Ident(ident) => fits(&ident.to_string()),
        TokenTree::Group(group) => all_names(group.stream(), fits),
        TokenTree::Punct(punct) => punct.as_char() != '!',
        TokenTree::Literal(_) => true,
    })
}

/// `std::vec::Vec<models::User>` as `Vec<User>`, and no lifetimes.
fn last_names(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut colons = 0;
    let mut lifetime = false;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                colons += 1;
                if colons == 2 {
                    // What stood before is the way to what follows; nothing before is a leading `::`.
                    kept.pop_if(|last| matches!(last, TokenTree::Ident(_)));
                    colons = 0;
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => lifetime = true,
            TokenTree::Ident(_) if lifetime => lifetime = false,
            TokenTree::Group(group) => {
                let inner = last_names(group.stream());
                kept.push(proc_macro2::Group::new(group.delimiter(), inner).into());
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}
