//! What the catalogue is told about a function: constants in a `static`, and nothing at all while the feature is off.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{PathArguments, Type};

use super::{Context, key};
use crate::model::function::Function;
use crate::model::key::{KeyPlan, Segment, Value};
use crate::model::policy::Policy;
use crate::model::ttl::{Life, Ttl};
use crate::model::value::ValueType;
use crate::parse::source::source;

// Output:
//     __rt::register!(reader(&__SITE).value("User").comparable("User").ttl("1h").integers(1));
pub(crate) fn reader(
    context: &Context,
    function: &Function<'_>,
    plan: &KeyPlan,
    ttl: &Ttl,
    policy: &Policy,
) -> TokenStream {
    let Context { rt, span } = context;
    let value = ValueType::of(function).map(|ty| {
        let written = ty.written;
        let comparable = ty
            .comparable
            .map(|ty| quote_spanned!(*span=> .comparable(#ty)));
        quote_spanned!(*span=> .value(#written) #comparable)
    });
    let life = ttl
        .value
        .as_ref()
        .map_or_else(|| "forever".to_owned(), Life::text);
    let none = ttl.none.as_ref().map(|life| {
        let life = life.text();
        quote_spanned!(*span=> .none_ttl(#life))
    });
    let mask = integers(plan);
    let integers = (mask != 0).then(|| quote_spanned!(*span=> .integers(#mask)));
    let cache = cache(context, policy);
    quote_spanned! {*span=>
        #rt::register!(reader(&__SITE) #value .ttl(#life) #none #integers #cache);
    }
}

// Output:
//     __rt::register!(writer(&__SITE, &["user:<user.id>", "users:all"]));
pub(crate) fn writer(context: &Context, plans: &[KeyPlan], policy: &Policy) -> TokenStream {
    let Context { rt, span } = context;
    let templates = plans.iter().map(|plan| key::template(context, plan));
    let cache = cache(context, policy);
    quote_spanned! {*span=>
        #rt::register!(writer(&__SITE, &[#(#templates),*]) #cache);
    }
}

fn cache(context: &Context, policy: &Policy) -> Option<TokenStream> {
    let cache = source(policy.cache.as_ref()?);
    Some(quote_spanned!(context.span=> .cache(#cache)))
}

/// Bit `i` for placeholder `i` whose text is that of an integer.
fn integers(plan: &KeyPlan) -> u64 {
    let KeyPlan::Template(plan) = plan else {
        return 0;
    };
    let bits = (0..u64::BITS)
        .zip(&plan.segments)
        .map(|(bit, segment)| match segment {
            Segment::Values(values) if values.iter().all(is_integer) => 1 << bit,
            _ => 0,
        });
    bits.sum()
}

fn is_integer(value: &Value) -> bool {
    // A parameter that may be configured away leaves an empty text.
    value.fields.is_empty()
        && value.cfgs.is_empty()
        && value.ty.as_ref().is_some_and(is_integer_type)
}

fn is_integer_type(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_integer_type(&reference.elem),
        Type::Group(group) => is_integer_type(&group.elem),
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            let bits = name.strip_prefix(['u', 'i']).unwrap_or_default();
            let known = matches!(bits, "8" | "16" | "32" | "64" | "128" | "size");
            known && matches!(last.arguments, PathArguments::None)
        }),
        _ => false,
    }
}
