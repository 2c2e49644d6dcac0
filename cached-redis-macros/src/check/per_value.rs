//! `ttl = |value| …`: a life for each value.

use proc_macro2::Ident;
use syn::{Expr, ExprClosure, ExprLit, Lit, Pat, Stmt};

use crate::diag::{Diag, Errors};
use crate::model::ttl::Ttl;
use crate::parse::args::Given;
use crate::parse::literal::ungroup;
use crate::parse::source::source;

/// Above this nobody would paste what a help line says.
const LONGEST_IN_A_HELP: usize = 40;

/// One argument, and not zero for all.
pub(super) fn check(closure: &ExprClosure) -> Result<(), Diag> {
    let inputs = closure.inputs.len();
    if inputs != 1 {
        let title = format!(
            "the closure of `ttl` takes one argument, the value, and this one takes {inputs}"
        );
        return Err(Diag::over(closure, title).help("write `ttl = |value| value.seconds`"));
    }
    let body = inner(&closure.body);
    if is_zero(body) {
        let title = "this `ttl` is zero for every value: none would ever be stored";
        return Err(Diag::over(body, title)
            .help("where all values live alike, write `ttl = 3600`")
            .help("zero is for single values: `ttl = |value| if value.done { 3600 } else { 0 }`"));
    }
    Ok(())
}

/// A `ttl` that can be zero says which values are not stored, and so does `unless`.
pub(super) fn alone(ttl: Option<&Ttl>, unless: &Given<Expr>, errors: &mut Errors) {
    let Some(Expr::Closure(ttl)) = ttl.and_then(Ttl::per_value).map(ungroup) else {
        return;
    };
    let title = "`unless` and a `ttl` that looks at the value both say what is not stored";
    let (written, is_duration) = both(ttl, &unless.value)
        .unwrap_or_else(|| ("|value| if value.done { 0 } else { 60 }".to_owned(), false));
    let diag = Diag::new(unless.name.span(), title)
        .help(format!("leave `unless` out, and write `ttl = {written}`"));
    errors.push(if is_duration {
        diag
    } else {
        diag.help("where the closure gives a `Duration`, its zero is `Duration::ZERO`")
    });
}

/// The two closures as one, and whether it gives a `Duration` for all one can see.
fn both(ttl: &ExprClosure, unless: &Expr) -> Option<(String, bool)> {
    let input = ttl.inputs.first()?;
    let value = name(input)?;
    let condition = match ungroup(unless) {
        Expr::Path(path) => format!("{}({value})", source(path)),
        Expr::Closure(closure) if name(closure.inputs.first()?)? == value => {
            source(inner(&closure.body))
        }
        _ => return None,
    };
    let input = match input {
        Pat::Type(typed) => format!("{}: {}", source(&typed.pat), source(&typed.ty)),
        other => source(other),
    };
    let life = source(inner(&ttl.body));
    let capture = ttl.capture.map_or("", |_| "move ");
    let is_duration = life.contains("Duration");
    let zero = if is_duration { "Duration::ZERO" } else { "0" };
    let is_short = condition.len().max(life.len()) <= LONGEST_IN_A_HELP;
    is_short.then(|| {
        let closure = format!("{capture}|{input}| if {condition} {{ {zero} }} else {{ {life} }}");
        (closure, is_duration)
    })
}

fn name(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(&pat.ident),
        Pat::Type(pat) => name(&pat.pat),
        _ => None,
    }
}

/// For other lives than that of a value.
pub(super) fn misplaced(name: &Ident, closure: &ExprClosure) -> Diag {
    let title = if name == "none_ttl" {
        "where nothing was found, there is no value that could say how long".to_owned()
    } else {
        format!("`{name}` is the same for all values")
    };
    let example = match name.to_string().as_str() {
        "none_ttl" => "1m",
        "soft_timeout" => "200ms",
        "lease" => "10s",
        "wait" => "5s",
        _ => "5m",
    };
    Diag::over(closure, title).help(format!("write for example `{name} = \"{example}\"`"))
}

fn inner(expr: &Expr) -> &Expr {
    match ungroup(expr) {
        Expr::Paren(paren) => inner(&paren.expr),
        Expr::Block(block) => match &block.block.stmts[..] {
            [Stmt::Expr(tail, None)] => inner(tail),
            _ => expr,
        },
        other => other,
    }
}

fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) => literal
            .base10_parse::<u128>()
            .is_ok_and(|number| number == 0),
        Expr::Path(path) => {
            let mut names = path.path.segments.iter().rev().map(|part| &part.ident);
            names.next().is_some_and(|name| name == "ZERO")
                && names.next().is_some_and(|name| name == "Duration")
        }
        _ => false,
    }
}
