//! A function with its body as raw tokens: half-typed code in the body must not disturb us, nor the editor.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Ident, Signature, Token, Visibility, braced, token};

use crate::diag::Diag;

/// Prints as it was read, token by token.
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Block {
        brace: token::Brace,
        /// `#![…]` at the start of the body.
        attrs: Vec<Attribute>,
        tokens: TokenStream,
    },
    /// A declaration in a trait.
    Missing(Token![;]),
}

impl Item {
    /// The function, or why `tokens` is none. `attribute` is the name without `#[…]`.
    pub(crate) fn parse(tokens: &TokenStream, attribute: &str) -> Result<Self, Diag> {
        if let Some(diag) = not_a_function(tokens, attribute) {
            return Err(diag);
        }
        syn::parse2(tokens.clone()).map_err(|error| {
            let title = format!("`#[{attribute}]` cannot read this function: {error}");
            Diag::new(error.span(), title)
        })
    }

    /// Everything before the body.
    fn head(&self) -> TokenStream {
        self.head_with(&self.sig)
    }

    /// The same with another signature.
    pub(crate) fn head_with(&self, signature: &Signature) -> TokenStream {
        let mut tokens = TokenStream::new();
        for attr in &self.attrs {
            attr.to_tokens(&mut tokens);
        }
        self.vis.to_tokens(&mut tokens);
        self.defaultness.to_tokens(&mut tokens);
        signature.to_tokens(&mut tokens);
        tokens
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        // `default` also names things; a modifier is followed by a function.
        let modifier = input.peek(Token![default]) && !input.peek2(Token![!]);
        let defaultness = if modifier { Some(input.parse()?) } else { None };
        let sig = input.parse()?;
        let body = if input.peek(Token![;]) {
            Body::Missing(input.parse()?)
        } else {
            let content;
            Body::Block {
                brace: braced!(content in input),
                attrs: content.call(Attribute::parse_inner)?,
                tokens: content.parse()?,
            }
        };
        Ok(Self {
            attrs,
            vis,
            defaultness,
            sig,
            body,
        })
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.head());
        match &self.body {
            Body::Missing(semi) => semi.to_tokens(tokens),
            Body::Block {
                brace,
                attrs,
                tokens: body,
            } => brace.surround(tokens, |tokens| {
                for attr in attrs {
                    attr.to_tokens(tokens);
                }
                tokens.extend(body.clone());
            }),
        }
    }
}

/// Looks at the keyword, because "expected `fn`" helps nobody who annotated an `impl` block.
fn not_a_function(tokens: &TokenStream, attribute: &str) -> Option<Diag> {
    let keyword = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let found = input
            .fork()
            .call(Ident::parse_any)
            .map_or((input.span(), String::new()), |ident| {
                (ident.span(), ident.to_string())
            });
        input.parse::<TokenStream>()?;
        Ok(found)
    };
    let (span, keyword): (Span, String) = keyword.parse2(tokens.clone()).ok()?;
    let diag = || Diag::new(span, format!("`#[{attribute}]` works on functions"));
    match keyword.as_str() {
        "impl" | "trait" => Some(diag().help("put it on the functions inside, one by one")),
        "struct" | "enum" | "union" | "type" | "mod" | "static" | "use" | "let" | "macro_rules"
        | "" => Some(diag().help("put it on an `async fn`")),
        _ => None,
    }
}
