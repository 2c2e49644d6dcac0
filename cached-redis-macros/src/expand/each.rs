//! A function whose body gets only some of its ids.

use std::mem;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{FnArg, Pat, Signature};

use super::Context;
use super::key;
use crate::model::each::Each;
use crate::model::function::{Function, Shape, is_lint};
use crate::model::key::KeyPlan;

// Output:
//     |ids, __keys| __keys.push(&__rt::template_key("user:<ids>", &["user:", ""], &[__rt::segment(&ids)]))
pub(crate) fn key(context: &Context, each: &Each, push: &Ident, plan: &KeyPlan) -> TokenStream {
    let key = key::template_key(context, plan);
    let ident = &each.ident;
    quote_spanned!(context.span=> |#ident, __keys| __keys.#push(&#key))
}

/// The body as something the runtime can call with what is missing.
// Output:
//     move |mut __asked| async move {
//         if false { return __rt::typed::<RET>(); }
//         let ids = __asked.view();
//         { BODY }
//     }
pub(crate) fn load(
    context: &Context,
    function: &Function<'_>,
    each: &Each,
    body: &TokenStream,
) -> TokenStream {
    let Context { rt, span } = context;
    let Each {
        ident,
        mutability,
        lints,
        ..
    } = each;
    let (edge, body) = match function.shape {
        Shape::Opaque => (
            TokenStream::new(),
            quote_spanned!(*span=> #rt::call(move || { #body }).await),
        ),
        // It may return one of several boxes, so their common type must be said.
        Shape::Pinned => {
            let returned = elided(function.item.sig.output.to_token_stream());
            let body = quote_spanned!(*span=> #rt::call(move || #returned { #body }).await);
            (TokenStream::new(), body)
        }
        Shape::Async | Shape::Blocking => {
            let returned = output(function, *span);
            let edge = quote_spanned!(*span=> if false { return #rt::typed::<#returned>(); });
            (edge, quote_spanned!(*span=> { #body }))
        }
    };
    quote_spanned! {*span=>
        move |mut __asked| async move {
            #edge
            #(#lints)* let #mutability #ident = __asked.view();
            #body
        }
    }
}

/// Finds what the rows hold, and how.
// Output:
//     let __shape = { use …; let __rows = __rt::probe::rows(&(&&&&Probe::<RET>::new()).outer()); … __rows.with(__leaf) };
pub(crate) fn probe(context: &Context, function: &Function<'_>) -> TokenStream {
    let Context { rt, span } = context;
    let output = output(function, *span);
    quote_spanned! {*span=>
        let __shape = {
            use #rt::probe::{
                LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _, Plain as _,
                ResultOption as _, ResultPlain as _,
            };
            let __outer = (&&&&#rt::probe::Probe::<#output>::new()).outer();
            let __rows = #rt::probe::rows(&__outer);
            let __leaf = (&&&__rows.leaf_probe()).leaf();
            __rows.with(__leaf)
        };
    }
}

fn output(function: &Function<'_>, span: Span) -> TokenStream {
    function
        .output
        .map_or_else(|| quote_spanned!(span=> ()), |ty| quote!(#ty))
}

/// Without the names of lifetimes: what the body returns borrows ids that do not live as long as the caller's.
pub(super) fn elided(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    let token = |token| match token {
        TokenTree::Group(group) => {
            let mut elided = Group::new(group.delimiter(), elided(group.stream()));
            elided.set_span(group.span());
            elided.into()
        }
        TokenTree::Ident(name) if mem::take(&mut after_quote) && name != "static" => {
            Ident::new("_", name.span()).into()
        }
        TokenTree::Punct(punct) => {
            after_quote = punct.as_char() == '\'';
            punct.into()
        }
        other => other,
    };
    tokens.into_iter().map(token).collect()
}

/// The signature without the `mut` that belongs to what the body gets: out here nothing is changed.
pub(crate) fn signature(signature: &Signature, each: &Each) -> Signature {
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        if let FnArg::Typed(typed) = input
            && let Pat::Ident(pat) = &mut *typed.pat
            && each.is(&pat.ident)
        {
            pat.mutability = None;
            typed.attrs.retain(|attr| !is_lint(attr));
        }
    }
    signature
}
