//! `#[derive(CacheKey)]`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Field, Fields, Generics, Path, Type,
    parse_quote_spanned,
};

use crate::diag::{Diag, Errors};
use crate::expand::Context;
use crate::model::function::mentions;
use crate::model::policy::Policy;

// Input:
//     #[derive(CacheKey)]
//     struct UserId(u64);
//
// Output:
//     impl __rt::CacheKey for UserId {
//         fn write_key(&self, __out: &mut __rt::KeyWriter<'_>) {
//             __rt::KeyWriter::part(__out, __rt::segment::<u64>(&self.0));
//         }
//     }
pub(crate) fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let policy = Policy {
        krate: krate(&input.attrs, errors),
        ..Policy::default()
    };
    let context = Context::at(input.ident.span(), &policy);
    let Context { rt, span } = &context;
    let mut generics = input.generics.clone();
    let body = match &input.data {
        Data::Struct(data) => {
            misplaced(
                data.fields.iter().map(|field| field.attrs.as_slice()),
                errors,
            );
            let fields: Vec<_> = valued(&data.fields).collect();
            bound(&mut generics, &fields, &context);
            fields_body(&context, &fields)
        }
        Data::Enum(data) => enum_body(&context, input, data, errors),
        Data::Union(data) => {
            errors.push(
                Diag::new(
                    data.union_token.span,
                    "a union cannot be part of a cache key: nobody knows which field counts",
                )
                .help("write `impl CacheKey` by hand, or name one field in the key"),
            );
            TokenStream::new()
        }
    };
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {*span=>
        #[automatically_derived]
        impl #impl_generics #rt::CacheKey for #name #ty_generics #where_clause {
            fn write_key(&self, __out: &mut #rt::KeyWriter<'_>) { #body }
        }
    }
}

/// The fields with their names; a `PhantomData` has no value that could tell two keys apart.
fn valued(fields: &Fields) -> impl Iterator<Item = (syn::Member, &Field)> {
    fields
        .members()
        .zip(fields)
        .filter(|(_, field)| match &field.ty {
            Type::Path(path) => {
                let last = path.path.segments.last();
                last.is_none_or(|last| last.ident != "PhantomData")
            }
            _ => true,
        })
}

fn fields_body(context: &Context, fields: &[(syn::Member, &Field)]) -> TokenStream {
    let Context { rt, span } = context;
    let mut segments = fields.iter().map(|(member, field)| {
        let ty = &field.ty;
        quote_spanned!(*span=> #rt::segment::<#ty>(&self.#member))
    });
    if fields.len() == 1 {
        let only = segments.next();
        quote_spanned!(*span=> #rt::KeyWriter::part(__out, #only);)
    } else {
        quote_spanned!(*span=> #rt::KeyWriter::tuple(__out, &[#(#segments),*]);)
    }
}

fn enum_body(
    context: &Context,
    input: &DeriveInput,
    data: &DataEnum,
    errors: &mut Errors,
) -> TokenStream {
    let Context { rt, span } = context;
    misplaced(
        data.variants.iter().map(|variant| variant.attrs.as_slice()),
        errors,
    );
    let with_data = data
        .variants
        .iter()
        .find(|variant| !matches!(variant.fields, Fields::Unit));
    if let Some(variant) = with_data {
        let (name, variant_name) = (&input.ident, &variant.ident);
        let title =
            format!("`{name}` cannot derive `CacheKey`: its variant `{variant_name}` holds data");
        errors.push(
            Diag::over(&variant.fields, title)
                .help("derive it for a field-less enum, or write `impl CacheKey` by hand"),
        );
        return TokenStream::new();
    }
    if data.variants.is_empty() {
        return quote_spanned!(*span=> match *self {});
    }
    let arms = data.variants.iter().map(|variant| {
        let ident = &variant.ident;
        let text = ident.unraw().to_string();
        quote_spanned!(*span=> Self::#ident => #text,)
    });
    quote_spanned!(*span=> #rt::KeyWriter::text(__out, match *self { #(#arms)* });)
}

/// `T: CacheKey` for the type parameters that a field's type mentions.
fn bound(generics: &mut Generics, fields: &[(syn::Member, &Field)], context: &Context) {
    let Context { rt, span } = context;
    let used: Vec<Ident> = generics
        .type_params()
        .map(|param| param.ident.clone())
        .filter(|ident| {
            let name = ident.unraw().to_string();
            fields.iter().any(|(_, field)| mentions(&field.ty, &name))
        })
        .collect();
    for ident in used {
        let predicate = parse_quote_spanned!(*span=> #ident: #rt::CacheKey);
        generics.make_where_clause().predicates.push(predicate);
    }
}

/// `#[cache_key(crate = path)]`, the one thing the attribute can say.
pub(crate) fn krate(attrs: &[Attribute], errors: &mut Errors) -> Option<Path> {
    let mut path: Option<Path> = None;
    for attr in attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cache_key"))
    {
        let read = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") && path.is_none() {
                path = Some(meta.value()?.parse()?);
                Ok(())
            } else if meta.path.is_ident("crate") {
                Err(meta.error("`crate` is given twice"))
            } else {
                Err(meta.error("`#[cache_key]` takes only `crate = path`"))
            }
        });
        if let Err(error) = read {
            errors.push(
                Diag::new(error.span(), error.to_string())
                    .help("write `#[cache_key(crate = path)]`"),
            );
        }
    }
    path
}

fn misplaced<'a>(attrs: impl Iterator<Item = &'a [Attribute]>, errors: &mut Errors) {
    for attr in attrs.flatten() {
        if attr.path().is_ident("cache_key") {
            errors.push(
                Diag::over(attr, "`#[cache_key]` belongs on the type")
                    .help("every field counts; for a key of some fields only, name them in the template: `<filter.id>`"),
            );
        }
    }
}
