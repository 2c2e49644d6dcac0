//! `ttl = |value| …`: a life for each value.

use proc_macro2::Ident;
use syn::{Expr, ExprClosure, ExprLit, Lit, Stmt};

use crate::diag::Diag;
use crate::parse::literal::ungroup;

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
