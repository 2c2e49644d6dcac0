//! A family in an attribute: `key = UserById(id)`. What is wrong with its types is rustc's to say.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprCall, ExprPath, Path, PathArguments, Token};

use super::key::{NOTHING_RETURNED, TAG_BEFORE_RESULT};
use crate::diag::{Diag, Errors};
use crate::model::function::Function;
use crate::model::key::{FamilyArg, FamilyPlan};
use crate::parse::args::Given;
use crate::parse::literal::{Role, Text, ungroup};

/// What stands where a key is expected.
pub(crate) enum Source {
    Template(Text),
    Family(FamilyPlan),
}

impl Source {
    /// `None` after a message. `has_result`: whether `ret` is the function's result.
    pub(crate) fn parse(
        expr: &Expr,
        role: Role,
        function: &Function<'_>,
        has_result: bool,
        errors: &mut Errors,
    ) -> Option<Self> {
        let call = match ungroup(expr) {
            Expr::Call(call) => call,
            Expr::Path(path) if is_type(&path.path) => {
                errors.push(without_arguments(path));
                return None;
            }
            Expr::Struct(braces) => {
                let name = braces.path.to_token_stream();
                let title = "a key family takes its arguments in parentheses";
                errors.push(Diag::over(&braces.path, title).help(format!("write `{name}(…)`")));
                return None;
            }
            other => return super::value::template(other, role, errors).map(Self::Template),
        };
        match path(call, role) {
            Ok(path) => family(path, call, role, function, has_result, errors).map(Self::Family),
            Err(diag) => {
                errors.push(diag);
                None
            }
        }
    }
}

/// Several of them, and where each is; `None` after a message about one.
pub(crate) fn list(
    list: &Given<TokenStream>,
    role: Role,
    function: &Function<'_>,
    has_result: bool,
    errors: &mut Errors,
) -> Option<Vec<(Expr, Source)>> {
    let name = &list.name;
    let exprs = match Punctuated::<Expr, Token![,]>::parse_terminated.parse2(list.value.clone()) {
        Ok(exprs) if !exprs.is_empty() => exprs,
        Ok(_) => {
            let title = format!("`{name}` names no {role}");
            errors.push(Diag::new(name.span(), title).help(match role {
                Role::Key => "write `keys(\"user:<id>\", \"users:all\")`",
                Role::Tag => "write `tags(\"team:<team_id>\")`",
            }));
            return None;
        }
        Err(error) => {
            let title = format!("`{name}` takes templates and key families: {error}");
            errors.push(Diag::new(error.span(), title));
            return None;
        }
    };
    let mut parse = |expr| {
        let source = Source::parse(&expr, role, function, has_result, errors)?;
        Some((expr, source))
    };
    // All of them, so that all mistakes are told.
    let sources: Vec<_> = exprs.into_iter().map(&mut parse).collect();
    let sources: Option<Vec<_>> = sources.into_iter().collect();
    let sources = sources?;
    for (index, (expr, source)) in sources.iter().enumerate() {
        let mut before = sources[..index].iter();
        if before.any(|(_, before)| is_same(before, source)) {
            let title = format!("this {role} is given twice");
            errors.push(Diag::over(expr, title).help("keep one of them"));
        }
    }
    Some(sources)
}

/// The names that the arguments mention.
pub(crate) fn named(plan: &FamilyPlan) -> Vec<String> {
    let names = plan.args.iter().flat_map(|arg| &arg.names);
    names.map(|name| name.unraw().to_string()).collect()
}

/// Whether two keys are the same text, or the same family with the same words.
fn is_same(a: &Source, b: &Source) -> bool {
    let words = |plan: &FamilyPlan| {
        let args = plan.args.iter();
        let args: Vec<_> = args
            .map(|arg| arg.expr.to_token_stream().to_string())
            .collect();
        (plan.path.to_token_stream().to_string(), args)
    };
    match (a, b) {
        (Source::Template(a), Source::Template(b)) => a.value() == b.value(),
        (Source::Family(a), Source::Family(b)) => words(a) == words(b),
        _ => false,
    }
}

/// Types begin with a capital and are not all capitals, as constants are.
fn is_type(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| {
        let name = last.ident.unraw().to_string();
        name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
    })
}

fn without_arguments(path: &ExprPath) -> Diag {
    let name = path.to_token_stream();
    Diag::over(
        path,
        format!("the key family `{name}` is given without arguments"),
    )
    .help(format!("write `{name}(…)`, or `{name}()` if it takes none"))
}

fn path(call: &ExprCall, role: Role) -> Result<&Path, Diag> {
    let path = match ungroup(&call.func) {
        Expr::Path(ExprPath {
            qself: None, path, ..
        }) if !["Some", "Ok", "Err"]
            .iter()
            .any(|variant| path.is_ident(variant)) =>
        {
            path
        }
        _ => {
            let title = format!("the {role} is neither a template nor a key family");
            return Err(Diag::over(call, title)
                .help("write `\"user:<id>\"`, or name a family: `UserById(id)`"));
        }
    };
    let last = path.segments.last().map(|last| &last.ident);
    if let Some(last) = last
        && last.unraw().to_string().starts_with(char::is_lowercase)
    {
        let title = format!("`{last}` is a function, and a {role} is a template or a key family");
        return Err(Diag::over(path, title).help(format!(
            "a {role} is checked while compiling: write the template, or declare it with `key_family!`",
        )));
    }
    let generic = path
        .segments
        .iter()
        .find(|segment| !matches!(segment.arguments, PathArguments::None));
    if let Some(segment) = generic {
        let title = format!(
            "a key family has no generic arguments, and `{}` is given some",
            segment.ident
        );
        return Err(Diag::over(&segment.arguments, title).help("leave them out"));
    }
    Ok(path)
}

fn family(
    path: &Path,
    call: &ExprCall,
    role: Role,
    function: &Function<'_>,
    has_result: bool,
    errors: &mut Errors,
) -> Option<FamilyPlan> {
    let mut args = Vec::new();
    let mut complete = true;
    for expr in &call.args {
        let mut names = Vec::new();
        each_name(expr.to_token_stream(), &mut |ident| {
            names.push(ident.clone());
        });
        let result = names.iter().find(|name| **name == "ret").cloned();
        if let Some(ident) = &result
            && let Some(diag) = misplaced_result(ident, role, function, has_result)
        {
            errors.push(diag);
            complete = false;
        }
        args.push(FamilyArg {
            expr: expr.clone(),
            names,
            result: result.filter(|_| has_result),
        });
    }
    complete.then(|| FamilyPlan {
        path: path.clone(),
        args,
    })
}

/// The same rules as for the `<ret>` of a template.
fn misplaced_result(
    ident: &Ident,
    role: Role,
    function: &Function<'_>,
    has_result: bool,
) -> Option<Diag> {
    let name = function.name();
    let is_param = function.lookup("ret").is_some();
    let diag = |title: String| Diag::new(ident.span(), title);
    match (has_result, is_param) {
        (false, false) => {
            let diag = diag(format!(
                "the {role} names `ret`, but it is needed before there is a result"
            ));
            let diag = match role {
                Role::Key => diag,
                Role::Tag => diag.note(TAG_BEFORE_RESULT),
            };
            Some(diag.help("`ret` is for `#[cache_invalidate]`; here, name a parameter"))
        }
        (true, true) => Some(
            diag(format!(
                "`ret` is the result, but `{name}` also has a parameter `ret`"
            ))
            .help("give the parameter another name"),
        ),
        (true, false) if function.output.is_none() => Some(
            diag(format!(
                "the {role} names `ret`, but `{name}` returns nothing"
            ))
            .help(NOTHING_RETURNED),
        ),
        (false, true) | (true, false) => None,
    }
}

/// A field or a method after a dot is none.
fn each_name(tokens: TokenStream, found: &mut dyn FnMut(&Ident)) {
    // `.` before a name makes it a field; `..` does not.
    let (mut dots, mut quote) = (0, false);
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                each_name(group.stream(), found);
                (dots, quote) = (0, false);
            }
            TokenTree::Ident(ident) => {
                if dots != 1 && !quote {
                    found(&ident);
                }
                (dots, quote) = (0, false);
            }
            TokenTree::Punct(punct) => {
                dots = if punct.as_char() == '.' { dots + 1 } else { 0 };
                quote = punct.as_char() == '\'';
            }
            TokenTree::Literal(_) => (dots, quote) = (0, false),
        }
    }
}
