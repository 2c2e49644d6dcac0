//! Where the runtime lives. The only file that names it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// Prints as `::cached_redis_runtime::__rt`, or as `path::__rt` after `crate = path`.
#[derive(Clone)]
pub(crate) struct Rt(TokenStream);

impl Rt {
    pub(crate) fn new(path: Option<&Path>, span: Span) -> Self {
        Self(match path {
            None => quote_spanned!(span=> ::cached_redis_runtime::__rt),
            Some(path) => {
                let path = located_at(path.to_token_stream(), span);
                quote_spanned!(span=> #path::__rt)
            }
        })
    }

    /// The same path, blamed on another place.
    pub(crate) fn at(&self, span: Span) -> Self {
        Self(located_at(self.0.clone(), span))
    }
}

impl ToTokens for Rt {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.clone());
    }
}

/// The path is printed many times. It must resolve where the user wrote it (`$crate` among others), but
/// an editor must not see the user's one path with ten meanings.
fn located_at(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token: TokenTree| {
            token.set_span(token.span().located_at(span));
            token
        })
        .collect()
}
