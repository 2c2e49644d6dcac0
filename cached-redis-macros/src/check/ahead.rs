//! A body that may run in the background: what it uses must outlive the call.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, Receiver, ReturnType, Type};

use crate::diag::{Diag, Errors};
use crate::model::ahead::{Taken, borrows, is_used, taken};
use crate::model::function::{Function, Param, Shape, mentions, ungroup};
use crate::parse::item::Body;
use crate::parse::receiver;

/// `because` is the argument that asks for it.
pub(crate) fn check(function: &Function<'_>, because: &Ident, errors: &mut Errors) {
    let Body::Block { tokens: body, .. } = &function.item.body else {
        return;
    };
    if let Some(receiver) = function.item.sig.receiver() {
        let text = receiver::in_text(body);
        match (taken(receiver), text) {
            (Taken::Moved, _) | (Taken::Cloned, None) => {}
            (Taken::Cloned, Some(text)) => {
                let title = "a reload in the background has a `self` of its own, not this one";
                let help = "write `{}` in the text, and `self` behind it";
                errors.push(Diag::new(text.span(), title).help(help));
            }
            (Taken::Not, text) => {
                if text.is_some() || receiver::replaced(body).is_some() {
                    errors.push(exclusive(receiver, because));
                }
            }
        }
    }
    for param in &function.params {
        if is_used(param, body) && borrows(param.ty) {
            errors.push(borrowed(param, because));
        }
    }
    if let (Shape::Pinned, ReturnType::Type(_, ty)) = (function.shape, &function.item.sig.output)
        && !is_send(ty)
    {
        let title = format!("`{because}` reloads on another task, and this future is not `Send`");
        errors.push(
            Diag::over(ty, title)
                .help("return a future that is: `Pin<Box<dyn Future<Output = T> + Send>>`")
                .help(instead(because)),
        );
    }
}

fn exclusive(receiver: &Receiver, because: &Ident) -> Diag {
    let title =
        format!("`{because}` reloads in the background, and this `self` ends with the call");
    Diag::over(receiver, title)
        .help("take `&self`, of which the reload gets a clone, or `self: Arc<Self>`")
        .help(instead(because))
}

fn borrowed(param: &Param<'_>, because: &Ident) -> Diag {
    let name = match &param.bindings[..] {
        [name] if !param.is_moved_pattern() => format!("`{name}`"),
        _ => "this parameter".to_owned(),
    };
    let title = format!("`{because}` reloads in the background, and {name} is borrowed");
    Diag::over(param.ty, title)
        .help(owned(param.ty))
        .help(instead(because))
}

/// The same without a background.
fn instead(because: &Ident) -> &'static str {
    if because == "refresh_ahead" {
        "or write `early = 1.0` in its place, which reloads in the call of a reader"
    } else {
        "or leave `soft_timeout` out: with `stale` alone the body may borrow"
    }
}

fn owned(ty: &Type) -> String {
    let ty = match ungroup(ty) {
        Type::Reference(reference) => match ungroup(&reference.elem) {
            Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
            Type::Slice(slice) => format!("Vec<{}>", slice.elem.to_token_stream()),
            Type::TraitObject(object) => format!("Arc<{}>", object.to_token_stream()),
            other if borrows(other) => return "take it owned".to_owned(),
            other => {
                let ty = other.to_token_stream();
                return format!(
                    "take `{ty}`, or an `Arc` of it; a pool or a client is cheap to clone"
                );
            }
        },
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "Cow" => match &last.arguments {
                PathArguments::AngleBracketed(args) => {
                    let of = args
                        .args
                        .iter()
                        .filter(|arg| matches!(arg, GenericArgument::Type(_)));
                    let of: TokenStream = of.map(quote::ToTokens::to_token_stream).collect();
                    format!("Cow<'static, {of}>")
                }
                _ => return "take it owned".to_owned(),
            },
            _ => return "take it owned".to_owned(),
        },
        _ => return "take it owned".to_owned(),
    };
    format!("take `{ty}`")
}

/// As far as the type says it.
fn is_send(boxed: &Type) -> bool {
    let last = match ungroup(boxed) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    last.is_some_and(|last| last.ident == "BoxFuture") || mentions(boxed, "Send")
}
