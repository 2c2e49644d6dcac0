//! `#[derive(KeyName)]`

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::{DeriveInput, GenericParam};

use super::cache_key::krate;
use crate::diag::{Diag, Errors};
use crate::expand::Context;
use crate::model::policy::Policy;

// Input:
//     #[derive(KeyName)]
//     struct Order { … }
//
// Output:
//     impl __rt::KeyName for Order { const KEY_NAME: &'static str = "Order"; }
pub(crate) fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let policy = Policy {
        krate: krate(&input.attrs, errors),
        ..Policy::default()
    };
    let context = Context::at(input.ident.span(), &policy);
    let Context { rt, span } = &context;
    let name = &input.ident;
    let many = input.generics.params.iter().find_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    if let Some(param) = many {
        let title = format!(
            "`{name}` is a different type for every `{param}`, and one name would stand for all"
        );
        errors.push(Diag::new(param.span(), title).help(format!(
            "write `impl KeyName` for each `{name}<…>` that is part of a key"
        )));
    }
    let text = name.unraw().to_string();
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote_spanned! {*span=>
        #[automatically_derived]
        impl #impl_generics #rt::KeyName for #name #ty_generics #where_clause {
            const KEY_NAME: &'static str = #text;
        }
    }
}
