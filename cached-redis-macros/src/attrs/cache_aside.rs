//! `#[cache_aside]`

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

use super::Attribute;
use crate::check::key::{Scope, check};
use crate::check::skip::Skip;
use crate::check::template::useless_one_slot;
use crate::check::unused::Usage;
use crate::check::{signature, ttl, value};
use crate::diag::{Diag, Errors};
use crate::expand::body::{Wrapper, wrap};
use crate::expand::site::Constants;
use crate::expand::{Context, key, site};
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::model::policy::Policy;
use crate::model::ttl::{Life, Ttl};
use crate::parse::args::{Args, Grammar, Kind, Spec};

const NAME: &str = "cache_aside";

static GRAMMAR: Grammar = Grammar {
    attribute: NAME,
    args: &[
        spec("key", Kind::Value, "key = \"user:<id>\""),
        spec("ttl", Kind::Value, "ttl = 3600"),
        spec("jitter", Kind::Value, "jitter = 0.1"),
        spec("none_ttl", Kind::Value, "none_ttl = \"1m\""),
        spec("skip", Kind::List, "skip(db)"),
        spec("when", Kind::Value, "when = !fresh"),
        spec("unless", Kind::Value, "unless = |value| value.is_empty()"),
        spec("version", Kind::Value, "version = 2"),
        spec("codec", Kind::Value, "codec = json"),
        spec("one_slot", Kind::Flag, "one_slot"),
        spec("cache", Kind::Value, "cache = self.cache"),
        spec("crate", Kind::Value, "crate = ::cached_redis_runtime"),
    ],
    later: &[
        "stale",
        "refresh_ahead",
        "early",
        "sliding",
        "tags",
        "lock",
        "lease",
        "wait",
        "near",
        "before",
        "each",
        "on_error",
    ],
    misplaced: &[
        (
            "keys",
            "a read has one key: `key = \"user:<id>\"`; `keys` is for `#[cache_invalidate]`",
        ),
        ("always", "`always` is for `#[cache_invalidate]`"),
    ],
};

const fn spec(name: &'static str, kind: Kind, example: &'static str) -> Spec {
    Spec {
        name,
        kind,
        example,
    }
}

pub(crate) struct CacheAside {
    plan: KeyPlan,
    ttl: Ttl,
    unless: Option<Expr>,
    constants: Constants,
    policy: Policy,
}

impl Attribute for CacheAside {
    const GRAMMAR: &'static Grammar = &GRAMMAR;

    fn build(mut args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self> {
        signature::returns_something(function, errors);
        let plan = key(&mut args, function, errors);
        let ttl = ttl::check(&mut args, function, NAME, errors);
        let unless = value::unless(&mut args, errors);
        let constants = Constants {
            version: value::version(&mut args, errors),
            jitter: value::jitter(&mut args, errors),
            codec: value::codec(&mut args, errors),
        };
        let policy = value::policy(&mut args, errors);
        Some(Self {
            plan: plan?,
            ttl: ttl?,
            unless,
            constants,
            policy,
        })
    }

    // Input:
    //     #[cache_aside(ttl = 3600, key = "user:<id>")]
    //     async fn find(&self, id: UserId) -> RET { BODY }
    //
    // Output:
    //     static __SITE: __rt::Site = …;
    //     let __call = __rt::begin(&__SITE, __rt::installed(), true, const { … }, &[__rt::segment::<UserId>(&id)]);
    //     let __shape = …;
    //     __rt::cache_aside(__call, __shape, __rt::store_always, move || async move { BODY }).await
    fn expand(&self, function: &Function<'_>) -> TokenStream {
        let context = Context::new(function, &self.policy);
        let Context { rt, span } = &context;
        let site = site::cache_aside(&context, function, &self.plan, &self.constants);
        let (cache, enabled) = context.policy(&self.policy);
        let lifetimes = lifetimes(&context, &self.ttl);
        let segments = key::segments(&context, &self.plan);
        // The key is made in a statement of its own: its temporaries must not live across the `.await`,
        // where they would cost the future its `Send`.
        let before = quote_spanned! {*span=>
            let __call = #rt::begin(&__SITE, #cache, #enabled, const { #lifetimes }, #segments);
        };
        let store = match &self.unless {
            None => quote_spanned!(*span=> #rt::store_always),
            Some(unless) => quote_spanned!(*span=> #rt::unless(__shape, #unless)),
        };
        let wrapper = Wrapper {
            site,
            before,
            function: quote_spanned!(*span=> #rt::cache_aside),
            arguments: quote_spanned!(*span=> __call, __shape, #store,),
        };
        wrap(&context, function, &wrapper)
    }
}

fn key(args: &mut Args, function: &Function<'_>, errors: &mut Errors) -> Option<KeyPlan> {
    if args.lacks("key") {
        let title = "`#[cache_aside]` needs a key: what is cached, and what it depends on";
        errors.push(
            Diag::new(function.attribute_span(), title).help(format!("add {}", example(function))),
        );
    }
    let mut skip = Skip::parse(args, errors);
    let one_slot = args.flag("one_slot");
    let text = value::template(&args.expr("key")?.value, errors);
    let Some(text) = text else {
        skip.check(function, &[], errors);
        return None;
    };
    let scope = Scope {
        function,
        has_result: false,
        one_slot: one_slot.is_some(),
    };
    let checked = check(&text, scope, errors);
    skip.check(function, &checked.named, errors);
    if checked.complete {
        useless_one_slot(one_slot.as_ref(), checked.needs_one_slot, errors);
        if !skip.broken {
            let usage = Usage {
                function,
                template: &checked.corrected,
                named: &checked.named,
                skip: &skip,
            };
            usage.check(errors);
        }
    }
    checked.plan
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

// Output:
//     __rt::Lifetimes::ttl(::core::time::Duration::from_millis(3600000)).none_ttl(…)
fn lifetimes(context: &Context, ttl: &Ttl) -> TokenStream {
    let Context { rt, span } = context;
    let duration = |life: &Life| match life {
        Life::Millis(millis) if millis % 1000 == 0 => {
            let seconds = millis / 1000;
            quote_spanned!(*span=> ::core::time::Duration::from_secs(#seconds))
        }
        Life::Millis(millis) => {
            quote_spanned!(*span=> ::core::time::Duration::from_millis(#millis))
        }
        Life::Expr(expr) => quote_spanned!(*span=> #expr),
        Life::Forever => quote_spanned!(*span=> ::core::time::Duration::MAX),
    };
    let value = match &ttl.value {
        Life::Forever => quote_spanned!(*span=> #rt::Lifetimes::forever()),
        life => {
            let life = duration(life);
            quote_spanned!(*span=> #rt::Lifetimes::ttl(#life))
        }
    };
    let none = ttl.none.as_ref().map(|life| {
        let life = duration(life);
        quote_spanned!(*span=> .none_ttl(#life))
    });
    quote_spanned!(*span=> #value #none)
}
