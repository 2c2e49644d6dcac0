//! Attributes of ours on one function. The outermost is expanded first and still sees those below it.

use syn::Attribute;

use crate::diag::{Diag, Errors};
use crate::parse::item::Item;

const READS: &str = "cache_aside";
const WRITES: &str = "cache_invalidate";

/// Reports attributes that cannot be together with `attribute`, and takes them off the item: expanded
/// on their own they would only repeat the message.
pub(crate) fn check(item: &mut Item, attribute: &str, errors: &mut Errors) {
    item.attrs.retain(|below| {
        let Some(other) = [READS, WRITES].into_iter().find(|name| is(below, name)) else {
            return true;
        };
        let diag = if other != attribute {
            mixed(below)
        } else if other == READS {
            twice(below)
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
        .help(format!("keep one; to clear other entries after the call, put `#[{WRITES}(…)]` on the function that writes"))
}

fn mixed(attr: &Attribute) -> Diag {
    Diag::over(
        attr,
        format!("`#[{READS}]` and `#[{WRITES}]` cannot be on one function"),
    )
    .note("on a hit the body does not run, so what it writes would be lost")
    .help("keep one, or split the function in two")
}
