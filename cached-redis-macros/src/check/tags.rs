//! `tags("team:<team_id>", AllUsers())`: templates and families, as a key's.

use syn::Expr;

use super::each;
use super::family::{Source, list, named};
use super::key::{Scope, check};
use super::unused::Shown;
use crate::diag::{Diag, Errors};
use crate::model::key::KeyPlan;
use crate::model::ttl::Ttl;
use crate::parse::args::Args;
use crate::parse::literal::{Role, ungroup};

/// What was given.
pub(crate) struct Checked {
    /// `None` after a message.
    pub(crate) plans: Option<Vec<KeyPlan>>,
    /// The first names of all placeholders.
    pub(crate) named: Vec<String>,
    /// Whether the rest can be trusted to be complete.
    pub(crate) complete: bool,
    pub(crate) needs_one_slot: bool,
    /// The first tag with the name of `each` in it.
    pub(crate) shown: Option<String>,
}

/// They may name any parameter, also one that the key leaves out: what tells calls apart is the key.
pub(crate) fn parse(
    args: &mut Args,
    scope: Scope<'_>,
    each: Option<&each::Checked>,
    errors: &mut Errors,
) -> Checked {
    let mut all = Checked {
        plans: None,
        named: Vec::new(),
        complete: args.lacks("tags"),
        needs_one_slot: false,
        shown: None,
    };
    let Some(given) = args.list("tags") else {
        all.plans = Some(Vec::new());
        return all;
    };
    let sources = list(&given, Role::Tag, scope.function, scope.has_result, errors);
    let Some(sources) = sources else { return all };
    all.complete = true;
    let plans = sources.into_iter().map(|(expr, source)| {
        let mut show = |key: &Shown<'_>| {
            let shown = each.map(|each| each.shown(key));
            all.shown = all.shown.take().or(shown);
        };
        let mut plan = match source {
            Source::Family(plan) => {
                show(&Shown::Family(&plan));
                all.named.extend(named(&plan));
                KeyPlan::Family(plan)
            }
            Source::Template(text) => {
                let checked = check(&text, scope, errors);
                show(&Shown::Template(&checked.corrected));
                all.complete &= checked.complete;
                all.needs_one_slot |= checked.needs_one_slot;
                all.named.extend(checked.named);
                KeyPlan::Template(checked.plan?)
            }
        };
        if let Some(each) = each.and_then(|each| each.each.as_ref()) {
            each::item(&expr, &mut plan, each, errors);
        }
        Some(plan)
    });
    let plans: Vec<_> = plans.collect();
    all.plans = plans.into_iter().collect();
    all
}

/// A tag that kept a member for ever would keep all that there have ever been.
pub(crate) fn mortal(given: Option<&Expr>, ttl: &Ttl, errors: &mut Errors) {
    let Some(given) = given.map(ungroup) else {
        return;
    };
    if ttl.is_forever() {
        let title = "a tag forgets its members when they expire, and these never do";
        errors.push(Diag::over(given, title).help("give a ttl such as `ttl = \"30d\"`"));
    }
    if ttl.per_value().is_some() {
        let title =
            "an entry has its tags, and its end there, before there is a value for this `ttl`";
        errors.push(
            Diag::over(given, title)
                .help("give all values one ttl, the longest: `ttl = \"1h\"`")
                .help("or leave `tags` out, and invalidate by key"),
        );
    }
}
