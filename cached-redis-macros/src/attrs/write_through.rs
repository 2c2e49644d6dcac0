//! `#[write_through]`

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{Expr, Type, parse_quote_spanned};

use super::Attribute;
use super::arguments::WRITE_THROUGH;
use crate::check::family::Source;
use crate::check::key::{Scope, check};
use crate::check::template::useless_one_slot;
use crate::check::{layout, lock, signature, soft, tags, ttl, value};
use crate::diag::{Diag, Errors};
use crate::expand::body::{Wrapper, shape, wrap};
use crate::expand::keep::{self, Values};
use crate::expand::site::Constants;
use crate::expand::{self, Context, catalogue, key, lifetimes, site};
use crate::model::function::{Function, Root, Shape};
use crate::model::key::KeyPlan;
use crate::model::layout::{Field, Layout};
use crate::model::policy::Policy;
use crate::model::soft::Soft;
use crate::model::ttl::Ttl;
use crate::model::value::ValueType;
use crate::parse::args::{Args, Grammar};
use crate::parse::literal::{Role, ungroup};

pub(crate) struct WriteThrough {
    pub(super) plan: KeyPlan,
    tags: Vec<KeyPlan>,
    /// `None` with `field`.
    ttl: Option<Ttl>,
    soft: Soft,
    /// In place of the result. Without the reference, if it is a parameter that is one.
    pub(super) value: Option<Expr>,
    /// Of which `value` is the new value.
    field: Option<Field>,
    unless: Option<Expr>,
    pub(super) constants: Constants,
    pub(super) policy: Policy,
}

impl Attribute for WriteThrough {
    const GRAMMAR: &'static Grammar = &WRITE_THROUGH;

    fn build(mut args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self> {
        let layout = layout::check(&mut args, errors);
        let is_field = args.has("field");
        let field = layout::field(&mut args, layout, errors);
        let value = args.expr("value").map(|given| given.value);
        if is_field {
            // It is encoded where it is.
        } else if let Some(value) = &value {
            is_owned(value, function, errors);
        } else {
            signature::returns_owned(function, errors);
            stores_something(function, errors);
        }
        let (plan, tags) = names(&mut args, function, errors);
        let lasts = args.peek("ttl").cloned();
        let ttl = if is_field {
            None
        } else {
            ttl::check(&mut args, function, Self::GRAMMAR.attribute, errors)
        };
        if let (Some(ttl), false) = (&ttl, args.lacks("tags")) {
            tags::mortal(lasts.as_ref(), ttl, errors);
        }
        let stale = soft::stale(&mut args, ttl.as_ref(), errors);
        let unless = value::unless(&mut args, ttl.as_ref(), errors);
        let constants = Constants {
            version: value::version(&mut args, errors),
            jitter: value::jitter(&mut args, errors),
            codec: value::codec(&mut args, errors),
            sliding: false,
            lock: lock::of_a_write(&mut args, errors),
            by_field: layout == Some(Layout::Hash),
        };
        let policy = value::policy(&mut args, errors);
        Some(Self {
            plan: plan?,
            tags: tags?,
            ttl: if is_field { None } else { Some(ttl?) },
            field: if is_field { Some(field?) } else { None },
            soft: Soft {
                stale,
                ..Soft::default()
            },
            value: value.map(|value| place(value, function)),
            unless,
            constants,
            policy,
        })
    }

    // Input:
    //     #[write_through(key = "user:<user.id>", ttl = 3600)]
    //     async fn save(&self, user: &User) -> RET { BODY }
    //
    // Output:
    //     let __site = …;
    //     let __call = __rt::begin_write(__site, __rt::installed(), true, const { … }, &__rt::template_key(…), &[]);
    //     let __call = __rt::seized(__call).await;
    //     let __shape = …;
    //     __rt::write_through(__call, __shape, __rt::store_always, move || async move { BODY }).await
    //
    // With `value` what `written` makes follows the first `__call`, and the function is `__rt::write_through_value` without
    // a third argument.
    fn expand(&self, function: &Function<'_>) -> TokenStream {
        let (field, ttl) = (&self.field, &self.ttl);
        match (field, ttl) {
            (None, Some(ttl)) => self.expand_whole(function, ttl),
            (Some(field), _) => self.expand_field(function, field),
            // A `ttl` is asked for wherever there is no `field`.
            (None, None) => function.item.to_token_stream(),
        }
    }
}

impl WriteThrough {
    fn expand_whole(&self, function: &Function<'_>, ttl: &Ttl) -> TokenStream {
        let context = Context::new(function, &self.policy);
        let Context { rt, span } = &context;
        let names = (&self.plan, &self.tags[..]);
        let returned = self.value.is_none();
        let value = returned.then(|| ValueType::of(function, false)).flatten();
        let registration = catalogue::through(&context, value, names, Some(ttl), &self.policy);
        let site = site::cache_aside(
            &context,
            function,
            &self.plan,
            &self.tags,
            &self.constants,
            &registration,
        );
        let written = self.written(ttl);
        let lasting = self.lasting(&context);
        let mutable = written.as_ref().map(|_| quote_spanned!(*span=> mut));
        let begun = self.begun(&context, ttl);
        let before = quote_spanned! {*span=>
            let #mutable __call = #begun;
            #written
            #lasting
            let __call = #rt::seized(__call).await;
        };
        let (shell, arguments) = if written.is_some() {
            (
                "write_through_value",
                quote_spanned!(*span=> __call, __shape,),
            )
        } else {
            let shape = key::held_by(&context, &self.plan, &quote_spanned!(*span=> held_by));
            let store = self.store(&context, ttl);
            (
                "write_through",
                quote_spanned!(*span=> __call, #shape, #store,),
            )
        };
        let shell = Ident::new(shell, *span);
        let wrapper = Wrapper {
            site,
            before,
            function: quote_spanned!(*span=> #rt::#shell),
            arguments,
            shaped: (returned && self.constants.by_field).then(|| expand::layout::shape(&context)),
            tags: None,
            each: None,
            ahead: false,
        };
        wrap(&context, function, &wrapper)
    }

    // Output:
    //     __rt::begin_write(__site, __rt::installed(), true, const { … }, &__rt::template_key(…), &[])
    //     __rt::by_field(__rt::begin_write(…))
    fn begun(&self, context: &Context, ttl: &Ttl) -> TokenStream {
        let Context { rt, span } = context;
        let (cache, enabled) = context.policy(&self.policy);
        let lifetimes = lifetimes::of(context, ttl, &self.policy);
        let key = key::template_key(context, &self.plan);
        let tags = self
            .tags
            .iter()
            .map(|plan| key::template_key(context, plan));
        let begun = quote_spanned! {*span=>
            #rt::begin_write(__site, #cache, #enabled, const { #lifetimes }, &#key, &[#(#tags),*])
        };
        if self.constants.by_field {
            quote_spanned!(*span=> #rt::by_field(#begun))
        } else {
            begun
        }
    }

    // Output:
    //     let __call = __rt::lasting(__call, const { __rt::Soft::new().stale(…) });
    fn lasting(&self, context: &Context) -> Option<TokenStream> {
        let Context { rt, span } = context;
        let soft = expand::soft::of(context, &self.soft, &self.policy);
        let given = self.soft.is_given();
        given.then(|| quote_spanned!(*span=> let __call = #rt::lasting(__call, #soft);))
    }

    // Output:
    //     __rt::store_always
    fn store(&self, context: &Context, ttl: &Ttl) -> TokenStream {
        let store = (ttl, self.unless.as_ref());
        keep::of(context, store, Values::One, &self.policy)
    }

    // Output:
    //     match &(user) {
    //         __value => {
    //             let __shape = …;
    //             __rt::written(&mut __call, __shape, __value, __rt::store_always);
    //         }
    //     }
    fn written(&self, ttl: &Ttl) -> Option<TokenStream> {
        let value = self.value.as_ref()?;
        // A complaint about the value belongs to the expression, not to the return type.
        let first = value.to_token_stream().into_iter().next()?;
        let context = &Context::at(first.span(), &self.policy);
        let Context { rt, span } = context;
        let borrowed = key::borrowed(context, value);
        let probe = shape(context, &quote_spanned!(*span=> #rt::probe_of(__value)));
        let shaped = self
            .constants
            .by_field
            .then(|| expand::layout::shape(context));
        let shape = key::held_by(context, &self.plan, &quote_spanned!(*span=> held_by));
        let store = self.store(context, ttl);
        // In a `match`, so that what the expression borrows lives until its end.
        Some(quote_spanned! {*span=>
            match #borrowed {
                __value => {
                    #probe
                    #shaped
                    #rt::written(&mut __call, #shape, __value, #store);
                }
            }
        })
    }
}

fn names(
    args: &mut Args,
    function: &Function<'_>,
    errors: &mut Errors,
) -> (Option<KeyPlan>, Option<Vec<KeyPlan>>) {
    if args.lacks("key") {
        let title = "`#[write_through]` needs to know which entry the write changes";
        errors.push(
            Diag::new(function.attribute_span(), title)
                .help("add `key = \"…\"` with the template of the function that reads it"),
        );
    }
    let one_slot = args.flag("one_slot");
    let scope = Scope {
        function,
        is_family: false,
        has_result: false,
        one_slot: one_slot.is_some(),
    };
    let tags = tags::parse(args, scope, None, errors);
    let Some(key) = args.expr("key") else {
        return (None, tags.plans);
    };
    let (mut complete, mut needs_one_slot) = (tags.complete, tags.needs_one_slot);
    let plan = match Source::parse(&key.value, Role::Key, function, false, errors) {
        Some(Source::Family(plan)) => Some(KeyPlan::Family(plan)),
        Some(Source::Template(text)) => {
            let checked = check(&text, scope, errors);
            complete &= checked.complete;
            needs_one_slot |= checked.needs_one_slot;
            checked.plan.map(KeyPlan::Template)
        }
        None => None,
    };
    if complete {
        useless_one_slot(one_slot.as_ref(), needs_one_slot, errors);
    }
    (plan, tags.plans)
}

/// Of `Result<(), E>` there is no value to store.
fn stores_something(function: &Function<'_>, errors: &mut Errors) {
    let is_nothing = match function.output.map(signature::value) {
        None | Some(Type::Never(_)) => true,
        Some(Type::Tuple(tuple)) => tuple.elems.is_empty(),
        Some(_) => false,
    };
    if function.shape == Shape::Blocking || !is_nothing {
        return;
    }
    let ident = &function.item.sig.ident;
    let names = function.names();
    let example = match &names[..] {
        [name] => name,
        _ => "…",
    };
    let title = format!("`{ident}` returns nothing that could be stored");
    errors.push(
        Diag::new(ident.span(), title)
            .help(format!(
                "say what the entry is to hold: `value = {example}`"
            ))
            .help("or only clear the entry: `#[cache_invalidate(key = …)]`"),
    );
}

/// Of a `&str` or a `&[T]` there is nothing that could be read back.
fn is_owned(value: &Expr, function: &Function<'_>, errors: &mut Errors) {
    let Expr::Path(path) = ungroup(value) else {
        return;
    };
    let Some(ident) = path.path.get_ident() else {
        return;
    };
    let Some(Root::Params(params)) = function.lookup(&ident.to_string()) else {
        return;
    };
    let is_unsized = |ty: &Type| match ty {
        Type::Reference(borrow) => match &*borrow.elem {
            Type::Slice(_) => true,
            Type::Path(path) => path.path.is_ident("str"),
            _ => false,
        },
        _ => false,
    };
    let mut types = params.iter().filter_map(|(param, _)| param.plain_type());
    if types.any(is_unsized) {
        let title = format!("`{ident}` is a borrow, and a cached value must be owned");
        errors.push(
            Diag::new(ident.span(), title).help(format!("write `value = {ident}.to_owned()`")),
        );
    }
}

/// `*user` for a parameter `user: &User`: the entry holds a `User`.
fn place(value: Expr, function: &Function<'_>) -> Expr {
    if let Expr::Path(path) = ungroup(&value)
        && let Some(ident) = path.path.get_ident()
        && let Some(Root::Params(params)) = function.lookup(&ident.to_string())
        && params
            .iter()
            .all(|(param, _)| matches!(param.plain_type(), Some(Type::Reference(_))))
    {
        return parse_quote_spanned!(ident.span()=> *#ident);
    }
    value
}
