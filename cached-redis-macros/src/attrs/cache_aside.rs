//! `#[cache_aside]`

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;

use super::Attribute;
use super::arguments::CACHE_ASIDE;
use crate::check::{each, layout, lock, reader, signature, soft, tags, ttl, value};
use crate::diag::Errors;
use crate::expand::body::{Wrapper, wrap};
use crate::expand::keep::{self, Values};
use crate::expand::site::Constants;
use crate::expand::{self, Context, catalogue, key, lifetimes, site};
use crate::model::each::Each;
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::model::layout::Layout;
use crate::model::policy::Policy;
use crate::model::soft::Soft;
use crate::model::ttl::Ttl;
use crate::parse::args::{Args, Grammar};
use crate::parse::literal::Role;

pub(crate) struct CacheAside {
    plan: KeyPlan,
    tags: Vec<KeyPlan>,
    each: Option<Each>,
    ttl: Ttl,
    soft: Soft,
    unless: Option<Expr>,
    max_loads: Option<Expr>,
    constants: Constants,
    policy: Policy,
}

impl Attribute for CacheAside {
    const GRAMMAR: &'static Grammar = &CACHE_ASIDE;

    fn build(mut args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self> {
        signature::returns_something(function, errors);
        let layout = layout::check(&mut args, errors);
        let given = each::parse(&mut args, function, errors);
        let (plan, tags) = reader::check_names(&mut args, function, given.as_ref(), errors);
        let lasts = args.peek("ttl").cloned();
        let ttl = ttl::check(&mut args, function, Self::GRAMMAR.attribute, errors);
        if let (Some(ttl), false) = (&ttl, args.lacks("tags")) {
            tags::mortal(lasts.as_ref(), ttl, errors);
        }
        let lock = lock::check(&mut args, errors);
        let sliding = soft::sliding(&mut args, ttl.as_ref(), errors);
        let soft = soft::check(&mut args, function, ttl.as_ref(), errors);
        let unless = value::unless(&mut args, ttl.as_ref(), errors);
        let max_loads = value::max_loads(&mut args, errors);
        let constants = Constants {
            version: value::version(&mut args, errors),
            jitter: value::jitter(&mut args, errors),
            codec: value::codec(&mut args, errors),
            sliding,
            lock,
            by_field: layout == Some(Layout::Hash),
        };
        let policy = value::policy(&mut args, errors);
        let each = match given {
            Some(given) => Some(given.each?),
            None => None,
        };
        Some(Self {
            plan: plan?,
            tags: tags?,
            each,
            ttl: ttl?,
            soft,
            unless,
            max_loads,
            constants,
            policy,
        })
    }

    // Input:
    //     #[cache_aside(ttl = 3600, key = "user:<id>")]
    //     async fn find(&self, id: UserId) -> RET { BODY }
    //
    // Output:
    //     let __site = …;
    //     let __call = __rt::begin(__site, __rt::installed(), true, const { … }, &[__rt::segment::<UserId>(&id)]);
    //     let __shape = …;
    //     __rt::cache_aside(__call, __shape, __rt::store_always, move || async move { BODY }).await
    fn expand(&self, function: &Function<'_>) -> TokenStream {
        let context = Context::new(function, &self.policy);
        let Context { rt, span } = &context;
        let site = self.site(&context, function);
        let (cache, enabled) = context.policy(&self.policy);
        let lifetimes = lifetimes::of(&context, &self.ttl, &self.policy);
        let described = self.described(&context);
        let tags = self.tags(&context);
        let Some(each) = &self.each else {
            let segments = key::segments(&context, &self.plan);
            // The key is made in a statement of its own: its temporaries must not live across the `.await`,
            // where they would cost the future its `Send`.
            let begin = self.begin(&context);
            let before = quote_spanned! {*span=>
                let __call = #begin(#described, #cache, #enabled, const { #lifetimes }, #segments);
            };
            let store = self.store(&context, Values::One);
            let shape = key::held_by(&context, &self.plan, &quote_spanned!(*span=> held_by));
            let soft = self.soft(&context);
            let wrapper = Wrapper {
                site,
                before,
                function: self.shell(&context),
                arguments: quote_spanned!(*span=> __call, #soft #shape, #store,),
                shaped: self
                    .constants
                    .by_field
                    .then(|| expand::layout::glimpse(&context)),
                tags,
                each: None,
                ahead: self.soft.is_ahead(),
            };
            return wrap(&context, function, &wrapper);
        };
        let turbofish = each.ty.as_ref().map(|ty| quote_spanned!(*span=> ::<#ty>));
        let (ids, key) = (&each.ident, self.keys(&context, each));
        let before = quote_spanned! {*span=>
            let __call =
                #rt::begin_each #turbofish (#described, #cache, #enabled, const { #lifetimes }, #ids, #key);
        };
        let store = self.store(&context, Values::Each);
        let shape = key::held_by(&context, &self.plan, &quote_spanned!(*span=> rows_held_by));
        let wrapper = Wrapper {
            site,
            before,
            function: self.shell(&context),
            arguments: quote_spanned!(*span=> __call, #shape, #store,),
            shaped: None,
            tags,
            each: Some(each),
            ahead: false,
        };
        wrap(&context, function, &wrapper)
    }
}

impl CacheAside {
    // Output:
    //     let __site = …;
    fn site(&self, context: &Context, function: &Function<'_>) -> TokenStream {
        let registration = catalogue::reader(
            context,
            function,
            (&self.plan, &self.tags),
            self.each.as_ref(),
            &self.ttl,
            &self.policy,
        );
        site::cache_aside(
            context,
            function,
            &self.plan,
            &self.tags,
            &self.constants,
            &registration,
        )
    }

    // Output:
    //     __rt::limited(__site, const { __rt::at_most(32) })
    fn described(&self, context: &Context) -> TokenStream {
        let span = context.span;
        let Some(loads) = &self.max_loads else {
            return quote_spanned!(span=> __site);
        };
        // A constant that turns out to be zero is refused where it is written.
        let first = loads.to_token_stream().into_iter().next();
        let place = first.map_or(span, |first| first.span());
        let Context { rt, span } = &Context::at(place, &self.policy);
        quote_spanned!(*span=> #rt::limited(__site, const { #rt::at_most(#loads) }))
    }

    // Output:
    //     __rt::begin
    fn begin(&self, context: &Context) -> TokenStream {
        let Context { rt, span } = context;
        if self.constants.by_field {
            quote_spanned!(*span=> #rt::begin_hash)
        } else {
            quote_spanned!(*span=> #rt::begin)
        }
    }

    // Output:
    //     __rt::cache_aside
    fn shell(&self, context: &Context) -> TokenStream {
        let Context { rt, span } = context;
        let shell = match (&self.each, &self.tags[..]) {
            _ if self.soft.is_ahead() => "cache_aside_ahead",
            _ if self.soft.is_given() => "cache_aside_soft",
            (None, []) => "cache_aside",
            (None, _) => "cache_aside_tagged",
            (Some(_), []) => "cache_aside_each",
            (Some(_), _) => "cache_aside_each_tagged",
        };
        let shell = Ident::new(shell, *span);
        quote_spanned!(*span=> #rt::#shell)
    }

    // Output:
    //     |ids, __keys| __keys.push(&__rt::template_key(…))
    fn keys(&self, context: &Context, each: &Each) -> TokenStream {
        expand::each::key(context, each, &key::push(context, Role::Key), &self.plan)
    }

    // Output:
    //     __tags.push(&__rt::template_key("team:<team_id>", &["team:", ""], &[__rt::segment::<u64>(&team_id)]));
    //     __tags.each(|ids, __keys| __keys.push(&__rt::template_key(…)));
    fn tags(&self, context: &Context) -> Option<TokenStream> {
        let span = context.span;
        let push = key::push(context, Role::Key);
        let tags = self.tags.iter().map(|plan| {
            let each = self.each.as_ref().filter(|each| plan.names(each));
            match each {
                None => {
                    let tag = key::template_key(context, plan);
                    quote_spanned!(span=> __tags.#push(&#tag);)
                }
                Some(each) => {
                    let tags = expand::each::key(context, each, &push, plan);
                    quote_spanned!(span=> __tags.each(#tags);)
                }
            }
        });
        // The shells for `stale` and its like have the list in any case.
        (!self.tags.is_empty() || self.soft.is_given()).then(|| tags.collect())
    }

    // Output:
    //     const { __rt::Soft::new().stale(…) },
    fn soft(&self, context: &Context) -> Option<TokenStream> {
        let soft = expand::soft::of(context, &self.soft, &self.policy);
        self.soft
            .is_given()
            .then(|| quote_spanned!(context.span=> #soft,))
    }

    // Output:
    //     __rt::store_always
    fn store(&self, context: &Context, values: Values) -> TokenStream {
        let store = (&self.ttl, self.unless.as_ref());
        keep::of(context, store, values, &self.policy)
    }
}
