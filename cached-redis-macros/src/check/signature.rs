//! Which functions can be annotated.

use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, Type};

use crate::diag::{Diag, Errors};
use crate::model::function::{Function, Shape, mentions, mentions_borrow};
use crate::parse::item::Body;

/// What every attribute asks of the function. `attribute` is the name without `#[…]`.
pub(crate) fn check(function: &Function<'_>, attribute: &str, errors: &mut Errors) {
    let sig = &function.item.sig;
    let name = &sig.ident;
    if let Some(constness) = &sig.constness {
        let title =
            format!("`#[{attribute}]` works on `async fn`; a `const fn` cannot wait for a cache");
        errors.push(Diag::new(constness.span, title).help(format!("write `async fn {name}`")));
        return;
    }
    if let Some(abi) = &sig.abi {
        let title =
            format!("`#[{attribute}]` works on Rust functions; other languages call `{name}`");
        errors.push(Diag::over(abi, title).help("annotate an `async fn` that it calls"));
        return;
    }
    if let Some(variadic) = &sig.variadic {
        let title = format!("`#[{attribute}]` cannot pass on variadic arguments");
        errors.push(Diag::over(&variadic.dots, title));
        return;
    }
    if let Body::Missing(semi) = &function.item.body {
        let title = format!("`#[{attribute}]` wraps a body, and `{name}` has none here");
        errors.push(
            Diag::new(semi.span, title).help("put it on the function in each `impl` of the trait"),
        );
        return;
    }
    if function.shape == Shape::Blocking {
        errors.push(blocking(function, attribute));
    } else if let Some(output) = function.output {
        unnameable(function, output, attribute, errors);
    }
}

fn blocking(function: &Function<'_>, attribute: &str) -> Diag {
    let sig = &function.item.sig;
    let name = &sig.ident;
    let title = format!("`#[{attribute}]` works on `async fn`; `{name}` is not async");
    let diag = Diag::new(sig.fn_token.span, title);
    match function.output {
        Some(output) if mentions(output, "Future") => diag
            .note("of functions that return a future, `impl Future<Output = T>` and `Pin<Box<dyn Future<Output = T>>>` are understood")
            .help("return one of these, or write an `async fn` that awaits it"),
        _ => diag.help(format!("write `async fn {name}`")),
    }
}

/// The result is named once more, as the type that is read from the cache.
fn unnameable(function: &Function<'_>, output: &Type, attribute: &str, errors: &mut Errors) {
    let word = ["impl", "_"]
        .into_iter()
        .find(|word| mentions(output, word));
    if let Some(word) = word {
        let name = &function.item.sig.ident;
        let title =
            format!("`#[{attribute}]` must name what `{name}` returns, and `{word}` hides it");
        let diag = Diag::over(output, title);
        errors.push(diag.help("write the concrete type"));
    }
}

/// What only a function that is read through the cache must have: a result, and one that can be kept.
pub(crate) fn returns_something(function: &Function<'_>, errors: &mut Errors) {
    returns_owned(function, errors);
    let never = matches!(function.output, Some(Type::Never(_)));
    if function.shape != Shape::Blocking && (function.output.is_none() || never) {
        let ident = &function.item.sig.ident;
        let title = format!("`{ident}` returns nothing, so there is nothing to cache");
        errors.push(
            Diag::new(ident.span(), title)
                .help("to clear entries after a write, use `#[cache_invalidate(key = …)]`"),
        );
    }
}

/// What is stored outlives the call.
pub(crate) fn returns_owned(function: &Function<'_>, errors: &mut Errors) {
    if let Some(value) = function.output.map(value)
        && function.shape != Shape::Blocking
        && mentions_borrow(value)
    {
        let ident = &function.item.sig.ident;
        let title = format!("`{ident}` returns a borrow, and a cached value must be owned");
        errors.push(Diag::over(value, title).help(match value {
            Type::Reference(borrow) => owned(&borrow.elem),
            _ => "return owned values: `String` for `&str`, `Vec<T>` for `&[T]`".to_owned(),
        }));
    }
}

/// `T` of `Result<Option<Arc<T>>, E>`, as far as the names tell: the error may well be a `&'static str`.
pub(crate) fn value(ty: &Type) -> &Type {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && ["Result", "Option", "Arc"]
            .iter()
            .any(|name| last.ident == name)
        && let PathArguments::AngleBracketed(args) = &last.arguments
        && let Some(inner) = args.args.iter().find_map(|arg| match arg {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    {
        value(inner)
    } else {
        ty
    }
}

fn owned(borrowed: &Type) -> String {
    match borrowed {
        Type::Path(path) if path.path.is_ident("str") => "return `String`".to_owned(),
        Type::Slice(slice) => format!("return `Vec<{}>`", slice.elem.to_token_stream()),
        other => format!("return `{}`, or an `Arc` of it", other.to_token_stream()),
    }
}
