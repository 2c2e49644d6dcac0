//! Lifetimes: `3600`, `"1h30m"`, a constant expression, `forever`.

use syn::{Expr, ExprLit, Lit, LitInt, UnOp};

use super::per_value;
use crate::diag::{Diag, Errors};
use crate::model::function::Function;
use crate::model::ttl::{Lasting, Life, Ttl};
use crate::parse::args::{Args, Given};
use crate::parse::duration::{self, ProblemKind};
use crate::parse::literal::{Text, ungroup};

/// An entry's header has 40 bits for its life in milliseconds.
const LONGEST_MILLIS: u64 = (1 << 40) - 1;

pub(crate) fn check(
    args: &mut Args,
    function: &Function<'_>,
    attribute: &str,
    errors: &mut Errors,
) -> Option<Ttl> {
    if args.lacks("ttl") {
        let title = format!("`#[{attribute}]` needs to know how long an entry lives");
        errors.push(Diag::new(function.attribute_span(), title).help(
            "add `ttl = 3600` (seconds) or `ttl = \"1h\"`; if it may live until invalidated, write `ttl = forever`",
        ));
    }
    let value = args.expr("ttl").map(lasting);
    let none = args.expr("none_ttl").map(|given| none_life(&given));
    let value = value.transpose().unwrap_or_else(|diag| {
        errors.push(diag);
        None
    });
    let none = none.transpose().unwrap_or_else(|diag| {
        errors.push(diag);
        None
    });
    Some(Ttl {
        value: value?,
        none,
    })
}

fn lasting(given: Given<Expr>) -> Result<Lasting, Diag> {
    if let Expr::Closure(closure) = ungroup(&given.value) {
        per_value::check(closure)?;
        return Ok(Lasting::PerValue(Box::new(given.value)));
    }
    let life = life(&given)?;
    Ok(life.map_or(Lasting::Forever, Lasting::For))
}

fn none_life(given: &Given<Expr>) -> Result<Life, Diag> {
    match life(given)? {
        None => {
            let title =
                "\"not found\" cannot be kept for ever: the next insert would stay invisible";
            Err(Diag::over(&given.value, title).help("write `none_ttl = \"1m\"`"))
        }
        Some(life) => Ok(life),
    }
}

/// `None` is for ever.
pub(super) fn life(given: &Given<Expr>) -> Result<Option<Life>, Diag> {
    let name = given.name.to_string();
    match ungroup(&given.value) {
        Expr::Path(path) if path.path.is_ident("forever") => Ok(None),
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) => seconds(&name, literal).map(Some),
        Expr::Lit(ExprLit {
            lit: Lit::Str(literal),
            ..
        }) => text(&name, &Text::new(literal.clone())).map(Some),
        Expr::Lit(literal) => {
            let diag = Diag::over(literal, format!("`{name}` takes whole seconds"));
            Err(match &literal.lit {
                Lit::Float(float) => {
                    diag.help(in_units(&name, float.base10_digits(), float.suffix()))
                }
                _ => diag.help(format!("write `{name} = 60` or `{name} = \"1m\"`")),
            })
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            let title = format!("`{name}` cannot be negative");
            Err(Diag::over(unary, title).help(format!("write `{name} = 60` or `{name} = \"1m\"`")))
        }
        Expr::Closure(closure) => Err(per_value::misplaced(&given.name, closure)),
        other => Ok(Some(Life::Expr(Box::new(other.clone())))),
    }
}

/// `0.5` as it should be written: a duration with a smaller unit.
fn in_units(name: &str, digits: &str, suffix: &str) -> String {
    let scale = match suffix {
        "" | "s" => Some(1_000.0),
        "m" => Some(60_000.0),
        "h" => Some(3_600_000.0),
        _ => None,
    };
    let millis = digits
        .parse::<f64>()
        .ok()
        .zip(scale)
        .map(|(n, scale)| n * scale);
    match millis {
        // Whole milliseconds below a day: the cast loses nothing.
        Some(millis) if (1.0..86_400_000.0).contains(&millis) => {
            format!("write `{name} = \"{}ms\"`", millis.round())
        }
        _ => format!("write `{name} = 60` or `{name} = \"1m\"`"),
    }
}

fn seconds(name: &str, literal: &LitInt) -> Result<Life, Diag> {
    if !literal.suffix().is_empty() {
        let written = literal.to_string();
        let title = format!("`{name}` takes whole seconds, and `{written}` has a suffix");
        let help = match duration::parse(&written) {
            Ok(_) => format!("write `{name} = \"{written}\"`"),
            Err(_) => format!("write `{name} = {}`", literal.base10_digits()),
        };
        return Err(Diag::new(literal.span(), title).help(help));
    }
    let millis = literal
        .base10_parse::<u64>()
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000));
    in_range(name, literal.span(), millis)
}

fn text(name: &str, text: &Text) -> Result<Life, Diag> {
    let problem = match duration::parse(text.value()) {
        Ok(millis) => return in_range(name, text.span(), Some(millis)),
        Err(problem) => problem,
    };
    let found = &text.value()[problem.at.clone()];
    let draw = |title: String| text.diag(&problem.at, title, "");
    Err(match problem.kind {
        ProblemKind::Empty => Diag::new(text.span(), format!("`{name}` is empty"))
            .help(format!("write `{name} = \"1h30m\"`")),
        ProblemKind::NoNumber => draw(format!("`{name}` has `{found}` where a number must stand"))
            .help(format!("write for example `{name} = \"1h30m\"`")),
        ProblemKind::NoUnit => draw(format!("`{found}` in `{name}` has no unit"))
            .help("the units are `ms`, `s`, `m`, `h` and `d`"),
        ProblemKind::UnknownUnit => draw(format!("`{found}` in `{name}` is no unit of time"))
            .help("the units are `ms`, `s`, `m`, `h` and `d`, as in `\"1h30m\"`"),
        ProblemKind::TooLong => too_long(name, text.span()),
    })
}

fn in_range(name: &str, span: proc_macro2::Span, millis: Option<u64>) -> Result<Life, Diag> {
    match millis {
        Some(0) => Err(zero(name, span)),
        Some(millis) if millis <= LONGEST_MILLIS => Ok(Life::Millis(millis)),
        _ => Err(too_long(name, span)),
    }
}

fn zero(name: &str, span: proc_macro2::Span) -> Diag {
    let (consequence, help) = match name {
        "none_ttl" => (
            "an entry would be gone before it is read",
            "leave `none_ttl` out if \"not found\" is not to be cached",
        ),
        "stale" => (
            "no value would be used after its ttl",
            "leave `stale` out for that",
        ),
        "soft_timeout" => (
            "no call would wait for a new value",
            "leave `soft_timeout` out for that",
        ),
        "lease" => (
            "a load would lose its right before it begins",
            "leave `lease` out for the cache's own, or write `lease = \"10s\"`",
        ),
        "wait" => (
            "no call would wait for the load of another one",
            "write `lock = false` for that",
        ),
        _ => (
            "an entry would be gone before it is read",
            "for an entry that lives until it is invalidated, write `ttl = forever`",
        ),
    };
    Diag::new(span, format!("`{name}` is zero: {consequence}")).help(help)
}

fn too_long(name: &str, span: proc_macro2::Span) -> Diag {
    let diag = Diag::new(
        span,
        format!("`{name}` is longer than an entry can live: 34 years"),
    );
    if name == "ttl" {
        diag.help("for an entry that lives until it is invalidated, write `ttl = forever`")
    } else {
        diag.help(format!("write `{name} = \"1m\"`"))
    }
}
