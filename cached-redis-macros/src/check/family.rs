//! A family in an attribute: `key = UserById(id)`. What is wrong with its types is rustc's to say.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Expr, ExprCall, ExprPath, Path, PathArguments};

use super::key::NOTHING_RETURNED;
use crate::diag::{Diag, Errors};
use crate::model::function::Function;
use crate::model::key::{FamilyArg, FamilyPlan};
use crate::parse::literal::{Text, ungroup};

/// What stands where a key is expected.
pub(crate) enum Source {
    Template(Text),
    Family(FamilyPlan),
}

impl Source {
    /// `None` after a message. `has_result`: whether `ret` is the function's result.
    pub(crate) fn parse(
        expr: &Expr,
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
            other => return super::value::template(other, errors).map(Self::Template),
        };
        match path(call) {
            Ok(path) => family(path, call, function, has_result, errors).map(Self::Family),
            Err(diag) => {
                errors.push(diag);
                None
            }
        }
    }
}

/// The names that the arguments mention.
pub(crate) fn named(plan: &FamilyPlan) -> Vec<String> {
    let names = plan.args.iter().flat_map(|arg| &arg.names);
    names.map(|name| name.unraw().to_string()).collect()
}

/// Whether two keys are the same text, or the same family with the same words.
pub(crate) fn is_same(a: &Source, b: &Source) -> bool {
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

fn path(call: &ExprCall) -> Result<&Path, Diag> {
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
            let title = "the key is neither a template nor a key family";
            return Err(Diag::over(call, title)
                .help("write `\"user:<id>\"`, or name a family: `UserById(id)`"));
        }
    };
    let last = path.segments.last().map(|last| &last.ident);
    if let Some(last) = last
        && last.unraw().to_string().starts_with(char::is_lowercase)
    {
        let title = format!("`{last}` is a function, and a key is a template or a key family");
        return Err(Diag::over(path, title).help(
            "a key is checked while compiling: write the template, or declare it with `key_family!`",
        ));
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
            && let Some(diag) = misplaced_result(ident, function, has_result)
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
fn misplaced_result(ident: &Ident, function: &Function<'_>, has_result: bool) -> Option<Diag> {
    let name = function.name();
    let is_param = function.lookup("ret").is_some();
    let diag = |title: String| Diag::new(ident.span(), title);
    match (has_result, is_param) {
        (false, false) => Some(
            diag("the key names `ret`, but a read needs its key before there is a result".into())
                .help("`ret` is for `#[cache_invalidate]`; here, name a parameter"),
        ),
        (true, true) => Some(
            diag(format!(
                "`ret` is the result, but `{name}` also has a parameter `ret`"
            ))
            .help("give the parameter another name"),
        ),
        (true, false) if function.output.is_none() => Some(
            diag(format!("the key names `ret`, but `{name}` returns nothing"))
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
