//! The `static` that describes an annotated function, in a block of its own: an item has the hygiene of the call site, and
//! neither a parameter nor the body must see its name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Context;
use super::key::{literals, template};
use super::lifetimes::duration;
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::model::lock::Lock;
use crate::model::policy::Codec;

/// What is constant about a cached function besides its key.
#[derive(Default)]
pub(crate) struct Constants {
    pub(crate) version: Option<u32>,
    pub(crate) jitter: Option<f64>,
    pub(crate) sliding: bool,
    pub(crate) lock: Lock,
    /// Entries are kept by field.
    pub(crate) by_field: bool,
    /// With the place of its name: a format whose feature is off is reported there.
    pub(crate) codec: Option<(Codec, Span)>,
}

// Output:
//     let __site = {
//         static __SITE: __rt::Site = __rt::Site::cache_aside("module::find", "user:<id>", &["user:", ""]).version(2);
//         __rt::register!(…);
//         &__SITE
//     };
pub(crate) fn cache_aside(
    context: &Context,
    function: &Function<'_>,
    plan: &KeyPlan,
    tags: &[KeyPlan],
    constants: &Constants,
    registration: &TokenStream,
) -> TokenStream {
    let Context { rt, span } = context;
    let path = path(context, function);
    let template = template(context, plan);
    let literals = literals(context, plan);
    let version = constants
        .version
        .map(|version| quote_spanned!(*span=> .version(#version)));
    let jitter = constants
        .jitter
        .map(|share| quote_spanned!(*span=> .jitter(#share)));
    let in_transaction = in_transaction(context, function);
    let sliding = constants
        .sliding
        .then(|| quote_spanned!(*span=> .sliding()));
    let lock = lock(context, &constants.lock);
    let by_field = constants
        .by_field
        .then(|| quote_spanned!(*span=> .by_field()));
    let tagged = (!tags.is_empty()).then(|| quote_spanned!(*span=> .tagged()));
    let format = constants.codec.map(|(codec, place)| {
        let place = span.located_at(place);
        let (name, rt) = (Ident::new(codec.name(), place), rt.at(place));
        quote_spanned!(place=> .format(#rt::format::#name!()))
    });
    quote_spanned! {*span=>
        let __site = {
            static __SITE: #rt::Site =
                #rt::Site::cache_aside(#path, #template, #literals)
                    #version #jitter #format #sliding #lock #by_field #tagged #in_transaction;
            #registration
            &__SITE
        };
    }
}

// Output:
//     let __site = {
//         static __SITE: __rt::Site = __rt::Site::cache_invalidate("module::update", "user:<user.id>");
//         __rt::register!(…);
//         &__SITE
//     };
pub(crate) fn cache_invalidate(
    context: &Context,
    function: &Function<'_>,
    first: Option<&KeyPlan>,
    registration: &TokenStream,
) -> TokenStream {
    let Context { rt, span } = context;
    let in_transaction = in_transaction(context, function);
    let template = first.map(|plan| template(context, plan));
    let path = path(context, function);
    quote_spanned! {*span=>
        let __site = {
            static __SITE: #rt::Site = #rt::Site::cache_invalidate(#path, #template)
                #in_transaction;
            #registration
            &__SITE
        };
    }
}

// Output:
//     .unlocked().lease(::core::time::Duration::from_secs(10)).wait(…)
fn lock(context: &Context, lock: &Lock) -> TokenStream {
    let span = context.span;
    let unlocked = lock.off.then(|| quote_spanned!(span=> .unlocked()));
    let lease = lock.lease.as_ref().map(|life| {
        let lease = duration(span, life);
        quote_spanned!(span=> .lease(#lease))
    });
    let wait = lock.wait.as_ref().map(|life| {
        let wait = duration(span, life);
        quote_spanned!(span=> .wait(#wait))
    });
    quote_spanned!(span=> #unlocked #lease #wait)
}

/// An open transaction as a parameter asks for a `transaction` block around the call.
fn in_transaction(context: &Context, function: &Function<'_>) -> Option<TokenStream> {
    function
        .takes_transaction()
        .then(|| quote_spanned!(context.span=> .in_transaction()))
}

/// Where the function is, for statistics: two modules may both have a `find`.
fn path(context: &Context, function: &Function<'_>) -> TokenStream {
    let name = format!("::{}", function.name());
    quote_spanned!(context.span=> ::core::concat!(::core::module_path!(), #name))
}
