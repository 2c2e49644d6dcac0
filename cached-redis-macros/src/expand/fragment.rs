//! What a `macro_rules!` fragment loses on its way through an attribute.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// The body with the braces of each `$body:block` in it marked as made by a macro.
///
/// rustc knows that nobody can leave out the braces of a fragment, until an attribute has read it: then they look like
/// braces in the user's code, and `fn f() { log(); $body }` is warned of unnecessary ones.
pub(crate) fn keep_braces(body: &TokenStream) -> TokenStream {
    marked(body).unwrap_or_else(|| body.clone())
}

/// `None` if there is no such fragment, so that every other token stays what it is.
fn marked(tokens: &TokenStream) -> Option<TokenStream> {
    let mut found = false;
    let trees: Vec<TokenTree> = tokens
        .clone()
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => {
                let inner = if group.delimiter() == Delimiter::None {
                    block(&group.stream())
                } else {
                    marked(&group.stream())
                };
                found |= inner.is_some();
                match inner {
                    Some(inner) => regrouped(&group, inner, group.span()),
                    None => TokenTree::Group(group),
                }
            }
            other => other,
        })
        .collect();
    found.then(|| trees.into_iter().collect())
}

/// A fragment that is one block, marked.
fn block(fragment: &TokenStream) -> Option<TokenStream> {
    let mut trees = fragment.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => {
            let inner = keep_braces(&group.stream());
            let span = group.span().resolved_at(Span::mixed_site());
            Some(regrouped(&group, inner, span).into())
        }
        _ => marked(fragment),
    }
}

fn regrouped(group: &Group, inner: TokenStream, span: Span) -> TokenTree {
    let mut new = Group::new(group.delimiter(), inner);
    new.set_span(span);
    TokenTree::Group(new)
}
