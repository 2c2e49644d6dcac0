//! A declared key family.

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
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

    /// The type of one that is kept: `String` for `str`. `None` if what it holds is borrowed.
    pub(crate) fn owned(&self) -> Option<TokenStream> {
        let tokens = self.ty.to_token_stream();
        if self.has_borrow() || mentions_lifetime(tokens.clone()) {
            return None;
        }
        Some(match self.ty {
            Type::Path(path) if path.path.is_ident("str") => quote!(::std::string::String),
            Type::Slice(slice) => {
                let item = &slice.elem;
                quote!(::std::vec::Vec<#item>)
            }
            _ => tokens,
        })
    }
}

fn mentions_lifetime(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Group(group) => mentions_lifetime(group.stream()),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                !matches!(tokens.peek(), Some(TokenTree::Ident(name)) if name == "static")
            }
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
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
