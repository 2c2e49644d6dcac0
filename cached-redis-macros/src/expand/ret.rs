//! The keys that need the result: what the body may consume is taken before it, the rest is added after it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};

use super::Context;
use super::key;
use crate::model::key::{FamilyPlan, KeyPlan, Segment, TemplatePlan};
use crate::parse::literal::Role;

// Output:
//     let __part0 = __rt::rendered::<u64>(&team);
// and
//     __rt::ret_keys(__shape, move |__ret, __keys| {
//         __keys.push(&__rt::template_key("t:<team>:<ret.id>", &["t:", ":", ""], &[__rt::segment(&__part0), __rt::segment(&__ret.id)]));
//     })
pub(crate) fn keys(context: &Context, plans: &[(Role, &KeyPlan)]) -> (TokenStream, TokenStream) {
    let Context { rt, span } = context;
    if plans.is_empty() {
        return (TokenStream::new(), quote_spanned!(*span=> #rt::no_ret_keys));
    }
    let mut parts = Parts {
        context,
        before: TokenStream::new(),
        count: 0,
    };
    let mut pushes = TokenStream::new();
    for (role, plan) in plans {
        let push = key::push(context, *role);
        pushes.extend(match plan {
            KeyPlan::Template(template) => {
                let segments = parts.of_template(template);
                let template_key = key::template_key_of(context, plan, &segments);
                quote_spanned!(*span=> __keys.#push(&#template_key);)
            }
            KeyPlan::Family(family) => {
                let segments = parts.of_family(family);
                let template_key = key::template_key_of(context, plan, &segments);
                let ret = family.result();
                quote_spanned! {*span=>
                    {
                        let #ret = __ret;
                        __keys.#push(&#template_key);
                    }
                }
            }
        });
    }
    let ret_keys = quote_spanned! {*span=>
        #rt::ret_keys(__shape, move |__ret, __keys| { #pushes })
    };
    (parts.before, ret_keys)
}

struct Parts<'a> {
    context: &'a Context,
    /// Statements before the body.
    before: TokenStream,
    count: usize,
}

impl Parts<'_> {
    fn name(&mut self) -> proc_macro2::Ident {
        let name = format_ident!("__part{}", self.count, span = self.context.span);
        self.count += 1;
        name
    }

    fn of_template(&mut self, plan: &TemplatePlan) -> TokenStream {
        let Context { rt, span } = self.context;
        let mut segments = TokenStream::new();
        for segment in &plan.segments {
            segments.extend(match segment {
                // The body may move the parameter, so its part of the key is made before.
                Segment::Values(values) => {
                    let name = self.name();
                    self.before
                        .extend(key::rendered(self.context, &name, values));
                    quote_spanned!(*span=> #rt::segment(&#name),)
                }
                Segment::Type(ident) => quote_spanned!(*span=> #rt::type_segment::<#ident>(),),
                Segment::Result { fields, span } => key::result(self.context, fields, *span),
            });
        }
        quote_spanned!(*span=> &[#segments])
    }

    /// A family is one expression of all its arguments, so those without `ret` are borrowed over the body.
    fn of_family(&mut self, plan: &FamilyPlan) -> TokenStream {
        let span = self.context.span;
        let args = plan.args.iter().map(|arg| {
            let borrowed = key::borrowed(self.context, &arg.expr);
            if arg.result.is_some() {
                return borrowed;
            }
            let name = self.name();
            self.before
                .extend(quote_spanned!(span=> let #name = #borrowed;));
            quote_spanned!(span=> #name)
        });
        let args: Vec<_> = args.collect();
        key::family_segments(self.context, plan, &args)
    }
}
