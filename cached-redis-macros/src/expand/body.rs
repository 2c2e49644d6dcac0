//! The function around its own body.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::fragment::keep_braces;
use super::{Context, ahead, each};
use crate::model::each::Each;
use crate::model::function::{Function, Shape};
use crate::parse::item::Body;

/// What goes before the body, and the call of the runtime that gets it.
pub(crate) struct Wrapper<'a> {
    /// The description of the function. Outside of the future: a function that is nothing but an `async` block is one that
    /// clippy would have written as `async fn`.
    pub(crate) site: TokenStream,
    /// Statements; they see the parameters, but none of the body's own names.
    pub(crate) before: TokenStream,
    pub(crate) function: TokenStream,
    /// All but the body, each with its comma.
    pub(crate) arguments: TokenStream,
    /// Statements on the shape of the return type, after it is found.
    pub(crate) shaped: Option<TokenStream>,
    /// Statements that name the tags, before what makes the body.
    pub(crate) tags: Option<TokenStream>,
    /// The parameter of which the body gets only what is missing.
    pub(crate) each: Option<&'a Each>,
    /// Whether the body may run in the background.
    pub(crate) ahead: bool,
}

// Input:
//     async fn find(&self, id: UserId) -> RET { BODY }
//
// Output:
//     async fn find(&self, id: UserId) -> RET {
//         let __site = …; let __call = …; let __shape = …;
//         __rt::cache_aside(__call, __shape, …, move || async move { typed edge; { BODY } }).await
//     }
pub(crate) fn wrap(
    context: &Context,
    function: &Function<'_>,
    wrapper: &Wrapper<'_>,
) -> TokenStream {
    let span = context.span;
    let item = function.item;
    let Body::Block {
        brace,
        attrs,
        tokens: body,
    } = &item.body
    else {
        return quote!(#item);
    };
    let body = &keep_braces(body);
    let Wrapper {
        site,
        before,
        function: call,
        arguments,
        shaped,
        tags,
        each,
        ahead,
    } = wrapper;
    let (probe, load) = match each {
        None if *ahead => (
            probe(context, function),
            ahead::load(context, function, body),
        ),
        None => (probe(context, function), load(context, function, body)),
        Some(each) => (
            each::probe(context, function),
            each::load(context, function, each, body),
        ),
    };
    let load = match tags {
        None => load,
        // The body may move what a tag names, so the closure around it has both.
        Some(tags) => quote_spanned!(span=> move |__tags| { #tags #load }),
    };
    let statements = quote_spanned! {span=>
        #before
        #probe
        #shaped
        #call(#arguments #load).await
    };
    let outer = match function.shape {
        Shape::Pinned => {
            let block = block(span, statements);
            quote_spanned!(span=> ::std::boxed::Box::pin(async move #block))
        }
        Shape::Opaque => {
            let block = block(span, statements);
            quote_spanned!(span=> async move #block)
        }
        Shape::Async | Shape::Blocking => statements,
    };
    let signature = each.map_or_else(|| item.sig.clone(), |each| each::signature(&item.sig, each));
    let mut tokens = item.head_with(&signature);
    brace.surround(&mut tokens, |tokens| {
        tokens.extend(quote!(#(#attrs)* #site #outer));
    });
    tokens
}

/// The block of our future. An attribute below, such as `#[tracing::instrument]`, gives what it adds the hygiene of these
/// braces, so they are the user's.
fn block(span: Span, statements: TokenStream) -> Group {
    let mut block = Group::new(Delimiter::Brace, statements);
    block.set_span(Span::call_site().located_at(span));
    block
}

/// The body as something the runtime can call. The typed edge puts "expected `u64`, found `&str`" under
/// the user's expression, in the tail and in an early `return`; the braces around the body are ours,
/// because its own would be called unused, and they keep its `use` statements to itself.
fn load(context: &Context, function: &Function<'_>, body: &TokenStream) -> TokenStream {
    let span = context.span;
    let returned = &function.item.sig.output;
    match function.shape {
        Shape::Opaque => quote_spanned!(span=> move || { #body }),
        Shape::Pinned => quote_spanned!(span=> move || #returned { #body }),
        Shape::Async | Shape::Blocking => {
            let edge = edge(context, function);
            quote_spanned!(span=> move || async move { #edge { #body } })
        }
    }
}

// Output:
//     if false { return __rt::typed::<RET>(); }
pub(super) fn edge(context: &Context, function: &Function<'_>) -> TokenStream {
    let Context { rt, span } = context;
    let returned = match &function.item.sig.output {
        syn::ReturnType::Type(_, ty) => quote!(#ty),
        syn::ReturnType::Default => quote_spanned!(*span=> ()),
    };
    quote_spanned!(*span=> if false { return #rt::typed::<#returned>(); })
}

/// `Result`, `Option`, `Arc`, or none of them: found by type, so that an alias is no different. Methods of
/// more references are tried first, hence the ladder of `&`.
// Output:
//     let __shape = { use …; let __outer = (&&&&Probe::<RET>::new()).outer(); … };
fn probe(context: &Context, function: &Function<'_>) -> TokenStream {
    let Context { rt, span } = context;
    let output = function
        .output
        .map_or_else(|| quote_spanned!(*span=> ()), |ty| quote!(#ty));
    let probe = quote_spanned!(*span=> #rt::probe::Probe::<#output>::new());
    shape(context, &probe)
}

/// The shape of what `probe` stands for.
pub(crate) fn shape(context: &Context, probe: &TokenStream) -> TokenStream {
    let Context { rt, span } = context;
    quote_spanned! {*span=>
        let __shape = {
            use #rt::probe::{
                LeafArc as _, LeafArcUnsized as _, LeafOwned as _, OptionPlain as _, Plain as _,
                ResultOption as _, ResultPlain as _,
            };
            let __outer = (&&&&#probe).outer();
            let __leaf = (&&&__outer.leaf_probe()).leaf();
            __outer.with(__leaf)
        };
    }
}
