//! The declaration of a key family: it is checked as a function of its arguments, and its template as a function's.

use proc_macro2::{Ident, Literal, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{FnArg, Pat, Type};

use super::key::{Scope, check as check_template};
use super::template::useless_one_slot;
use super::{signature, value};
use crate::diag::{Diag, Errors};
use crate::model::family::{Arg, Family};
use crate::model::function::{Function, mentions, mentions_borrow, ungroup};
use crate::model::key::TemplatePlan;
use crate::parse::family::Declaration;
use crate::parse::literal::Role;

/// `None` only after a message. After a mistake in the template alone the family is there all the same, so that its uses are no
/// mistakes too.
pub(crate) fn check<'a>(declared: &'a Declaration, errors: &mut Errors) -> Option<Family<'a>> {
    let item = &declared.item;
    let function = Function::of(item);
    let inputs = item.sig.inputs.iter();
    let args: Vec<_> = inputs.map(|input| argument(input, errors)).collect();
    let value = match &item.sig.output {
        syn::ReturnType::Type(_, ty) => held(ty, errors),
        syn::ReturnType::Default => None,
    };
    let args: Option<Vec<_>> = args.into_iter().collect();
    let args = args.filter(|args| are_different(args, errors));
    let plan = template(declared, &function, errors);
    Some(Family {
        item,
        args: args?,
        value: value?,
        plan: plan.unwrap_or_else(|| TemplatePlan {
            template: String::new(),
            literals: vec![String::new()],
            segments: Vec::new(),
        }),
    })
}

fn template(
    declared: &Declaration,
    function: &Function<'_>,
    errors: &mut Errors,
) -> Option<TemplatePlan> {
    let text = value::template(&declared.template, Role::Key, errors)?;
    let one_slot = declared.one_slot.as_ref();
    let scope = Scope {
        function,
        is_family: true,
        has_result: false,
        one_slot: one_slot.is_some(),
    };
    let checked = check_template(&text, scope, errors);
    if checked.complete {
        useless_one_slot(one_slot, checked.needs_one_slot, errors);
        for param in &function.params {
            for ident in &param.bindings {
                if !checked.named.iter().any(|name| ident.unraw() == name) {
                    errors.push(unused(ident, &checked.corrected));
                }
            }
        }
    }
    checked.plan
}

fn unused(ident: &Ident, template: &str) -> Diag {
    let name = ident.unraw();
    let title = format!("two entries that differ only in `{name}` would have one key");
    let longer = Literal::string(&format!("{template}:<{name}>"));
    Diag::new(ident.span(), title)
        .help(format!("make it part of the template:   {longer}"))
        .help("or leave the argument out")
}

fn argument<'a>(input: &'a FnArg, errors: &mut Errors) -> Option<Arg<'a>> {
    let typed = match input {
        FnArg::Typed(typed) => typed,
        FnArg::Receiver(receiver) => {
            errors.push(
                Diag::new(receiver.self_token.span, "a key family has no `self`")
                    .help("give each value that the key needs as an argument: `tenant: TenantId`"),
            );
            return None;
        }
    };
    let name = match &*typed.pat {
        Pat::Ident(pat)
            if pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() =>
        {
            &pat.ident
        }
        other => {
            errors.push(
                Diag::over(other, "an argument of a key family is a name and a type")
                    .help("write `id: u64`"),
            );
            return None;
        }
    };
    if let Some(attr) = typed.attrs.first() {
        let title = "an argument of a key family takes no attributes";
        errors.push(Diag::over(attr, title).help("put the attribute on the family"));
        return None;
    }
    let ty = match ungroup(&typed.ty) {
        Type::Reference(reference) if reference.mutability.is_none() => &*reference.elem,
        other => other,
    };
    if let Some(diag) = unholdable(&typed.ty) {
        errors.push(diag);
        return None;
    }
    Some(Arg { name, ty })
}

/// A family holds shared references of one lifetime to values of types that have names.
fn unholdable(ty: &Type) -> Option<Diag> {
    if let Some(word) = ["impl", "_"].iter().find(|word| mentions(&ty, word)) {
        let title =
            format!("a key family must name the types of its arguments, and `{word}` hides one");
        return Some(Diag::over(ty, title).help("write the concrete type"));
    }
    if mentions(&ty, "mut") {
        let title = "a key family takes its arguments by shared reference";
        return Some(Diag::over(ty, title).help("leave `&mut` out"));
    }
    let lifetime = named_lifetime(ty.to_token_stream())?;
    let title = format!("a key family has one lifetime of its own, and `'{lifetime}` is another");
    Some(Diag::new(lifetime.span(), title).help("leave the lifetime out"))
}

fn named_lifetime(tokens: proc_macro2::TokenStream) -> Option<Ident> {
    let mut quote = false;
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => named_lifetime(group.stream()),
        TokenTree::Ident(ident) => {
            let is_lifetime = std::mem::take(&mut quote);
            (is_lifetime && ident != "_" && ident != "static").then_some(ident)
        }
        TokenTree::Punct(punct) => {
            quote = punct.as_char() == '\'';
            None
        }
        TokenTree::Literal(_) => None,
    })
}

/// Templates name an argument once, so two of one name would be one.
fn are_different(args: &[Arg<'_>], errors: &mut Errors) -> bool {
    let mut all = true;
    for (index, arg) in args.iter().enumerate() {
        let name = arg.name.unraw();
        if args[..index]
            .iter()
            .any(|before| before.name.unraw() == name)
        {
            let title = format!("`{name}` is given twice");
            errors.push(Diag::new(arg.name.span(), title).help("give one of them another name"));
            all = false;
        }
    }
    all
}

/// A family says what is stored, not how a function returns it.
fn held<'a>(ty: &'a Type, errors: &mut Errors) -> Option<&'a Type> {
    let inner = signature::value(ungroup(ty));
    let diag = if !std::ptr::eq(inner, ungroup(ty)) {
        let title = "a key family says what is stored, and that is what is inside";
        let inner = inner.to_token_stream();
        Diag::over(ty, title).help(format!(
            "write `-> {inner}`: functions may return it inside `Result`, `Option` and `Arc`"
        ))
    } else if mentions_borrow(ty) {
        Diag::over(ty, "a key family holds owned values, and this is a borrow")
            .help("write an owned type: `String` for `&str`, `Vec<T>` for `&[T]`")
    } else if let Some(word) = ["impl", "_"].iter().find(|word| mentions(&ty, word)) {
        let title = format!("a key family must name what it holds, and `{word}` hides it");
        Diag::over(ty, title).help("write the concrete type")
    } else {
        return Some(ty);
    };
    errors.push(diag);
    None
}
