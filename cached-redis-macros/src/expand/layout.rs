//! Entries that are kept by field.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Context, key};
use crate::model::key::KeyPlan;
use crate::model::layout::Field;

// Output:
//     let __shape = __rt::hashed(__shape);
pub(crate) fn shape(context: &Context) -> TokenStream {
    let Context { rt, span } = context;
    quote_spanned!(*span=> let __shape = #rt::hashed(__shape);)
}

// Output:
//     let __shape = __rt::hashed(__shape);
//     let __call = __rt::glimpsed(__call, __shape).await;
pub(crate) fn glimpse(context: &Context) -> TokenStream {
    let Context { rt, span } = context;
    let shape = shape(context);
    quote_spanned! {*span=>
        #shape
        let __call = #rt::glimpsed(__call, __shape).await;
    }
}

// Output, with what a family makes of it in the second line:
//     { static __FIELD: __rt::FieldName = __rt::FieldName::new(); __rt::Field::<User, _>::new(&__FIELD, |__whole| &__whole.name) }
//     __rt::field_held_by(&UserById::KEY_FAMILY, { … })
pub(crate) fn field(context: &Context, field: &Field, plan: &KeyPlan) -> TokenStream {
    let Context { rt, span } = context;
    let Field { whole, name } = field;
    let here = span.located_at(name.span());
    let place = quote_spanned!(here=> &__whole.#name);
    let field = quote_spanned! {*span=>
        {
            static __FIELD: #rt::FieldName = #rt::FieldName::new();
            #rt::Field::<#whole, _>::new(&__FIELD, |__whole| #place)
        }
    };
    match plan {
        KeyPlan::Template(_) => field,
        KeyPlan::Family(plan) => {
            let family = key::family(context, plan);
            quote_spanned!(*span=> #rt::field_held_by(&#family, #field))
        }
    }
}
