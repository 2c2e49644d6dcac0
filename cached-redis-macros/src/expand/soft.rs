//! What a function does before its entries expire, and after.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;

use super::Context;
use super::lifetimes::{at_constant, duration};
use crate::model::policy::Policy;
use crate::model::soft::{Factor, Soft};
use crate::model::ttl::Life;

// Output:
//     const { __rt::Soft::new().stale(::core::time::Duration::from_secs(300)).refresh_ahead(0.8) }
pub(crate) fn of(context: &Context, soft: &Soft, policy: &Policy) -> TokenStream {
    // A constant that turns out to be out of range is refused where it is written: rustc underlines the chain of calls
    // from its beginning, so all of it stands at the first one.
    let context = &first_constant(soft).map_or_else(
        || context.clone(),
        |expr| {
            let first = expr.to_token_stream().into_iter().next();
            Context::at(first.map_or(context.span, |first| first.span()), policy)
        },
    );
    let Context { rt, span } = context;
    let of_life = |name, life: &Option<Life>| {
        let life = life.as_ref()?;
        let span = at_constant(context, life, policy).span;
        Some(call(span, name, &duration(span, life)))
    };
    let of_factor = |name, factor: &Option<Factor>| {
        Some(match factor.as_ref()? {
            Factor::Number(number) => call(*span, name, &number.to_token_stream()),
            Factor::Expr(expr) => {
                let tokens = expr.to_token_stream();
                let first = tokens.clone().into_iter().next();
                let place = first.map_or(*span, |first| span.located_at(first.span()));
                call(place, name, &tokens)
            }
        })
    };
    let stale = of_life("stale", &soft.stale);
    let refresh_ahead = of_factor("refresh_ahead", &soft.refresh_ahead);
    let early = of_factor("early", &soft.early);
    let soft_timeout = of_life("soft_timeout", &soft.soft_timeout);
    quote_spanned! {*span=>
        const { #rt::Soft::new() #stale #refresh_ahead #early #soft_timeout }
    }
}

fn first_constant(soft: &Soft) -> Option<&Expr> {
    fn of_life(life: Option<&Life>) -> Option<&Expr> {
        match life? {
            Life::Expr(expr) => Some(expr),
            Life::Millis(_) => None,
        }
    }
    fn of_factor(factor: Option<&Factor>) -> Option<&Expr> {
        match factor? {
            Factor::Expr(expr) => Some(expr),
            Factor::Number(_) => None,
        }
    }
    of_life(soft.stale.as_ref())
        .or_else(|| of_factor(soft.refresh_ahead.as_ref()))
        .or_else(|| of_factor(soft.early.as_ref()))
        .or_else(|| of_life(soft.soft_timeout.as_ref()))
}

fn call(span: Span, name: &str, value: &TokenStream) -> TokenStream {
    let name = proc_macro2::Ident::new(name, span);
    quote_spanned!(span=> .#name(#value))
}
