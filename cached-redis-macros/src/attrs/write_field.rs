//! `#[write_through(…, field = User.name)]`

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};

use super::write_through::WriteThrough;
use crate::expand::body::{Wrapper, wrap};
use crate::expand::{Context, catalogue, key, layout, site};
use crate::model::function::Function;
use crate::model::layout::Field;

impl WriteThrough {
    // Input:
    //     #[write_through(key = "user:<id>", layout = hash, field = User.name, value = name)]
    //     async fn rename(&self, id: UserId, name: &str) -> RET { BODY }
    //
    // Output:
    //     let __site = …;
    //     let mut __call = __rt::begin_field(__site, __rt::installed(), true, &__rt::template_key(…));
    //     match &(*name) { __value => __rt::field_value(&mut __call, { … }, __value) };
    //     let __call = __rt::held(__call).await;
    //     let __shape = …;
    //     __rt::write_field(__call, __shape, move || async move { BODY }).await
    pub(super) fn expand_field(&self, function: &Function<'_>, field: &Field) -> TokenStream {
        let context = Context::new(function, &self.policy);
        let Context { rt, span } = &context;
        let registration =
            catalogue::through(&context, None, (&self.plan, &[]), None, &self.policy);
        let site = site::cache_aside(
            &context,
            function,
            &self.plan,
            &[],
            &self.constants,
            &registration,
        );
        let (cache, enabled) = context.policy(&self.policy);
        let key = key::template_key(&context, &self.plan);
        let value = self.value.as_ref().map(|value| {
            // A complaint about the value belongs to the expression, not to the return type.
            let first = value.to_token_stream().into_iter().next();
            let place = first.map_or_else(|| field.name.span(), |first| first.span());
            let here = &Context::at(place, &self.policy);
            let field = layout::field(
                &Context::at(field.name.span(), &self.policy),
                field,
                &self.plan,
            );
            let borrowed = key::borrowed(here, value);
            let Context { rt, span } = here;
            // In a `match`, so that what the expression borrows lives until its end.
            quote_spanned! {*span=>
                match #borrowed {
                    __value => #rt::field_value(&mut __call, #field, __value),
                }
            }
        });
        let before = quote_spanned! {*span=>
            let mut __call = #rt::begin_field(__site, #cache, #enabled, &#key);
            #value
            let __call = #rt::held(__call).await;
        };
        let wrapper = Wrapper {
            site,
            before,
            function: quote_spanned!(*span=> #rt::write_field),
            arguments: quote_spanned!(*span=> __call, __shape,),
            shaped: None,
            tags: None,
            each: None,
            ahead: false,
        };
        wrap(&context, function, &wrapper)
    }
}
