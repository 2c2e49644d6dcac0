//! `#[cache_aside]`

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Expr;

use super::Attribute;
use super::arguments::CACHE_ASIDE;
use crate::check::family::{Source, named};
use crate::check::key::{Scope, check};
use crate::check::skip::Skip;
use crate::check::template::useless_one_slot;
use crate::check::unused::{Shown, Usage};
use crate::check::{each, signature, ttl, value};
use crate::diag::{Diag, Errors};
use crate::expand::body::{Wrapper, wrap};
use crate::expand::site::Constants;
use crate::expand::{self, Context, catalogue, key, site};
use crate::model::each::Each;
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::model::policy::Policy;
use crate::model::ttl::{Life, Ttl};
use crate::parse::args::{Args, Grammar};
use crate::parse::literal::Text;

pub(crate) struct CacheAside {
    plan: KeyPlan,
    each: Option<Each>,
    ttl: Ttl,
    unless: Option<Expr>,
    max_loads: Option<Expr>,
    constants: Constants,
    policy: Policy,
}

impl Attribute for CacheAside {
    const GRAMMAR: &'static Grammar = &CACHE_ASIDE;

    fn build(mut args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self> {
        signature::returns_something(function, errors);
        let given = each::parse(&mut args, function, errors);
        let plan = key(&mut args, function, given.as_ref(), errors);
        let ttl = ttl::check(&mut args, function, Self::GRAMMAR.attribute, errors);
        let unless = value::unless(&mut args, errors);
        let max_loads = value::max_loads(&mut args, errors);
        let constants = Constants {
            version: value::version(&mut args, errors),
            jitter: value::jitter(&mut args, errors),
            codec: value::codec(&mut args, errors),
        };
        let policy = value::policy(&mut args, errors);
        let each = match given {
            Some(given) => Some(given.each?),
            None => None,
        };
        Some(Self {
            plan: plan?,
            each,
            ttl: ttl?,
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
        let registration = catalogue::reader(
            &context,
            function,
            &self.plan,
            self.each.as_ref(),
            &self.ttl,
            &self.policy,
        );
        let site = site::cache_aside(
            &context,
            function,
            &self.plan,
            &self.constants,
            &registration,
        );
        let (cache, enabled) = context.policy(&self.policy);
        let lifetimes = self.lifetimes(&context);
        let described = self.described(&context);
        let Some(each) = &self.each else {
            let segments = key::segments(&context, &self.plan);
            // The key is made in a statement of its own: its temporaries must not live across the `.await`,
            // where they would cost the future its `Send`.
            let before = quote_spanned! {*span=>
                let __call = #rt::begin(#described, #cache, #enabled, const { #lifetimes }, #segments);
            };
            let store = self.store(&context, &quote_spanned!(*span=> unless));
            let shape = key::held_by(&context, &self.plan, &quote_spanned!(*span=> held_by));
            let wrapper = Wrapper {
                site,
                before,
                function: quote_spanned!(*span=> #rt::cache_aside),
                arguments: quote_spanned!(*span=> __call, #shape, #store,),
                each: None,
            };
            return wrap(&context, function, &wrapper);
        };
        let turbofish = each.ty.as_ref().map(|ty| quote_spanned!(*span=> ::<#ty>));
        let (ids, key) = (&each.ident, expand::each::key(&context, each, &self.plan));
        let before = quote_spanned! {*span=>
            let __call =
                #rt::begin_each #turbofish (#described, #cache, #enabled, const { #lifetimes }, #ids, #key);
        };
        let store = self.store(&context, &quote_spanned!(*span=> unless_each));
        let shape = key::held_by(&context, &self.plan, &quote_spanned!(*span=> rows_held_by));
        let wrapper = Wrapper {
            site,
            before,
            function: quote_spanned!(*span=> #rt::cache_aside_each),
            arguments: quote_spanned!(*span=> __call, #shape, #store,),
            each: Some(each),
        };
        wrap(&context, function, &wrapper)
    }
}

fn key(
    args: &mut Args,
    function: &Function<'_>,
    each: Option<&each::Checked>,
    errors: &mut Errors,
) -> Option<KeyPlan> {
    if args.lacks("key") {
        let title = "`#[cache_aside]` needs a key: what is cached, and what it depends on";
        errors.push(
            Diag::new(function.attribute_span(), title).help(format!("add {}", example(function))),
        );
    }
    let skip = Skip::parse(args, errors);
    let one_slot = args.flag("one_slot");
    let key = args.expr("key")?.value;
    let source = Source::parse(&key, function, false, errors);
    let mut reader = Reader {
        function,
        each,
        skip,
    };
    let mut plan = match source {
        Some(Source::Template(text)) => reader.template(&text, one_slot.as_ref(), errors)?,
        Some(Source::Family(plan)) => {
            useless_one_slot(one_slot.as_ref(), false, errors);
            reader.check(named(&plan), &Shown::Family(&plan), errors);
            KeyPlan::Family(plan)
        }
        None => {
            reader.skip.check(function, &[], errors);
            return None;
        }
    };
    if let Some(each) = each.and_then(|each| each.each.as_ref()) {
        plan.each(each);
    }
    Some(plan)
}

/// A key is held against all of these.
struct Reader<'a> {
    function: &'a Function<'a>,
    each: Option<&'a each::Checked>,
    skip: Skip,
}

impl Reader<'_> {
    fn template(
        &mut self,
        text: &Text,
        one_slot: Option<&Ident>,
        errors: &mut Errors,
    ) -> Option<KeyPlan> {
        let scope = Scope {
            function: self.function,
            is_family: false,
            has_result: false,
            one_slot: one_slot.is_some(),
        };
        let checked = check(text, scope, errors);
        if checked.complete {
            self.check(checked.named, &Shown::Template(&checked.corrected), errors);
            useless_one_slot(one_slot, checked.needs_one_slot, errors);
        } else {
            self.skip.check(self.function, &checked.named, errors);
        }
        checked.plan.map(KeyPlan::Template)
    }

    /// What the key names is neither too much nor too little.
    fn check(&mut self, mut named: Vec<String>, key: &Shown<'_>, errors: &mut Errors) {
        self.skip.check(self.function, &named, errors);
        let each = self.each;
        named.extend(each.and_then(|each| each.unused(&named, &each.shown(key), errors)));
        if self.skip.broken {
            return;
        }
        let usage = Usage {
            function: self.function,
            key,
            named: &named,
            skip: &self.skip,
        };
        usage.check(errors);
    }
}

/// A key that would compile, from the function's own names.
fn example(function: &Function<'_>) -> String {
    let names = function.names();
    let names = names.iter().map(|name| format!(":<{name}>"));
    format!(
        "`key = \"{}{}\"`",
        function.name(),
        names.collect::<String>()
    )
}

impl CacheAside {
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
    //     __rt::store_always
    fn store(&self, context: &Context, with: &TokenStream) -> TokenStream {
        let Context { rt, span } = context;
        match &self.unless {
            None => quote_spanned!(*span=> #rt::store_always),
            Some(unless) => quote_spanned!(*span=> #rt::#with(__shape, #unless)),
        }
    }

    // Output:
    //     __rt::Lifetimes::ttl(::core::time::Duration::from_secs(3600)).none_ttl(TTL)
    fn lifetimes(&self, context: &Context) -> TokenStream {
        let value = match &self.ttl.value {
            None => {
                let Context { rt, span } = context;
                quote_spanned!(*span=> #rt::Lifetimes::forever())
            }
            Some(life) => {
                let Context { rt, span } = &self.at_constant(context, life);
                let duration = duration(*span, life);
                quote_spanned!(*span=> #rt::Lifetimes::ttl(#duration))
            }
        };
        let none = self.ttl.none.as_ref().map(|life| {
            let span = self.at_constant(context, life).span;
            let duration = duration(span, life);
            quote_spanned!(span=> .none_ttl(#duration))
        });
        quote_spanned!(context.span=> #value #none)
    }

    /// A constant that turns out to be zero is refused where it is written.
    fn at_constant(&self, context: &Context, life: &Life) -> Context {
        let first = match life {
            Life::Expr(expr) => expr.to_token_stream().into_iter().next(),
            Life::Millis(_) => None,
        };
        first.map_or_else(
            || context.clone(),
            |first| Context::at(first.span(), &self.policy),
        )
    }
}

fn duration(span: Span, life: &Life) -> TokenStream {
    match life {
        Life::Expr(expr) => expr.to_token_stream(),
        Life::Millis(millis) if millis % 1000 == 0 => {
            let seconds = millis / 1000;
            quote_spanned!(span=> ::core::time::Duration::from_secs(#seconds))
        }
        Life::Millis(millis) => quote_spanned!(span=> ::core::time::Duration::from_millis(#millis)),
    }
}
