//! Which values are stored, and for how long.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;

use super::Context;
use crate::model::policy::Policy;
use crate::model::ttl::Ttl;

/// With `each` a function gets one value after another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    One,
    Each,
}

// Output, one of:
//     __rt::store_always
//     __rt::unless(__shape, |user| user.banned)
//     __rt::lives(__shape, |token| token.expires_in, |__ttl| __rt::Keep::lasting(__rt::IntoTtl::into_ttl(__ttl)))
pub(crate) fn of(
    context: &Context,
    (ttl, unless): (&Ttl, Option<&Expr>),
    values: Values,
    policy: &Policy,
) -> TokenStream {
    let per_value = ttl.per_value();
    // What is wrong with what the closure gives belongs to it, not to the return type.
    let first = per_value.and_then(|ttl| ttl.to_token_stream().into_iter().next());
    let Context { rt, span } = &first.map_or_else(
        || context.clone(),
        |first| Context::at(first.span(), policy),
    );
    let named = |name: &str| {
        let name = match values {
            Values::One => name.to_owned(),
            Values::Each => format!("{name}_each"),
        };
        let name = Ident::new(&name, *span);
        quote_spanned!(*span=> #rt::#name)
    };
    // One rules out the other.
    match (per_value, unless) {
        (None, None) => quote_spanned!(*span=> #rt::store_always),
        (None, Some(unless)) => {
            let function = named("unless");
            quote_spanned!(*span=> #function(__shape, #unless))
        }
        (Some(ttl), _) => {
            let function = named("lives");
            // Asked here whether that is a life: as a bound of the function it would be reported for what it returns as well.
            // Clippy would have the path of a function in place of a closure that only calls it, and a path is a constant here.
            quote_spanned! {*span=>
                #function(__shape, #[allow(clippy::redundant_closure, clippy::redundant_closure_for_method_calls)] #ttl, |__ttl| #rt::Keep::lasting(#rt::IntoTtl::into_ttl(__ttl)))
            }
        }
    }
}
