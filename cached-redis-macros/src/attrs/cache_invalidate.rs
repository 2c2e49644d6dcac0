//! `#[cache_invalidate]`

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::Attribute;
use super::arguments::CACHE_INVALIDATE;
use crate::check::family::{Source, is_same, named};
use crate::check::key::{Scope, check};
use crate::check::template::useless_one_slot;
use crate::check::unused::Shown;
use crate::check::{each, value};
use crate::diag::{Diag, Errors};
use crate::expand::body::{Wrapper, wrap};
use crate::expand::{self, Context, catalogue, key, ret, site};
use crate::model::each::Each;
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::model::policy::Policy;
use crate::parse::args::{Args, Given, Grammar};

pub(crate) struct CacheInvalidate {
    /// Never empty.
    plans: Vec<KeyPlan>,
    each: Option<Each>,
    always: bool,
    policy: Policy,
}

impl Attribute for CacheInvalidate {
    const GRAMMAR: &'static Grammar = &CACHE_INVALIDATE;

    fn build(mut args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self> {
        let given = each::parse(&mut args, function, errors);
        let plans = keys(&mut args, function, given.as_ref(), errors);
        let always = args.flag("always");
        if let (Some(always), Some(plans)) = (&always, &plans)
            && plans.iter().all(KeyPlan::needs_result)
        {
            errors.push(
                Diag::new(
                    always.span(),
                    "`always` clears entries after a failed call too, but every key here needs the result",
                )
                .help("leave `always` out, or name the entry by a parameter"),
            );
        }
        let policy = value::policy(&mut args, errors);
        let each = match given {
            Some(given) => Some(given.each?),
            None => None,
        };
        Some(Self {
            plans: plans?,
            each,
            always: always.is_some(),
            policy,
        })
    }

    // Input:
    //     #[cache_invalidate(key = "user:<user.id>")]
    //     async fn update(&self, user: &User) -> RET { BODY }
    //
    // Output:
    //     let __site = …;
    //     let __call = __rt::begin_invalidate(__site, __rt::installed(), true, false, &[__rt::template_key(…)]);
    //     let __shape = …;
    //     __rt::cache_invalidate(__call, __shape, __rt::no_ret_keys, move || async move { BODY }).await
    fn expand(&self, function: &Function<'_>) -> TokenStream {
        let context = Context::new(function, &self.policy);
        let Context { rt, span } = &context;
        let registration = catalogue::writer(&context, &self.plans, &self.policy);
        let site = site::cache_invalidate(&context, function, &self.plans, &registration);
        let (cache, enabled) = context.policy(&self.policy);
        let always = self.always;
        let (after, before): (Vec<_>, Vec<_>) =
            self.plans.iter().partition(|plan| plan.needs_result());
        let is_each = |plan: &&KeyPlan| self.each.as_ref().is_some_and(|each| plan.names(each));
        let (many, before): (Vec<_>, Vec<_>) = before.into_iter().partition(is_each);
        let keys = before.iter().map(|plan| key::template_key(&context, plan));
        let (mutable, many) = self.many(&context, &many);
        let (parts, ret_keys) = ret::keys(&context, &after);
        let before = quote_spanned! {*span=>
            let #mutable __call =
                #rt::begin_invalidate(__site, #cache, #enabled, #always, &[#(#keys),*]);
            #many
            #parts
        };
        let wrapper = Wrapper {
            site,
            before,
            function: quote_spanned!(*span=> #rt::cache_invalidate),
            arguments: quote_spanned!(*span=> __call, __shape, #ret_keys,),
            each: None,
        };
        wrap(&context, function, &wrapper)
    }
}

fn keys(
    args: &mut Args,
    function: &Function<'_>,
    each: Option<&each::Checked>,
    errors: &mut Errors,
) -> Option<Vec<KeyPlan>> {
    if args.lacks("key") && args.lacks("keys") {
        let title = "`#[cache_invalidate]` needs to know which entries the write makes stale";
        errors.push(
            Diag::new(function.attribute_span(), title)
                .help("add `key = \"…\"` or `keys(\"…\", \"…\")` with the templates of the functions that read them"),
        );
    }
    let one_slot = args.flag("one_slot");
    let sources = sources(args, function, errors)?;
    for (index, (expr, source)) in sources.iter().enumerate() {
        let mut before = sources[..index].iter();
        if before.any(|(_, before)| is_same(before, source)) {
            errors.push(Diag::over(expr, "this key is given twice").help("keep one of them"));
        }
    }
    let scope = Scope {
        function,
        is_family: false,
        has_result: true,
        one_slot: one_slot.is_some(),
    };
    let (mut plans, mut names, mut first) = (Vec::new(), Vec::new(), None);
    let (mut complete, mut needs_one_slot) = (true, false);
    for (expr, source) in sources {
        let shown = |key: Shown<'_>| each.map(|each| each.shown(&key));
        let plan = match source {
            Source::Family(plan) => {
                names.extend(named(&plan));
                first = first.or_else(|| shown(Shown::Family(&plan)));
                Some(KeyPlan::Family(plan))
            }
            Source::Template(text) => {
                let checked = check(&text, scope, errors);
                complete &= checked.complete;
                needs_one_slot |= checked.needs_one_slot;
                names.extend(checked.named);
                first = first.or_else(|| shown(Shown::Template(&checked.corrected)));
                checked.plan.map(KeyPlan::Template)
            }
        };
        plans.push((expr, plan));
    }
    if complete {
        useless_one_slot(one_slot.as_ref(), needs_one_slot, errors);
    }
    if let (Some(each), true, Some(longer)) = (each, complete, first) {
        each.unused(&names, &longer, errors);
    }
    let plans = plans.into_iter().map(|(expr, plan)| {
        let mut plan = plan?;
        if let Some(each) = each.and_then(|each| each.each.as_ref()) {
            item(&expr, &mut plan, each, errors);
        }
        Some(plan)
    });
    plans.collect()
}

/// In this key, the name of `each` stands for one of its items.
fn item(expr: &Expr, plan: &mut KeyPlan, each: &Each, errors: &mut Errors) {
    if plan.names(each) && plan.needs_result() {
        let title = format!(
            "`{}` stands for one item of many here, and `ret` is one result for all",
            each.ident
        );
        errors.push(Diag::over(expr, title).help("write two keys, one for each"));
    }
    plan.each(each);
}

/// What `key` or `keys` is given, and where; `None` after a message about one of them.
fn sources(
    args: &mut Args,
    function: &Function<'_>,
    errors: &mut Errors,
) -> Option<Vec<(Expr, Source)>> {
    let list = args.list("keys");
    let Some(list) = list else {
        let key = args.expr("key")?.value;
        let source = Source::parse(&key, function, true, errors)?;
        return Some(vec![(key, source)]);
    };
    if args.has("key") {
        errors.push(
            Diag::new(list.name.span(), "`key` and `keys` are both given")
                .help("put all of them into `keys(…)`"),
        );
    }
    let exprs = match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(list.value.clone()) {
        Ok(exprs) if !exprs.is_empty() => exprs,
        Ok(_) => {
            errors.push(no_keys(&list));
            return None;
        }
        Err(error) => {
            errors.push(Diag::new(
                error.span(),
                format!("`keys` takes templates and key families: {error}"),
            ));
            return None;
        }
    };
    let mut parse = |expr| {
        let source = Source::parse(&expr, function, true, errors)?;
        Some((expr, source))
    };
    // All of them, so that all mistakes are told.
    let sources: Vec<_> = exprs.into_iter().map(&mut parse).collect();
    sources.into_iter().collect()
}

impl CacheInvalidate {
    // Output:
    //     mut
    // and
    //     __rt::invalidate_each(&mut __call, ids.iter(), |ids, __keys| __keys.push(&__rt::template_key(…)));
    fn many(&self, context: &Context, plans: &[&KeyPlan]) -> (TokenStream, TokenStream) {
        let Context { rt, span } = context;
        let Some(each) = self.each.as_ref().filter(|_| !plans.is_empty()) else {
            return (TokenStream::new(), TokenStream::new());
        };
        // A complaint that it has no items belongs to the argument.
        let mut ids = each.ident.clone();
        ids.set_span(ids.span().located_at(each.place));
        let items = quote_spanned!(span.located_at(each.place)=> #ids.iter());
        let calls = plans.iter().map(|plan| {
            let key = expand::each::key(context, each, plan);
            quote_spanned!(*span=> #rt::invalidate_each(&mut __call, #items, #key);)
        });
        (
            quote_spanned!(*span=> mut),
            quote_spanned!(*span=> #(#calls)*),
        )
    }
}

fn no_keys(list: &Given<TokenStream>) -> Diag {
    Diag::new(list.name.span(), "`keys` names no key")
        .help("write `keys(\"user:<id>\", \"users:all\")`")
}
