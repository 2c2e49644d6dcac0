//! `#[cache_invalidate]`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::Attribute;
use super::arguments::CACHE_INVALIDATE;
use crate::check::family::{self, Source, named};
use crate::check::key::{Scope, check};
use crate::check::template::useless_one_slot;
use crate::check::unused::Shown;
use crate::check::{each, tags, value};
use crate::diag::{Diag, Errors};
use crate::expand::body::{Wrapper, wrap};
use crate::expand::{self, Context, catalogue, key, ret, site};
use crate::model::each::Each;
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::model::policy::Policy;
use crate::parse::args::{Args, Grammar};
use crate::parse::literal::Role;

pub(crate) struct CacheInvalidate {
    plans: Vec<KeyPlan>,
    /// Not empty if there are no keys.
    tags: Vec<KeyPlan>,
    each: Option<Each>,
    always: bool,
    before: bool,
    fails: bool,
    policy: Policy,
}

impl Attribute for CacheInvalidate {
    const GRAMMAR: &'static Grammar = &CACHE_INVALIDATE;

    fn build(mut args: Args, function: &Function<'_>, errors: &mut Errors) -> Option<Self> {
        let given = each::parse(&mut args, function, errors);
        let (plans, tags) = cleared(&mut args, function, given.as_ref(), errors);
        let always = args.flag("always");
        let before = args.flag("before");
        if let (Some(plans), Some(tags)) = (&plans, &tags) {
            if plans.iter().chain(tags).all(KeyPlan::needs_result) {
                let title = "`always` clears entries after a failed call too, but every key here needs the result";
                needs_a_key(always.as_ref(), title, errors);
            }
            if plans.is_empty() {
                if let Some(before) = &before {
                    let title = "`before` guards keys while the call runs, and a tag is none";
                    errors.push(Diag::new(before.span(), title).help(
                        "leave `before` out, or name the entries that this write is known to change: `key = \"…\"`",
                    ));
                }
            } else if plans.iter().all(KeyPlan::needs_result) {
                let title = "`before` clears entries before the call too, but every key here needs the result";
                needs_a_key(before.as_ref(), title, errors);
            }
        }
        let fails = value::on_error(&mut args, function, errors);
        let policy = value::policy(&mut args, errors);
        let each = match given {
            Some(given) => Some(given.each?),
            None => None,
        };
        Some(Self {
            plans: plans?,
            tags: tags?,
            each,
            always: always.is_some(),
            before: before.is_some(),
            fails,
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
    //
    // With `before` a `let __call = __rt::guarded(__call).await;` follows the first `__call`.
    // With `on_error = "fail"` the second argument is `__rt::or_fail::<RET, _>(__shape)`.
    fn expand(&self, function: &Function<'_>) -> TokenStream {
        let context = Context::new(function, &self.policy);
        let Context { rt, span } = &context;
        let registration = catalogue::writer(&context, &self.plans, &self.tags, &self.policy);
        let first = self.plans.first().or(self.tags.first());
        let site = site::cache_invalidate(&context, function, first, &registration);
        let (cache, enabled) = context.policy(&self.policy);
        let always = self.always;
        let keys = self.plans.iter().map(|plan| (Role::Key, plan));
        let all = keys.chain(self.tags.iter().map(|plan| (Role::Tag, plan)));
        let (after, before): (Vec<_>, Vec<_>) = all.partition(|(_, plan)| plan.needs_result());
        let is_each = |(_, plan): &(Role, &KeyPlan)| {
            let each = self.each.as_ref();
            each.is_some_and(|each| plan.names(each))
        };
        let (many, before): (Vec<_>, Vec<_>) = before.into_iter().partition(is_each);
        let of = |role: Role| {
            let plans = before.iter().filter(move |(its, _)| *its == role);
            plans.map(|(_, plan)| key::template_key(&context, plan))
        };
        let (keys, mut tags) = (of(Role::Key), of(Role::Tag).peekable());
        let tags = tags
            .peek()
            .is_some()
            .then(|| quote_spanned!(*span=> #rt::invalidate_tags(&mut __call, &[#(#tags),*]);));
        let many = self.many(&context, &many);
        let mutable = (tags.is_some() || !many.is_empty()).then(|| quote_spanned!(*span=> mut));
        let (parts, ret_keys) = ret::keys(&context, &after);
        let guarded = self
            .before
            .then(|| quote_spanned!(*span=> let __call = #rt::guarded(__call).await;));
        let before = quote_spanned! {*span=>
            let #mutable __call =
                #rt::begin_invalidate(__site, #cache, #enabled, #always, &[#(#keys),*]);
            #tags
            #many
            #guarded
            #parts
        };
        let shape = match function.output {
            Some(output) if self.fails => {
                quote_spanned!(*span=> #rt::or_fail::<#output, _>(__shape))
            }
            _ => quote_spanned!(*span=> __shape),
        };
        let wrapper = Wrapper {
            site,
            before,
            function: quote_spanned!(*span=> #rt::cache_invalidate),
            arguments: quote_spanned!(*span=> __call, #shape, #ret_keys,),
            shaped: None,
            tags: None,
            each: None,
            ahead: false,
        };
        wrap(&context, function, &wrapper)
    }
}

/// Keys and tags, of which there must be one.
fn needs_a_key(flag: Option<&Ident>, title: &str, errors: &mut Errors) {
    if let Some(flag) = flag {
        let help = format!("leave `{flag}` out, or name the entry by a parameter");
        errors.push(Diag::new(flag.span(), title).help(help));
    }
}

fn cleared(
    args: &mut Args,
    function: &Function<'_>,
    each: Option<&each::Checked>,
    errors: &mut Errors,
) -> (Option<Vec<KeyPlan>>, Option<Vec<KeyPlan>>) {
    let has_keys = !args.lacks("key") || !args.lacks("keys");
    if !has_keys && args.lacks("tags") {
        let title = "`#[cache_invalidate]` needs to know which entries the write makes stale";
        errors.push(
            Diag::new(function.attribute_span(), title)
                .help("add `key = \"…\"` or `keys(\"…\", \"…\")` with the templates of the functions that read them")
                .help("or add `tags(\"…\")` with a tag of their entries"),
        );
    }
    let one_slot = args.flag("one_slot");
    let scope = Scope {
        function,
        is_family: false,
        has_result: true,
        one_slot: one_slot.is_some(),
    };
    let tags = tags::parse(args, scope, each, errors);
    if has_keys {
        let plans = keys(args, scope, each, &tags, one_slot.as_ref(), errors);
        return (plans, tags.plans);
    }
    if tags.complete {
        useless_one_slot(one_slot.as_ref(), tags.needs_one_slot, errors);
        if let (Some(each), Some(shown)) = (each, &tags.shown) {
            each.unused(&tags.named, &format!("tags({shown})"), Role::Tag, errors);
        }
    }
    (Some(Vec::new()), tags.plans)
}

fn keys(
    args: &mut Args,
    scope: Scope<'_>,
    each: Option<&each::Checked>,
    tags: &tags::Checked,
    one_slot: Option<&Ident>,
    errors: &mut Errors,
) -> Option<Vec<KeyPlan>> {
    let sources = sources(args, scope.function, errors)?;
    let (mut plans, mut names, mut first) = (Vec::new(), tags.named.clone(), None);
    let (mut complete, mut needs_one_slot) = (tags.complete, tags.needs_one_slot);
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
        useless_one_slot(one_slot, needs_one_slot, errors);
    }
    if let (Some(each), true, Some(longer)) = (each, complete, first) {
        each.unused(&names, &format!("key = {longer}"), Role::Key, errors);
    }
    let plans = plans.into_iter().map(|(expr, plan)| {
        let mut plan = plan?;
        if let Some(each) = each.and_then(|each| each.each.as_ref()) {
            each::item(&expr, &mut plan, each, errors);
        }
        Some(plan)
    });
    plans.collect()
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
        let source = Source::parse(&key, Role::Key, function, true, errors)?;
        return Some(vec![(key, source)]);
    };
    if args.has("key") {
        errors.push(
            Diag::new(list.name.span(), "`key` and `keys` are both given")
                .help("put all of them into `keys(…)`"),
        );
    }
    family::list(&list, Role::Key, function, true, errors)
}

impl CacheInvalidate {
    // Output:
    //     __rt::invalidate_each(&mut __call, ids.iter(), |ids, __keys| __keys.push(&__rt::template_key(…)));
    fn many(&self, context: &Context, plans: &[(Role, &KeyPlan)]) -> TokenStream {
        let Context { rt, span } = context;
        let Some(each) = &self.each else {
            return TokenStream::new();
        };
        // A complaint that it has no items belongs to the argument.
        let mut ids = each.ident.clone();
        ids.set_span(ids.span().located_at(each.place));
        let items = quote_spanned!(span.located_at(each.place)=> #ids.iter());
        let calls = plans.iter().map(|(role, plan)| {
            let key = expand::each::key(context, each, &key::push(context, *role), plan);
            quote_spanned!(*span=> #rt::invalidate_each(&mut __call, #items, #key);)
        });
        calls.collect()
    }
}
