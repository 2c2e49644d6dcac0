//! What a reader's entry is called, and which tags it has.

use proc_macro2::Ident;

use super::family::{Source, named};
use super::key::{Scope, check};
use super::skip::Skip;
use super::template::useless_one_slot;
use super::unused::{Shown, Usage};
use super::{each, tags};
use crate::diag::{Diag, Errors};
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::parse::args::Args;
use crate::parse::literal::{Role, Text};

/// The key, and the tags. Each is `None` only after a message.
pub(crate) fn check_names(
    args: &mut Args,
    function: &Function<'_>,
    each: Option<&each::Checked>,
    errors: &mut Errors,
) -> (Option<KeyPlan>, Option<Vec<KeyPlan>>) {
    let one_slot = args.flag("one_slot");
    let scope = Scope {
        function,
        is_family: false,
        has_result: false,
        one_slot: one_slot.is_some(),
    };
    let tags = tags::parse(args, scope, each, errors);
    let key = key(args, scope, each, &tags, one_slot.as_ref(), errors);
    (key, tags.plans)
}

fn key(
    args: &mut Args,
    scope: Scope<'_>,
    each: Option<&each::Checked>,
    tags: &tags::Checked,
    one_slot: Option<&Ident>,
    errors: &mut Errors,
) -> Option<KeyPlan> {
    let function = scope.function;
    if args.lacks("key") {
        let title = "`#[cache_aside]` needs a key: what is cached, and what it depends on";
        errors.push(
            Diag::new(function.attribute_span(), title).help(format!("add {}", example(function))),
        );
    }
    let skip = Skip::parse(args, errors);
    let key = args.expr("key")?.value;
    let source = Source::parse(&key, Role::Key, function, false, errors);
    let mut reader = Reader {
        scope,
        each,
        tags,
        skip,
    };
    let mut plan = match source {
        Some(Source::Template(text)) => reader.template(&text, one_slot, errors)?,
        Some(Source::Family(plan)) => {
            reader.one_slot(one_slot, false, errors);
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
    scope: Scope<'a>,
    each: Option<&'a each::Checked>,
    tags: &'a tags::Checked,
    skip: Skip,
}

impl Reader<'_> {
    fn template(
        &mut self,
        text: &Text,
        one_slot: Option<&Ident>,
        errors: &mut Errors,
    ) -> Option<KeyPlan> {
        let checked = check(text, self.scope, errors);
        if checked.complete {
            self.check(checked.named, &Shown::Template(&checked.corrected), errors);
            self.one_slot(one_slot, checked.needs_one_slot, errors);
        } else {
            self.skip.check(self.scope.function, &checked.named, errors);
        }
        checked.plan.map(KeyPlan::Template)
    }

    fn one_slot(&self, one_slot: Option<&Ident>, is_needed: bool, errors: &mut Errors) {
        if self.tags.complete {
            useless_one_slot(one_slot, is_needed || self.tags.needs_one_slot, errors);
        }
    }

    /// What the key names is neither too much nor too little.
    fn check(&mut self, mut named: Vec<String>, key: &Shown<'_>, errors: &mut Errors) {
        self.skip.check(self.scope.function, &named, errors);
        let each = self.each;
        named.extend(each.and_then(|each| {
            let longer = format!("key = {}", each.shown(key));
            each.unused(&named, &longer, Role::Key, errors)
        }));
        if self.skip.broken {
            return;
        }
        let usage = Usage {
            function: self.scope.function,
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
