//! From the model to tokens; nothing fails here.

mod ahead;
pub(crate) mod body;
pub(crate) mod catalogue;
pub(crate) mod each;
mod fragment;
pub(crate) mod keep;
pub(crate) mod key;
pub(crate) mod layout;
pub(crate) mod lifetimes;
pub(crate) mod ret;
pub(crate) mod site;
pub(crate) mod soft;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use crate::model::function::Function;
use crate::model::policy::Policy;
use crate::rt::Rt;

/// What every piece of an expansion needs.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) rt: Rt,
    /// Names of ours live apart from the user's, and rustc's complaints about the generated call fall on
    /// the return type, where those about the call and about its `.await` become one.
    pub(crate) span: Span,
}

impl Context {
    pub(crate) fn new(function: &Function<'_>, policy: &Policy) -> Self {
        let located = function
            .output
            .and_then(|ty| ty.to_token_stream().into_iter().next())
            .map_or_else(|| function.item.sig.ident.span(), |token| token.span());
        Self::at(located, policy)
    }

    pub(crate) fn at(located: Span, policy: &Policy) -> Self {
        let span = Span::mixed_site().located_at(located);
        Self {
            rt: Rt::new(policy.krate.as_ref(), span),
            span,
        }
    }

    /// The two arguments of a call that say which cache and whether to use it.
    pub(crate) fn policy(&self, policy: &Policy) -> (TokenStream, TokenStream) {
        let Self { rt, span } = self;
        let cache = match &policy.cache {
            None => quote_spanned!(*span=> #rt::installed()),
            Some(cache) => {
                // A complaint about the type belongs to the expression, not to the return type.
                let first = cache.to_token_stream().into_iter().next();
                let here = first.map_or(*span, |token| span.located_at(token.span()));
                let borrowed = quote_spanned!(here=> &(#cache));
                quote_spanned!(*span=> #rt::explicit(#borrowed))
            }
        };
        let enabled = match &policy.when {
            None => quote_spanned!(*span=> true),
            Some(when) => when.to_token_stream(),
        };
        (cache, enabled)
    }
}
