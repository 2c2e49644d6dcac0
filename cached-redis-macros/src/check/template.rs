//! What can be said about a template before knowing the function.

use std::ops::Range;

use proc_macro2::Ident;

use crate::diag::{Diag, Errors};
use crate::parse::literal::{Role, Text};
use crate::parse::template::{self, Hole, Part, Problem, ProblemKind, Tag, Template};

/// Reads the template in `text` and reports everything that is wrong with it.
/// `names` are those a placeholder may begin with, where they are known.
pub(crate) fn check(
    text: &Text,
    names: &[String],
    one_slot: bool,
    errors: &mut Errors,
) -> Option<Template> {
    match template::parse(text.value()) {
        Ok(template) => {
            separators(text, &template, errors);
            reserved(text, &template, errors);
            hash_tag(text, &template, names, one_slot, errors);
            Some(template)
        }
        Err(problems) => {
            for problem in &problems {
                errors.push(grammar(text, problem, names));
            }
            None
        }
    }
}

fn grammar(text: &Text, problem: &Problem, names: &[String]) -> Diag {
    let at = &problem.at;
    let found = &text.value()[at.clone()];
    let example = names.first().map_or("id", String::as_str);
    let role = text.role();
    match problem.kind {
        ProblemKind::Empty => Diag::new(text.span(), format!("the {role} is empty")).help(match (role, names.first()) {
            (Role::Tag, _) => "name what the entries have in common: `\"users:all\"`".to_owned(),
            (Role::Key, Some(name)) => format!("name what the entry holds, and what it depends on: `\"thing:<{name}>\"`"),
            (Role::Key, None) => "name what the entry holds: `\"settings:all\"`".to_owned(),
        }),
        ProblemKind::Unclosed => {
            let name = found.trim_start_matches('<');
            let end = name.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c)));
            let name = &name[..end.unwrap_or(name.len())];
            let name = if name.is_empty() { example } else { name };
            text.diag(at, "`<` opens a placeholder that is never closed", "")
                .help(format!("close it: `<{name}>`"))
                .help("or write `<<` for a literal angle bracket")
        }
        ProblemKind::Stray => text
            .diag(at, "`>` closes no placeholder", "")
            .help("write `>>` for a literal angle bracket"),
        ProblemKind::EmptyHole => text
            .diag(at, "`<>` names nothing", "")
            .help(format!("name a parameter: `<{example}>`")),
        ProblemKind::RawName => text
            .diag(at, format!("a {role} names a parameter without `r#`"), "")
            .help(format!("write `<{}>`", found.replace("r#", ""))),
        ProblemKind::Space => text
            .diag(at, "there is white space inside a placeholder", "")
            .help(format!("write `<{}>`", found.split_whitespace().collect::<String>())),
        ProblemKind::Dot => text
            .diag(at, "a name is missing beside the dot", "")
            .help(format!("write `<{example}>` for the whole value, or `<{example}.field>`")),
        ProblemKind::Digits => {
            text.diag(at, format!("`{found}` is neither a name nor a field"), "")
                .help(format!("name a parameter: `<{example}>`"))
        }
        ProblemKind::Character(c) => text
            .diag(at, format!("`{c}` cannot stand inside a placeholder"), "")
            .note("a placeholder is a parameter and its fields, such as `<user.id>`; there are no expressions and no format specs")
            .help("compute the value before the call, and take it as a parameter"),
    }
}

/// What the text of a value may contain besides letters and digits; see the escaping of key parts in the runtime.
const IN_VALUES: &str = "-._@+%~(),[]";

/// Without a separator, `("ab", "c")` and `("a", "bc")` would render the same key.
fn separators(text: &Text, template: &Template, errors: &mut Errors) {
    let mut before: Option<(&Hole, &str)> = None;
    for part in &template.parts {
        match part {
            Part::Text(between) => before = before.map(|(hole, _)| (hole, between.as_str())),
            Part::Hole(hole) => {
                if let Some((last, between)) = before
                    && between
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || IN_VALUES.contains(c))
                {
                    errors.push(not_separated(text, last, between, hole));
                }
                before = Some((hole, ""));
            }
        }
    }
}

fn not_separated(text: &Text, a: &Hole, between: &str, b: &Hole) -> Diag {
    let shown = |hole: &Hole| text.value()[hole.whole.clone()].to_owned();
    let (first, second) = (shown(a), shown(b));
    let role = text.role();
    let title = format!("different values of `{first}` and `{second}` could give the same {role}");
    let (at, label) = if between.is_empty() {
        (
            a.whole.start..b.whole.end,
            "nothing separates them".to_owned(),
        )
    } else {
        let label = format!("a value may itself contain `{between}`");
        (a.whole.end..b.whole.start, label)
    };
    text.diag(&at, title, &label)
        .help(format!("separate them with a colon: `{first}:{second}`"))
}

/// What keys of the runtime's own begin with, and what those are: see its tags, its elections and its structures.
const RESERVED: [(&str, &str); 3] = [
    ("%tag:", "names of tags"),
    ("%reload:", "names of elections"),
    ("%beside:", "names of what stands beside structures"),
];

/// No key may be one of the runtime's own. A value never has a percent sign before a small letter, so the text of the
/// template must have it, or the beginning of it before a value.
fn reserved(text: &Text, template: &Template, errors: &mut Errors) {
    let reserved = RESERVED
        .into_iter()
        .find_map(|(prefix, names)| reserved_by(prefix, names, text, template));
    if let Some((at, title)) = reserved {
        let diag = text.diag(&at, title, "");
        errors.push(diag.help("write another character than `%`"));
    }
}

fn reserved_by(
    prefix: &str,
    names: &str,
    text: &Text,
    template: &Template,
) -> Option<(Range<usize>, String)> {
    let role = text.role();
    let contains = |part: &Part| matches!(part, Part::Text(text) if text.contains(prefix));
    match &template.parts[..] {
        parts if parts.iter().any(contains) => {
            let start = text.value().find(prefix).unwrap_or_default();
            let title = format!("a {role} cannot contain `{prefix}`: {names} begin with it");
            Some((start..start + prefix.len(), title))
        }
        [Part::Text(first), Part::Hole(_), ..] if prefix.starts_with(first.as_str()) => {
            let title = format!("this {role} could begin with `{prefix}`, as {names} do");
            Some((0..first.len(), title))
        }
        _ => None,
    }
}

fn hash_tag(
    text: &Text,
    template: &Template,
    names: &[String],
    one_slot: bool,
    errors: &mut Errors,
) {
    match &template.tag {
        Tag::None | Tag::Closed { has_hole: true, .. } => {}
        Tag::Open(at) => errors.push(
            text.diag(
                at,
                "`{` opens a Redis Cluster hash tag that is never closed",
                "",
            )
            .help("close it with `}`, or leave the brace out"),
        ),
        Tag::Empty(at) => {
            let title =
                "`{}` is an empty hash tag: Redis Cluster ignores it and every tag after it";
            let example = names.first().map_or("id", String::as_str);
            errors.push(
                text.diag(at, title, "")
                    .help(format!("for a placeholder write `<{example}>`")),
            );
        }
        Tag::Closed { whole, .. } => {
            if let Some(name) = format_habit(text, template, names) {
                let title = format!("`{{{name}}}` is a Redis Cluster hash tag, not a placeholder");
                errors.push(
                    text.diag(whole, title, "")
                        .help(format!("write `<{name}>`")),
                );
            } else if needs_one_slot(template) && !one_slot {
                errors.push(same_slot(text, template, whole));
            }
        }
    }
}

/// The name in `"user:{id}"`, which `format!` would have filled in.
pub(crate) fn format_habit<'a>(
    text: &Text,
    template: &Template,
    names: &'a [String],
) -> Option<&'a str> {
    let Tag::Closed {
        whole,
        has_hole: false,
    } = &template.tag
    else {
        return None;
    };
    let inside = &text.value()[whole.start + 1..whole.end - 1];
    let mut names = names.iter();
    names.find(|name| *name == inside).map(String::as_str)
}

/// Different keys, all with the same tag.
pub(crate) fn needs_one_slot(template: &Template) -> bool {
    let tag_is_constant = matches!(
        template.tag,
        Tag::Closed {
            has_hole: false,
            ..
        }
    );
    tag_is_constant
        && template
            .parts
            .iter()
            .any(|part| matches!(part, Part::Hole(_)))
}

fn same_slot(text: &Text, template: &Template, whole: &Range<usize>) -> Diag {
    let tag = &text.value()[whole.clone()];
    let hole = template.parts.iter().find_map(|part| match part {
        Part::Hole(hole) => Some(&text.value()[hole.whole.clone()]),
        Part::Text(_) => None,
    });
    let diag = text.diag(
        whole,
        format!(
            "the hash tag `{tag}` sends every {} to one Redis Cluster node",
            text.role()
        ),
        "",
    );
    match hole {
        Some(hole) => diag.help(format!("put a value into the braces: `{{{hole}}}`")),
        None => diag,
    }
    .help("or, if they must live together, add the argument `one_slot`")
}

/// `one_slot` where no key needs it says something that is not true.
pub(crate) fn useless_one_slot(flag: Option<&Ident>, needed: bool, errors: &mut Errors) {
    if let Some(flag) = flag
        && !needed
    {
        errors.push(
            Diag::new(
                flag.span(),
                "no key here has a hash tag without a placeholder",
            )
            .help("leave `one_slot` out"),
        );
    }
}
