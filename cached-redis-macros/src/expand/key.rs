//! The pieces of a key: literal text and `&dyn CacheKey` segments, of a template or of a family's member.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{Attribute, Expr, Member};

use super::Context;
use crate::model::key::{FamilyPlan, KeyPlan, Segment, Value};
use crate::parse::literal::Role;

// Output, here and below with what a family becomes in the second line:
//     "user:<id>"
//     UserById::KEY_FAMILY.template()
pub(crate) fn template(context: &Context, plan: &KeyPlan) -> TokenStream {
    match plan {
        KeyPlan::Template(plan) => plan.template.to_token_stream(),
        KeyPlan::Family(plan) => {
            let family = family(context, plan);
            quote_spanned!(context.span=> #family.template())
        }
    }
}

// Output:
//     &["user:", ""]
//     UserById::KEY_FAMILY.literals()
pub(crate) fn literals(context: &Context, plan: &KeyPlan) -> TokenStream {
    match plan {
        KeyPlan::Template(plan) => {
            let literals = &plan.literals;
            quote_spanned!(context.span=> &[#(#literals),*])
        }
        KeyPlan::Family(plan) => {
            let family = family(context, plan);
            quote_spanned!(context.span=> #family.literals())
        }
    }
}

// Output:
//     &[__rt::segment::<UserId>(&id), __rt::segment(&user.id), __rt::type_segment::<T>()]
//     &__rt::segments(&(UserById::KEY_FAMILY.make)(&(id)))
pub(crate) fn segments(context: &Context, plan: &KeyPlan) -> TokenStream {
    match plan {
        KeyPlan::Template(plan) => {
            let segments = plan
                .segments
                .iter()
                .map(|segment| segment_item(context, segment));
            quote_spanned!(context.span=> &[#(#segments)*])
        }
        KeyPlan::Family(plan) => {
            let args = plan.args.iter().map(|arg| borrowed(context, &arg.expr));
            family_segments(context, plan, &args.collect::<Vec<_>>())
        }
    }
}

pub(crate) fn family_segments(
    context: &Context,
    plan: &FamilyPlan,
    args: &[TokenStream],
) -> TokenStream {
    let Context { rt, span } = context;
    let family = family(context, plan);
    // rustc blames a wrong number of arguments on the callee.
    let here = span.located_at(name_span(plan));
    let member = quote_spanned!(here=> (#family.make)(#(#args),*));
    quote_spanned!(*span=> &#rt::segments(&#member))
}

/// An argument is taken by reference, whatever it is: `&UserId`, `&&UserId` and `&Arc<UserId>` all become `&UserId`.
// Output:
//     &(user.id)
pub(crate) fn borrowed(context: &Context, expr: &Expr) -> TokenStream {
    let tokens = expr.to_token_stream();
    let mut all = tokens.clone().into_iter().map(|token| token.span());
    let first = all.next().unwrap_or(context.span);
    let last = all.last().unwrap_or(first);
    // From the first token to the last, so that rustc underlines the whole argument.
    let mut inside = Group::new(Delimiter::Parenthesis, tokens);
    inside.set_span(context.span.located_at(last));
    let inside = TokenTree::from(inside);
    let here = context.span.located_at(first);
    quote_spanned!(here=> &#inside)
}

// Output:
//     __shape
//     __rt::held_by(&UserById::KEY_FAMILY, __shape)
pub(crate) fn held_by(context: &Context, plan: &KeyPlan, function: &TokenStream) -> TokenStream {
    let Context { rt, span } = context;
    match plan {
        KeyPlan::Template(_) => quote_spanned!(*span=> __shape),
        KeyPlan::Family(plan) => {
            let family = family(context, plan);
            quote_spanned!(*span=> #rt::#function(&#family, __shape))
        }
    }
}

/// The one way in which an expansion names a family: its mistakes are then one mistake.
pub(crate) fn family(context: &Context, plan: &FamilyPlan) -> TokenStream {
    let path = &plan.path;
    let here = context.span.located_at(name_span(plan));
    quote_spanned!(here=> #path::KEY_FAMILY)
}

fn name_span(plan: &FamilyPlan) -> Span {
    let last = plan.path.segments.last();
    last.map_or_else(Span::call_site, |last| last.ident.span())
}

// Output:
//     __rt::template_key("user:<id>", &["user:", ""], &[…])
pub(crate) fn template_key(context: &Context, plan: &KeyPlan) -> TokenStream {
    let segments = segments(context, plan);
    template_key_of(context, plan, &segments)
}

pub(crate) fn template_key_of(
    context: &Context,
    plan: &KeyPlan,
    segments: &TokenStream,
) -> TokenStream {
    let Context { rt, span } = context;
    let template = template(context, plan);
    let literals = literals(context, plan);
    quote_spanned!(*span=> #rt::template_key(#template, #literals, #segments))
}

/// How a list of keys is given one, or one of tags.
// Output:
//     push
//     push_tag
pub(crate) fn push(context: &Context, role: Role) -> Ident {
    let name = match role {
        Role::Key => "push",
        Role::Tag => "push_tag",
    };
    Ident::new(name, context.span)
}

/// One segment with its comma.
fn segment_item(context: &Context, segment: &Segment) -> TokenStream {
    let Context { rt, span } = context;
    match segment {
        Segment::Type(ident) => quote_spanned!(*span=> #rt::type_segment::<#ident>(),),
        Segment::Result {
            fields,
            span: template,
        } => result(context, fields, *template),
        Segment::Values(values) => {
            let present = values.iter().map(|value| {
                let cfgs = &value.cfgs;
                let call = call(context, &quote_spanned!(*span=> segment), value);
                quote_spanned!(*span=> #(#cfgs)* #call,)
            });
            // A parameter that is configured away leaves its place empty, so that the literals still fit.
            let absent =
                absent(values).map(|cfg| quote_spanned!(*span=> #cfg #rt::segment::<&str>(&""),));
            quote_spanned!(*span=> #(#present)* #absent)
        }
    }
}

// Output:
//     __rt::segment(&__ret.id),
pub(crate) fn result(context: &Context, fields: &[Member], template: Span) -> TokenStream {
    let Context { rt, span } = context;
    let here = span.located_at(template);
    let value = quote_spanned!(here=> &__ret #(.#fields)*);
    quote_spanned!(*span=> #rt::segment(#value),)
}

// Output:
//     __rt::segment::<UserId>(&id)
fn call(context: &Context, function: &TokenStream, value: &Value) -> TokenStream {
    let Context { rt, span } = context;
    let Value {
        root, fields, ty, ..
    } = value;
    // The turbofish carries the user's type: a missing `CacheKey` is then underlined at the parameter.
    let turbofish = ty.as_ref().map(|ty| quote_spanned!(*span=> ::<#ty>));
    // Without one, at the template.
    let here = span.located_at(root.span());
    let value = quote_spanned!(here=> &#root #(.#fields)*);
    quote_spanned!(*span=> #rt::#function #turbofish (#value))
}

// Output:
//     let __part0 = __rt::rendered::<u64>(&id);
pub(crate) fn rendered(context: &Context, name: &Ident, values: &[Value]) -> TokenStream {
    let Context { rt, span } = context;
    let present = values.iter().map(|value| {
        let cfgs = &value.cfgs;
        let call = call(context, &quote_spanned!(*span=> rendered), value);
        quote_spanned!(*span=> #(#cfgs)* let #name = #call;)
    });
    let absent = absent(values)
        .map(|cfg| quote_spanned!(*span=> #cfg let #name = #rt::rendered::<&str>(&"");));
    quote_spanned!(*span=> #(#present)* #absent)
}

/// `#[cfg(not(…))]` of all the values, or `None` when one of them is always there.
fn absent(values: &[Value]) -> Option<TokenStream> {
    let mut conditions = Vec::new();
    for value in values {
        let predicates = value.cfgs.iter().map(predicate);
        let span = value.root.span();
        conditions.push(quote_spanned!(span=> all(#(#predicates),*)));
        if value.cfgs.is_empty() {
            return None;
        }
    }
    let span = values.first()?.root.span();
    Some(quote_spanned!(span=> #[cfg(not(any(#(#conditions),*)))]))
}

fn predicate(cfg: &Attribute) -> TokenStream {
    match &cfg.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        other => other.to_token_stream(),
    }
}
