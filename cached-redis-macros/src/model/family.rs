//! A declared key family.

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Lifetime, Type};

use super::function::mentions_borrow;
use super::key::TemplatePlan;
use crate::parse::item::Item;

pub(crate) struct Family<'a> {
    pub(crate) item: &'a Item,
    pub(crate) args: Vec<Arg<'a>>,
    pub(crate) value: &'a Type,
    pub(crate) plan: TemplatePlan,
}

pub(crate) struct Arg<'a> {
    pub(crate) name: &'a Ident,
    /// What the family holds a reference to: `str` also for `&str`.
    pub(crate) ty: &'a Type,
}

impl Arg<'_> {
    /// The type with `lifetime` wherever one was left out: `Option<&str>` is held as `Option<&'k str>`.
    pub(crate) fn borrowed(&self, lifetime: &Lifetime) -> TokenStream {
        with_lifetime(self.ty.to_token_stream(), lifetime)
    }

    pub(crate) fn has_borrow(&self) -> bool {
        mentions_borrow(self.ty)
    }
}

fn with_lifetime(tokens: TokenStream, lifetime: &Lifetime) -> TokenStream {
    let mut filled = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let mut inside =
                    Group::new(group.delimiter(), with_lifetime(group.stream(), lifetime));
                inside.set_span(group.span());
                filled.extend([TokenTree::from(inside)]);
            }
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                // Alone: `&&` would be one token, with no room for a lifetime.
                let mut alone = Punct::new('&', Spacing::Alone);
                alone.set_span(punct.span());
                filled.extend([TokenTree::from(alone)]);
                let named =
                    matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !named {
                    lifetime.to_tokens(&mut filled);
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let placeholder =
                    matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "_");
                if placeholder {
                    tokens.next();
                    lifetime.to_tokens(&mut filled);
                } else {
                    filled.extend([TokenTree::from(punct)]);
                }
            }
            other => filled.extend([other]),
        }
    }
    filled
}
