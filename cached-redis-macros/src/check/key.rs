//! A template beside the function or the family that it is for: what does each placeholder name?

use proc_macro2::{Ident, Span};
use syn::{Index, Member};

use super::template;
use crate::diag::{Diag, Errors};
use crate::model::function::{Function, Param, Root};
use crate::model::key::{Segment, TemplatePlan, Value};
use crate::parse::literal::{Role, Text};
use crate::parse::template::{Field, Hole, Part, Template};
use crate::suggest::nearest;

/// What a template may name besides the parameters.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// Or a family, which reads like one.
    pub(crate) function: &'a Function<'a>,
    pub(crate) is_family: bool,
    /// `<ret>` is the function's result.
    pub(crate) has_result: bool,
    pub(crate) one_slot: bool,
}

/// A template that was looked through.
pub(crate) struct Checked {
    /// `None` after any error.
    pub(crate) plan: Option<TemplatePlan>,
    /// The first names of all placeholders, or for a misspelt one the name that was probably meant.
    pub(crate) named: Vec<String>,
    /// Whether `named` can be trusted to be complete.
    pub(crate) complete: bool,
    /// The template, with the names in it that were probably meant.
    pub(crate) corrected: String,
    pub(crate) needs_one_slot: bool,
}

pub(crate) fn check(text: &Text, scope: Scope<'_>, errors: &mut Errors) -> Checked {
    let names = scope.function.names();
    let Some(template) = template::check(text, &names, scope.one_slot, errors) else {
        return Checked {
            plan: None,
            named: Vec::new(),
            complete: false,
            corrected: String::new(),
            needs_one_slot: false,
        };
    };
    let mut checked = Checked {
        plan: None,
        named: Vec::new(),
        complete: true,
        corrected: text.value().to_owned(),
        needs_one_slot: template::needs_one_slot(&template),
    };
    if let Some(name) = template::format_habit(text, &template, &names) {
        checked.named.push(name.to_owned());
    }
    let (literals, holes) = split(&template);
    let mut segments = Vec::new();
    let mut misspelt = Vec::new();
    for hole in &holes {
        match resolve(text, hole, scope) {
            Ok(segment) => {
                checked.named.push(hole.root.clone());
                segments.push(segment);
            }
            Err(problem) => {
                match problem.meant {
                    Some(meant) => misspelt.push((hole, meant)),
                    None => checked.complete = false,
                }
                errors.push(*problem.diag);
            }
        }
    }
    checked.plan = (segments.len() == holes.len()).then(|| TemplatePlan {
        template: text.value().to_owned(),
        literals,
        segments,
    });
    // From the last, because a replacement moves what is behind it.
    for (hole, meant) in misspelt.into_iter().rev() {
        let start = hole.path.start;
        checked
            .corrected
            .replace_range(start..start + hole.root.len(), &meant);
        checked.named.push(meant);
    }
    checked
}

struct Unresolved {
    diag: Box<Diag>,
    meant: Option<String>,
}

fn resolve(text: &Text, hole: &Hole, scope: Scope<'_>) -> Result<Segment, Unresolved> {
    let unresolved = |diag| Unresolved {
        diag: Box::new(diag),
        meant: None,
    };
    let function = scope.function;
    let root = function.lookup(&hole.root);
    if hole.root == "ret" && !scope.is_family && (scope.has_result || root.is_none()) {
        return result(text, hole, scope, root.is_some()).map_err(unresolved);
    }
    let Some(root) = root else {
        return Err(unknown(text, hole, scope));
    };
    let segment = match root {
        Root::Type(ident) if hole.fields.is_empty() => Segment::Type(at_template(ident, text)),
        Root::Type(ident) => {
            let title = format!("`{ident}` is a type parameter and has no fields");
            let help = format!("name the type itself: `<{ident}>`");
            return Err(unresolved(text.diag(&hole.path, title, "").help(help)));
        }
        Root::Receiver(receiver) => {
            let root = Ident::new("self", receiver.self_token.span);
            Segment::Values(vec![value(text, hole, &root, None).map_err(unresolved)?])
        }
        Root::Const(param) => {
            let mut segment = value(text, hole, &param.ident, None).map_err(unresolved)?;
            segment.ty = hole.fields.is_empty().then(|| param.ty.clone());
            Segment::Values(vec![segment])
        }
        Root::Params(params) => {
            let values = params
                .into_iter()
                .map(|(param, ident)| value(text, hole, ident, Some(param)));
            Segment::Values(values.collect::<Result<_, _>>().map_err(unresolved)?)
        }
    };
    Ok(segment)
}

fn value(text: &Text, hole: &Hole, root: &Ident, param: Option<&Param<'_>>) -> Result<Value, Diag> {
    let ty = param.and_then(Param::plain_type);
    Ok(Value {
        root: at_template(root, text),
        fields: members(text, hole)?,
        ty: ty.filter(|_| hole.fields.is_empty()).cloned(),
        cfgs: param.map_or_else(Vec::new, |param| {
            param.cfgs.iter().copied().cloned().collect()
        }),
    })
}

/// The user's name where the template names it: it resolves as the parameter, and rustc underlines the literal.
fn at_template(ident: &Ident, text: &Text) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(ident.span().located_at(text.span()));
    ident
}

pub(crate) fn members(text: &Text, hole: &Hole) -> Result<Vec<Member>, Diag> {
    // Not the literal's own span: rustc would offer to replace the whole template by a field with a similar name.
    let field_span = Span::mixed_site().located_at(text.span());
    let fields = hole.fields.iter().map(|field| match field {
        Field::Index(index) => Ok(Member::Unnamed(Index {
            index: *index,
            span: text.span(),
        })),
        Field::Name(name) => match identifier(name, field_span) {
            Some(ident) => Ok(Member::Named(ident)),
            None => Err(text
                .diag(&hole.path, format!("`{name}` cannot be a field"), "")
                .help(format!("name the value itself: `<{}>`", hole.root))),
        },
    });
    fields.collect()
}

/// A name as an identifier, raw if it is a keyword; `None` for the few words that can never be one.
pub(crate) fn identifier(name: &str, span: Span) -> Option<Ident> {
    if matches!(name, "_" | "self" | "Self" | "super" | "crate") {
        return None;
    }
    let ident = syn::parse_str::<Ident>(name).or_else(|_| syn::parse_str(&format!("r#{name}")));
    let mut ident = ident.ok()?;
    ident.set_span(span);
    Some(ident)
}

pub(super) const TAG_BEFORE_RESULT: &str =
    "an invalidation of the tag during the load would otherwise miss the entry";

pub(super) const NOTHING_RETURNED: &str =
    "name a parameter, or let the function return what it has made";

fn result(text: &Text, hole: &Hole, scope: Scope<'_>, is_param: bool) -> Result<Segment, Diag> {
    let function = scope.function.name();
    let path = &text.value()[hole.path.clone()];
    let role = text.role();
    if !scope.has_result {
        let title =
            format!("the {role} names `<{path}>`, but it is needed before there is a result");
        let diag = text.diag(&hole.path, title, "");
        return Err(match role {
            Role::Key => diag,
            Role::Tag => diag.note(TAG_BEFORE_RESULT),
        }
        .help("`ret` is for `#[cache_invalidate]`; here, name a parameter"));
    }
    if is_param {
        let title = format!("`<ret>` is the result, but `{function}` also has a parameter `ret`");
        return Err(text
            .diag(&hole.path, title, "")
            .help("give the parameter another name"));
    }
    if scope.function.output.is_none() {
        let title = format!("the {role} names `<{path}>`, but `{function}` returns nothing");
        return Err(text.diag(&hole.path, title, "").help(NOTHING_RETURNED));
    }
    Ok(Segment::Result {
        fields: members(text, hole)?,
        span: text.span(),
    })
}

fn unknown(text: &Text, hole: &Hole, scope: Scope<'_>) -> Unresolved {
    let function = scope.function;
    let name = function.name();
    let root = &hole.root;
    let path = &text.value()[hole.path.clone()];
    let role = text.role();
    if root == "self" {
        let title = format!("the {role} names `<{path}>`, but `{name}` has no `self`");
        let help = match hole.fields.last() {
            Some(Field::Name(field)) if scope.is_family => {
                format!("give it as an argument and write `<{field}>`")
            }
            Some(Field::Name(field)) => {
                format!("take `&self`, or pass the value as a parameter and write `<{field}>`")
            }
            _ if scope.is_family => "name an argument".to_owned(),
            _ => "take `&self`, or name a parameter".to_owned(),
        };
        return Unresolved {
            diag: Box::new(text.diag(&hole.path, title, "").help(help)),
            meant: None,
        };
    }
    let names = function.names();
    let meant = nearest(root, names.iter().map(String::as_str));
    let title = format!("the {role} names `<{path}>`, but `{name}` has no parameter `{root}`");
    let label = meant.map_or_else(String::new, |meant| {
        format!("help: there is a parameter with a similar name: `<{meant}>`")
    });
    let at = hole.path.start..hole.path.start + root.len();
    let usable = if names.is_empty() {
        format!("`{name}` has no parameters that a {role} could name")
    } else {
        format!("parameters that can be used here: `{}`", names.join("`, `"))
    };
    let mut diag = text.diag(&at, title, &label).note(usable);
    if meant.is_none() {
        let add = || match names.first() {
            Some(first) => {
                format!("name one of them, such as `<{first}>`, or take `{root}` as a parameter")
            }
            None => format!("take `{root}` as a parameter, or leave `<{path}>` out"),
        };
        let moved = function.moved_pattern_help();
        diag = diag.help(moved.map_or_else(add, Into::into));
    }
    Unresolved {
        diag: Box::new(diag),
        meant: meant.map(str::to_owned),
    }
}

/// `literals[0] holes[0] literals[1] … literals[n]`, with empty text where two holes meet.
pub(crate) fn split(template: &Template) -> (Vec<String>, Vec<&Hole>) {
    let mut literals = vec![String::new()];
    let mut holes = Vec::new();
    for part in &template.parts {
        match part {
            Part::Text(text) => {
                if let Some(last) = literals.last_mut() {
                    last.push_str(text);
                }
            }
            Part::Hole(hole) => {
                holes.push(hole);
                literals.push(String::new());
            }
        }
    }
    (literals, holes)
}
