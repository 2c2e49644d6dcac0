//! A body that may run in the background, after the call that began it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{ReceiverKind, Type};

use super::Context;
use super::body::edge;
use super::each::elided;
use crate::model::ahead::{Taken, is_used, taken};
use crate::model::function::{Function, Param, Shape, mentions, ungroup};
use crate::parse::receiver;

/// The body as something the runtime can call, behind the statements that get it what it takes along.
// Output:
//     __rt::along::<UserId>();
//     let __owner = __rt::cloned_along::<Self>(self);
//     move || async move {
//         if false { return __rt::typed::<RET>(); }
//         let __self = &__owner;
//         { BODY, with `__self` for `self` }
//     }
pub(super) fn load(context: &Context, function: &Function<'_>, body: &TokenStream) -> TokenStream {
    let Context { rt, span } = context;
    let along = function
        .params
        .iter()
        .filter(|param| is_used(param, body))
        .filter_map(|param| along(context, param));
    let along: TokenStream = along.collect();
    let (clone, borrow, body) = match receiver(context, function, body) {
        Some((clone, borrow, body)) => (Some(clone), Some(borrow), body),
        None => (None, None, body.clone()),
    };
    let (edge, body) = match function.shape {
        // What it returns may borrow from the clone.
        Shape::Opaque => (
            TokenStream::new(),
            quote_spanned!(*span=> #rt::call(move || { #body }).await),
        ),
        Shape::Pinned => {
            let returned = elided(function.item.sig.output.to_token_stream());
            let body = quote_spanned!(*span=> #rt::call(move || #returned { #body }).await);
            (TokenStream::new(), body)
        }
        Shape::Async | Shape::Blocking => {
            (edge(context, function), quote_spanned!(*span=> { #body }))
        }
    };
    quote_spanned! {*span=>
        #along
        #clone
        move || async move {
            #edge
            #borrow
            #body
        }
    }
}

// Output:
//     __rt::along::<UserId>();
fn along(context: &Context, param: &Param<'_>) -> Option<TokenStream> {
    let Context { rt, span } = context;
    let (ty, cfgs) = (param.ty, &param.cfgs);
    // Of a type that cannot be repeated, rustc says what is wrong where the body uses it.
    (!mentions(ty, "impl")).then(|| quote_spanned!(*span=> #(#cfgs)* #rt::along::<#ty>();))
}

/// With a borrowed receiver: the statement that clones it, the one that borrows the clone, and the body that has that in
/// its place.
// Output:
//     let __owner = __rt::cloned_along::<Self>(self);
// and
//     let __self = &__owner;
fn receiver(
    context: &Context,
    function: &Function<'_>,
    body: &TokenStream,
) -> Option<(TokenStream, TokenStream, TokenStream)> {
    let Context { rt, span } = context;
    let receiver = function.item.sig.receiver()?;
    if taken(receiver) != Taken::Cloned {
        return None;
    }
    let body = receiver::replaced(body)?;
    let token = &receiver.self_token;
    let here = span.located_at(token.span);
    let (rt, this) = (rt.at(here), receiver::stand_in(token.span));
    // Without it rustc would advise to borrow `self` once more.
    let owner = match &receiver.kind {
        ReceiverKind::Typed(_, ty) => behind(ty).to_token_stream(),
        _ => Ident::new("Self", token.span).into_token_stream(),
    };
    Some((
        quote_spanned!(here=> let __owner = #rt::cloned_along::<#owner>(#token);),
        quote_spanned!(here=> let #this = &__owner;),
        body,
    ))
}

/// `Arc<Self>` of `&Arc<Self>`.
fn behind(ty: &Type) -> &Type {
    match ungroup(ty) {
        Type::Reference(reference) => &reference.elem,
        other => other,
    }
}
