//! What the catalogue is told about a function: constants in a `static`, and nothing at all while the feature is off.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::{PathArguments, Type};

use super::{Context, key};
use crate::model::each::Each;
use crate::model::function::Function;
use crate::model::key::{KeyPlan, Segment, TemplatePlan, Value};
use crate::model::policy::Policy;
use crate::model::ttl::Ttl;
use crate::model::value::ValueType;
use crate::parse::source::source;

// Output:
//     __rt::register!(reader(&__SITE).value("User").comparable("User").ttl("1h").integers(1));
pub(crate) fn reader(
    context: &Context,
    function: &Function<'_>,
    names: (&KeyPlan, &[KeyPlan]),
    each: Option<&Each>,
    ttl: &Ttl,
    policy: &Policy,
) -> TokenStream {
    let value = ValueType::of(function, each.is_some());
    maker(context, "reader", names, (value, each), Some(ttl), policy)
}

// Output:
//     __rt::register!(through(&__SITE).value("User").comparable("User").ttl("1h").integers(1));
pub(crate) fn through(
    context: &Context,
    value: Option<ValueType>,
    names: (&KeyPlan, &[KeyPlan]),
    ttl: Option<&Ttl>,
    policy: &Policy,
) -> TokenStream {
    maker(context, "through", names, (value, None), ttl, policy)
}

fn maker(
    context: &Context,
    constructor: &str,
    (plan, tagged): (&KeyPlan, &[KeyPlan]),
    (value, each): (Option<ValueType>, Option<&Each>),
    ttl: Option<&Ttl>,
    policy: &Policy,
) -> TokenStream {
    let Context { rt, span } = context;
    let constructor = Ident::new(constructor, *span);
    let value = value.map(|ty| {
        let written = ty.written;
        let comparable = ty
            .comparable
            // A family's values are compared by rustc.
            .filter(|_| matches!(plan, KeyPlan::Template(_)))
            .map(|ty| quote_spanned!(*span=> .comparable(#ty)));
        quote_spanned!(*span=> .value(#written) #comparable)
    });
    let life = ttl.map(|ttl| {
        let life = ttl.text();
        quote_spanned!(*span=> .ttl(#life))
    });
    let none = ttl.and_then(|ttl| ttl.none.as_ref()).map(|life| {
        let life = life.text();
        quote_spanned!(*span=> .none_ttl(#life))
    });
    let integers = match plan {
        KeyPlan::Family(plan) => {
            let family = key::family(context, plan);
            Some(quote_spanned!(*span=> .integers(#family.integers())))
        }
        KeyPlan::Template(plan) => {
            let mask = integers(plan, |value| is_integer(value, each));
            (mask != 0).then(|| quote_spanned!(*span=> .integers(#mask)))
        }
    };
    let tags = tags(context, tagged);
    let cache = cache(context, policy);
    quote_spanned! {*span=>
        #rt::register!(#constructor(&__SITE) #value #life #none #integers #tags #cache);
    }
}

// Output:
//     __rt::register!(writer(&__SITE, &["user:<user.id>", "users:all"]));
pub(crate) fn writer(
    context: &Context,
    plans: &[KeyPlan],
    tagged: &[KeyPlan],
    policy: &Policy,
) -> TokenStream {
    let Context { rt, span } = context;
    let templates = plans.iter().map(|plan| key::template(context, plan));
    let tags = tags(context, tagged);
    let cache = cache(context, policy);
    quote_spanned! {*span=>
        #rt::register!(writer(&__SITE, &[#(#templates),*]) #tags #cache);
    }
}

// Output:
//     .tags(&["team:<team_id>"])
fn tags(context: &Context, plans: &[KeyPlan]) -> Option<TokenStream> {
    let tags = plans.iter().map(|plan| key::template(context, plan));
    (!plans.is_empty()).then(|| quote_spanned!(context.span=> .tags(&[#(#tags),*])))
}

fn cache(context: &Context, policy: &Policy) -> Option<TokenStream> {
    let cache = source(policy.cache.as_ref()?);
    Some(quote_spanned!(context.span=> .cache(#cache)))
}

fn is_integer(value: &Value, each: Option<&Each>) -> bool {
    let each = each.filter(|each| each.is(&value.root));
    // A parameter that may be configured away leaves an empty text.
    value.fields.is_empty()
        && value.cfgs.is_empty()
        && match each {
            Some(each) => each.item().is_some_and(is_integer_type),
            None => value.ty.as_ref().is_some_and(is_integer_type),
        }
}

/// Bit `i` for placeholder `i` whose text is that of an integer.
pub(crate) fn integers(plan: &TemplatePlan, is_integer: impl Fn(&Value) -> bool) -> u64 {
    let bits = (0..u64::BITS)
        .zip(&plan.segments)
        .map(|(bit, segment)| match segment {
            Segment::Values(values) if values.iter().all(&is_integer) => 1 << bit,
            _ => 0,
        });
    bits.sum()
}

pub(crate) fn is_integer_type(ty: &Type) -> bool {
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
