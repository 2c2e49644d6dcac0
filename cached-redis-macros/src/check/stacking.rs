//! Attributes of ours on one function. The outermost is expanded first and still sees those below it.

use proc_macro2::{Literal, TokenStream, TokenTree};
use syn::{Attribute, Meta};

use crate::diag::{Diag, Errors};
use crate::parse::args::Args;
use crate::parse::item::Item;

const READS: &str = "cache_aside";
const CLEARS: &str = "cache_invalidate";
const WRITES: &str = "write_through";

/// Reports attributes that cannot be together with `attribute`, and takes them off the item: expanded
/// on their own they would only repeat the message.
pub(crate) fn check(item: &mut Item, attribute: &str, args: &Args, errors: &mut Errors) {
    item.attrs.retain(|below| {
        let all = [READS, CLEARS, WRITES];
        let Some(other) = all.into_iter().find(|name| is(below, name)) else {
            return true;
        };
        let diag = if attribute == READS && other == READS {
            twice(below)
        } else if attribute == READS {
            mixed(below, other)
        } else if other == READS {
            mixed(below, attribute)
        } else if let Some(fail) = fails(below)
            && !args.has("always")
        {
            swallowed(&fail)
        } else {
            return true;
        };
        errors.push(diag);
        false
    });
}

fn is(attr: &Attribute, name: &str) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == name)
}

fn twice(attr: &Attribute) -> Diag {
    Diag::over(attr, format!("`#[{READS}]` is already applied to this function"))
        .help(format!("keep one; to clear other entries after the call, put `#[{CLEARS}(…)]` on the function that writes"))
}

fn mixed(attr: &Attribute, writes: &str) -> Diag {
    Diag::over(
        attr,
        format!("`#[{READS}]` and `#[{writes}]` cannot be on one function"),
    )
    .note("on a hit the body does not run, so what it writes would be lost")
    .help("keep one, or split the function in two")
}

/// The `"fail"` of `on_error = "fail"`.
fn fails(below: &Attribute) -> Option<Literal> {
    let Meta::List(list) = &below.meta else {
        return None;
    };
    let tokens: Vec<_> = TokenStream::clone(&list.tokens).into_iter().collect();
    tokens.windows(3).find_map(|three| match three {
        [
            TokenTree::Ident(name),
            TokenTree::Punct(_),
            TokenTree::Literal(fail),
        ] if name == "on_error" && fail.to_string() == "\"fail\"" => Some(fail.clone()),
        _ => None,
    })
}

fn swallowed(fail: &Literal) -> Diag {
    let title =
        "the attribute above would take this error for the write's, and leave its own entries";
    Diag::over(fail, title)
        .help("put the attribute with `on_error = \"fail\"` above the others")
        .help("or give all keys to one attribute: `keys(\"…\", \"…\")`")
}
