//! `key!("user:<id>")`

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Token};

use crate::check::key::{identifier, members, split};
use crate::check::template::{self, useless_one_slot};
use crate::check::value;
use crate::diag::{Diag, Errors};
use crate::expand::Context;
use crate::model::policy::Policy;
use crate::parse::literal::{Role, Text};
use crate::parse::template::Hole;

// Input:
//     key!("user:<id>")
//
// Output:
//     {
//         let __key = __rt::key("user:<id>", &["user:", ""], &[__rt::segment(&id)]);
//         __key
//     }
pub(crate) fn expand(input: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let (text, one_slot) = match arguments.parse2(input) {
        Ok((expr, one_slot)) => (value::template(&expr, Role::Key, errors)?, one_slot),
        Err(error) => {
            errors.push(
                Diag::new(error.span(), format!("`key!` takes one template: {error}"))
                    .help("write `key!(\"user:<id>\")`"),
            );
            return None;
        }
    };
    let template = template::check(&text, &[], one_slot.is_some(), errors)?;
    useless_one_slot(
        one_slot.as_ref(),
        template::needs_one_slot(&template),
        errors,
    );
    let context = Context::at(text.span(), &Policy::default());
    let Context { rt, span } = &context;
    let (literals, holes) = split(&template);
    let segments: Vec<_> = holes
        .into_iter()
        .map(|hole| segment(&context, &text, hole, errors))
        .collect();
    let template = text.value();
    // As an argument of an awaited call the array would live across the await, and the future would not be `Send`.
    Some(quote_spanned!(*span=> {
        let __key = #rt::key(#template, &[#(#literals),*], &[#(#segments),*]);
        __key
    }))
}

fn arguments(input: ParseStream<'_>) -> syn::Result<(Expr, Option<Ident>)> {
    let template = input.parse()?;
    let comma: Option<Token![,]> = input.parse()?;
    let one_slot = match comma {
        Some(_) if !input.is_empty() => {
            let flag: Ident = input.parse()?;
            if flag != "one_slot" {
                return Err(syn::Error::new(flag.span(), format!("unexpected `{flag}`")));
            }
            let _: Option<Token![,]> = input.parse()?;
            Some(flag)
        }
        _ => None,
    };
    if input.is_empty() {
        Ok((template, one_slot))
    } else {
        Err(input.error("unexpected token"))
    }
}

/// Nothing is known about the names here: rustc finds the ones that are not in scope.
fn segment(context: &Context, text: &Text, hole: &Hole, errors: &mut Errors) -> TokenStream {
    let Context { rt, span } = context;
    let root = match hole.root.as_str() {
        "self" => Some(Ident::new("self", text.span())),
        name => identifier(name, text.span()),
    };
    let fields = members(text, hole);
    match (root, fields) {
        (Some(root), Ok(fields)) => quote_spanned!(*span=> #rt::segment(&#root #(.#fields)*)),
        (None, _) => {
            let title = format!("`{}` is no variable", hole.root);
            errors.push(
                text.diag(&hole.path, title, "")
                    .help("name a variable and its fields, such as `<id>` or `<self.tenant>`"),
            );
            TokenStream::new()
        }
        (_, Err(diag)) => {
            errors.push(diag);
            TokenStream::new()
        }
    }
}

/// What stands in for a key that could not be made: it has the right type, so nothing else complains.
pub(crate) fn placeholder() -> TokenStream {
    let context = Context::at(Span::call_site(), &Policy::default());
    let Context { rt, span } = &context;
    quote_spanned!(*span=> #rt::key("", &[""], &[]))
}
