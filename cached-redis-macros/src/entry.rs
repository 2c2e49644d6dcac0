//! Drives every macro: parse, check, expand. On an error the user's item comes back as written, with all
//! messages behind it, so that the rest of the crate still finds the function.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::DeriveInput;

use crate::attrs::{ALL, Attribute, cache_key, key, key_family, key_name};
use crate::check::{signature, stacking};
use crate::diag::{Diag, Errors};
use crate::ide;
use crate::model::function::Function;
use crate::parse::args::Args;
use crate::parse::item::Item;

/// An attribute on a function.
pub(crate) fn attribute<A: Attribute>(args: TokenStream, item: &TokenStream) -> TokenStream {
    let macro_name = format!("#[{}]", A::GRAMMAR.attribute);
    guarded(&macro_name, item, || {
        expand::<A>(args, item, ide::is_listening())
    })
}

/// The modules of `__rt::ide`.
pub(crate) fn ide() -> TokenStream {
    ide::modules(&ALL)
}

pub(crate) fn derive_cache_key(input: TokenStream) -> TokenStream {
    derive("#[derive(CacheKey)]", input, cache_key::expand)
}

pub(crate) fn derive_key_name(input: TokenStream) -> TokenStream {
    derive("#[derive(KeyName)]", input, key_name::expand)
}

/// `key!`
pub(crate) fn key(input: TokenStream) -> TokenStream {
    guarded("key!", &TokenStream::new(), || {
        let mut errors = Errors::new();
        let key = key::expand(input, &mut errors);
        match (errors.finish(), key) {
            (None, Some(key)) => key,
            (found, _) => {
                let placeholder = key::placeholder();
                quote!({ #found #placeholder })
            }
        }
    })
}

/// `key_family!`
pub(crate) fn key_family(input: TokenStream) -> TokenStream {
    guarded("key_family!", &TokenStream::new(), || {
        let mut errors = Errors::new();
        let mut families = key_family::expand(input, &mut errors);
        families.extend(errors.finish());
        families
    })
}

/// `for_editor`: with what completes the arguments.
pub(crate) fn expand<A: Attribute>(
    args: TokenStream,
    written: &TokenStream,
    for_editor: bool,
) -> TokenStream {
    let name = A::GRAMMAR.attribute;
    let mut errors = Errors::new();
    let args = Args::parse(args, A::GRAMMAR, &mut errors);
    let mut item = match Item::parse(written, name) {
        Ok(item) => item,
        Err(diag) => {
            errors.push(diag);
            let found = errors.finish();
            return quote!(#written #found);
        }
    };
    if for_editor {
        ide::complete(&mut item, &args, A::GRAMMAR);
    }
    stacking::check(&mut item, name, &args, &mut errors);
    let function = Function::of(&item);
    signature::check(&function, name, &mut errors);
    let attribute = A::build(args, &function, &mut errors);
    match (errors.finish(), attribute) {
        (None, Some(attribute)) => attribute.expand(&function),
        (Some(found), _) => quote!(#item #found),
        // Without a message the function would silently not be cached.
        (None, None) => {
            let bug = bug(&format!("#[{name}]"), "it gave up without a message");
            quote!(#item #bug)
        }
    }
}

fn derive(
    macro_name: &str,
    input: TokenStream,
    expand: impl FnOnce(&DeriveInput, &mut Errors) -> TokenStream,
) -> TokenStream {
    guarded(macro_name, &TokenStream::new(), || {
        let input: DeriveInput = match syn::parse2(input) {
            Ok(input) => input,
            Err(error) => return error.into_compile_error(),
        };
        let mut errors = Errors::new();
        // The trait is implemented in any case: a type without it would draw errors at every use.
        let mut tokens = expand(&input, &mut errors);
        tokens.extend(errors.finish().into_token_stream());
        tokens
    })
}

/// A panic of ours must not take the user's item away, and must not look like the user's mistake.
pub(crate) fn guarded(
    macro_name: &str,
    written: &TokenStream,
    expand: impl FnOnce() -> TokenStream,
) -> TokenStream {
    match catch_unwind(AssertUnwindSafe(expand)) {
        Ok(tokens) => tokens,
        Err(panic) => {
            let reason = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            let bug = bug(macro_name, reason);
            quote!(#written #bug)
        }
    }
}

fn bug(macro_name: &str, reason: &str) -> Option<TokenStream> {
    let mut errors = Errors::new();
    let title = format!("`{macro_name}` failed, and the fault is its own: {reason}");
    errors.push(Diag::new(Span::call_site(), title).help(format!(
        "please report the function at {}/issues",
        env!("CARGO_PKG_REPOSITORY")
    )));
    errors.finish()
}
