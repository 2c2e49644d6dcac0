//! How long entries live.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use super::Context;
use crate::model::policy::Policy;
use crate::model::ttl::{Lasting, Life, Ttl};

// Output:
//     __rt::Lifetimes::none_ttl(__rt::Lifetimes::ttl(::core::time::Duration::from_secs(3600)), TTL)
pub(crate) fn of(context: &Context, ttl: &Ttl, policy: &Policy) -> TokenStream {
    let value = match &ttl.value {
        Lasting::Forever => {
            let Context { rt, span } = context;
            quote_spanned!(*span=> #rt::Lifetimes::forever())
        }
        Lasting::PerValue(_) => {
            let Context { rt, span } = context;
            quote_spanned!(*span=> #rt::Lifetimes::per_value())
        }
        Lasting::For(life) => {
            let Context { rt, span } = &at_constant(context, life, policy);
            let duration = duration(*span, life);
            quote_spanned!(*span=> #rt::Lifetimes::ttl(#duration))
        }
    };
    let Some(none) = &ttl.none else {
        return value;
    };
    // By its path: rustc underlines a method call from where its receiver begins.
    let Context { rt, span } = &at_constant(context, none, policy);
    let duration = duration(*span, none);
    quote_spanned!(*span=> #rt::Lifetimes::none_ttl(#value, #duration))
}

/// A constant that turns out to be zero is refused where it is written.
pub(super) fn at_constant(context: &Context, life: &Life, policy: &Policy) -> Context {
    let first = match life {
        Life::Expr(expr) => expr.to_token_stream().into_iter().next(),
        Life::Millis(_) => None,
    };
    first.map_or_else(
        || context.clone(),
        |first| Context::at(first.span(), policy),
    )
}

pub(super) fn duration(span: Span, life: &Life) -> TokenStream {
    match life {
        Life::Expr(expr) => expr.to_token_stream(),
        Life::Millis(millis) if millis % 1000 == 0 => {
            let seconds = millis / 1000;
            quote_spanned!(span=> ::core::time::Duration::from_secs(#seconds))
        }
        Life::Millis(millis) => quote_spanned!(span=> ::core::time::Duration::from_millis(#millis)),
    }
}
