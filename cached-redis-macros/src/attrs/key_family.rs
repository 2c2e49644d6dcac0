//! `key_family! { pub UserById(id: UserId) -> User = "user:<id>"; }`

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, Index, Lifetime, Type};

use crate::check::declaration;
use crate::diag::{Diag, Errors};
use crate::expand::Context;
use crate::expand::catalogue::{integers, is_integer_type};
use crate::model::family::{Arg, Family};
use crate::model::key::{Segment, TemplatePlan, Value};
use crate::model::policy::Policy;
use crate::parse::family::Declarations;

pub(crate) fn expand(input: TokenStream, errors: &mut Errors) -> TokenStream {
    let parse = |input: ParseStream<'_>| Ok(Declarations::parse(input, errors));
    let declarations = match parse.parse2(input) {
        Ok(declarations) => declarations,
        Err(error) => {
            errors.push(Diag::new(error.span(), error.to_string()));
            return TokenStream::new();
        }
    };
    let policy = Policy {
        krate: declarations.krate,
        ..Policy::default()
    };
    let families = declarations.families.iter();
    families
        .filter_map(|declared| declaration::check(declared, errors))
        .map(|family| declare(&Context::at(family.item.sig.ident.span(), &policy), &family))
        .collect()
}

// Input:
//     /// One user.
//     pub UserById(id: UserId) -> User = "user:<id>";
//
// Output:
//     /// One user.
//     pub struct UserById<'k>(pub &'k UserId);
//     impl Clone, Copy, Debug
//     impl<'k> UserById<'k> {
//         pub const KEY_FAMILY: __rt::Family<Self, fn(&'k UserId) -> Self> = __rt::Family::new(Self);
//         pub fn key(&self) -> __rt::Key { … }
//     }
//     impl __rt::KeyFamily for UserById<'_> { … }
//     impl __rt::Loadable for UserById<'_> { … }
fn declare(context: &Context, family: &Family<'_>) -> TokenStream {
    let Context { rt, span } = context;
    let (name, vis, attrs) = (&family.item.sig.ident, &family.item.vis, &family.item.attrs);
    let lifetime = Lifetime::new("'k", *span);
    let has_args = !family.args.is_empty();
    // Without arguments there is nothing to borrow.
    let k = has_args.then(|| quote_spanned!(*span=> <#lifetime>));
    let any = has_args.then(|| quote_spanned!(*span=> <'_>));
    let types: Vec<_> = family
        .args
        .iter()
        .map(|arg| {
            let ty = arg.borrowed(&lifetime);
            if arg.has_borrow() {
                quote_spanned!(*span=> #rt::Ref<#lifetime, #ty>)
            } else {
                quote_spanned!(*span=> &#lifetime #ty)
            }
        })
        .collect();
    let doc = doc(&family.plan.template);
    let common = common(context, family, any.as_ref());
    let implementation = implementation(context, family, any.as_ref());
    let loadable = loadable(context, family);
    quote_spanned! {*span=>
        #(#attrs)*
        #[doc = #doc]
        #vis struct #name #k (#(#vis #types),*);
        #common
        impl #k #name #k {
            #[doc(hidden)]
            pub const KEY_FAMILY: #rt::Family<Self, fn(#(#types),*) -> Self> =
                #rt::Family::new(Self);

            /// The key of this entry.
            #[must_use]
            pub fn key(&self) -> #rt::Key {
                #rt::KeyFamily::key(self)
            }
        }
        #implementation
        #loadable
    }
}

/// By hand, because `derive` may not be in scope.
fn common(context: &Context, family: &Family<'_>, any: Option<&TokenStream>) -> TokenStream {
    let name = &family.item.sig.ident;
    // The values in a key may be secrets.
    let shown = format!("{}({:?})", name.unraw(), family.plan.template);
    quote_spanned! {context.span=>
        #[automatically_derived]
        impl ::core::clone::Clone for #name #any {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl ::core::marker::Copy for #name #any {}
        #[automatically_derived]
        impl ::core::fmt::Debug for #name #any {
            fn fmt(&self, __out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::write_str(__out, #shown)
            }
        }
    }
}

fn implementation(
    context: &Context,
    family: &Family<'_>,
    any: Option<&TokenStream>,
) -> TokenStream {
    let Context { rt, span } = context;
    let (name, value) = (&family.item.sig.ident, family.value);
    let TemplatePlan {
        template,
        literals,
        segments,
    } = &family.plan;
    let mask = integers(&family.plan, |value| is_integer(family, value));
    let integers = (mask != 0)
        .then(|| quote_spanned!(*span=> const INTEGERS: ::core::primitive::u64 = #mask;));
    let segments: Vec<_> = segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Values(values) => values.first(),
            // A family has neither type parameters nor a result.
            Segment::Type(_) | Segment::Result { .. } => None,
        })
        .filter_map(|value| segment(context, family, value))
        .collect();
    let count = segments.len();
    quote_spanned! {*span=>
        impl #rt::KeyFamily for #name #any {
            type Value = #value;
            const TEMPLATE: &'static ::core::primitive::str = #template;
            #integers
            const LITERALS: &'static [&'static ::core::primitive::str] = &[#(#literals),*];
            type Segments<'__s> = [&'__s dyn #rt::CacheKey; #count] where Self: '__s;
            fn segments(&self) -> Self::Segments<'_> {
                [#(#segments),*]
            }
        }
    }
}

// Output:
//     impl __rt::Loadable for UserById<'_> {
//         type Args = UserId;
//         type Of<'__k> = UserById<'__k>;
//         fn of(__args: &Self::Args) -> Self::Of<'_> { UserById(__args) }
//     }
//
// Of several arguments `Args` is a tuple of owned ones. What borrows inside cannot be kept by a loader, so then there is
// nothing.
fn loadable(context: &Context, family: &Family<'_>) -> TokenStream {
    let Context { rt, span } = context;
    let name = &family.item.sig.ident;
    let owned: Option<Vec<_>> = family.args.iter().map(Arg::owned).collect();
    let Some(owned) = owned else {
        return TokenStream::new();
    };
    let (args, values) = match &*owned {
        [] => (quote_spanned!(*span=> ()), Vec::new()),
        [_] => {
            let ty = family.args[0].ty;
            (
                quote_spanned!(*span=> #ty),
                vec![quote_spanned!(*span=> __args)],
            )
        }
        several => {
            let places = (0..several.len()).map(Index::from);
            let values = places.map(|place| quote_spanned!(*span=> &__args.#place));
            (quote_spanned!(*span=> (#(#several),*)), values.collect())
        }
    };
    let (any, of, unused) = if owned.is_empty() {
        (None, None, quote_spanned!(*span=> _))
    } else {
        let any = quote_spanned!(*span=> <'_>);
        let of = quote_spanned!(*span=> <'__k>);
        (Some(any), Some(of), quote_spanned!(*span=> __args))
    };
    quote_spanned! {*span=>
        impl #rt::Loadable for #name #any {
            type Args = #args;
            type Of<'__k> = #name #of;
            fn of(#unused: &Self::Args) -> Self::Of<'_> {
                #name(#(#values),*)
            }
        }
    }
}

fn is_integer(family: &Family<'_>, value: &Value) -> bool {
    let mut args = family.args.iter();
    let arg = args.find(|arg| arg.name.unraw() == value.root.unraw());
    value.fields.is_empty() && arg.is_some_and(|arg| is_integer_type(arg.ty))
}

// Output:
//     __rt::argument(&self.0)
//     __rt::segment(&self.0.id)
fn segment(context: &Context, family: &Family<'_>, value: &Value) -> Option<TokenStream> {
    let Context { rt, span } = context;
    let is_root = |ident: &Ident| ident.unraw() == value.root.unraw();
    let place = family.args.iter().position(|arg| is_root(arg.name))?;
    let place_at = |span| {
        Some(Index {
            index: u32::try_from(place).ok()?,
            span,
        })
    };
    let fields = &value.fields;
    if fields.is_empty() {
        // A missing `CacheKey` is underlined at the argument's type.
        let here = span.located_at(first_span(family.args.get(place)?.ty)?);
        let index = place_at(here)?;
        let argument = quote_spanned!(here=> &self.#index);
        Some(quote_spanned!(*span=> #rt::argument(#argument)))
    } else {
        let here = span.located_at(value.root.span());
        let index = place_at(here)?;
        let field = quote_spanned!(here=> &self.#index #(.#fields)*);
        Some(quote_spanned!(*span=> #rt::segment(#field)))
    }
}

fn first_span(ty: &Type) -> Option<proc_macro2::Span> {
    let first = ty.to_token_stream().into_iter().next()?;
    Some(first.span())
}

/// The template under the user's own words, for those who hover over the name.
fn doc(template: &str) -> String {
    if template.contains(['\n', '`']) {
        return "\nA key family.".to_owned();
    }
    format!("\nKeys: `{template}`")
}
