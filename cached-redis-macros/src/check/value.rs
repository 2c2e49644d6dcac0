//! The values of the small arguments.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, Lit, Path, UnOp};

use super::per_value;
use crate::diag::{Diag, Errors};
use crate::model::function::{Function, Shape};
use crate::model::policy::{Codec, Policy};
use crate::model::ttl::Ttl;
use crate::parse::args::{Args, Given};
use crate::parse::literal::{Role, Text, ungroup};
use crate::suggest::nearest;

/// A template argument: a string literal, and not something that only looks like one.
pub(crate) fn template(expr: &Expr, role: Role, errors: &mut Errors) -> Option<Text> {
    let text = Text::of(expr);
    if text.is_none() {
        let title = format!("the {role} is not a string literal: it is checked while compiling");
        errors.push(Diag::over(expr, title).help(match role {
            Role::Key => "write it out: `\"user:<id>\"`",
            Role::Tag => "write it out: `\"team:<team_id>\"`",
        }));
    }
    Some(text?.for_a(role))
}

/// `when`, `cache` and `crate`.
pub(crate) fn policy(args: &mut Args, errors: &mut Errors) -> Policy {
    let when = args.expr("when").map(|given| given.value);
    let when = when.filter(|expr| match ungroup(expr) {
        Expr::Lit(ExprLit { lit, .. }) if !matches!(lit, Lit::Bool(_)) => {
            errors.push(
                Diag::over(expr, "`when` is neither true nor false")
                    .help("write a condition, for example `when = !fresh`"),
            );
            false
        }
        _ => true,
    });
    Policy {
        when,
        cache: args.expr("cache").map(|given| given.value),
        krate: args.expr("crate").and_then(|given| path(&given, errors)),
    }
}

fn path(given: &Given<Expr>, errors: &mut Errors) -> Option<Path> {
    if let Expr::Path(path) = ungroup(&given.value)
        && path.qself.is_none()
    {
        return Some(path.path.clone());
    }
    let diag = Diag::over(&given.value, "`crate` takes a path");
    errors.push(match Text::of(&given.value) {
        Some(text) => diag.help(format!(
            "write it without quotes: `crate = {}`",
            text.value()
        )),
        None => diag.help("write `crate = ::cached_redis_runtime`"),
    });
    None
}

/// A share of the ttl, from `0.0` to `1.0`.
pub(crate) fn jitter(args: &mut Args, errors: &mut Errors) -> Option<f64> {
    let given = args.expr("jitter")?;
    let number = match ungroup(&given.value) {
        Expr::Lit(ExprLit {
            lit: Lit::Float(literal),
            ..
        }) if literal.suffix().is_empty() => literal.base10_parse().ok(),
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) if literal.suffix().is_empty() => literal.base10_parse::<u32>().ok().map(f64::from),
        _ => None,
    };
    let share = number.filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() {
        errors.push(
            Diag::over(
                &given.value,
                "`jitter` is a share of the ttl, a number from 0.0 to 1.0",
            )
            .help("to shorten each ttl by up to a tenth, write `jitter = 0.1`"),
        );
    }
    share
}

pub(crate) fn version(args: &mut Args, errors: &mut Errors) -> Option<u32> {
    let given = args.expr("version")?;
    let number = match ungroup(&given.value) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) if literal.suffix().is_empty() => literal.base10_parse::<u32>().ok(),
        _ => None,
    };
    let version = number.filter(|version| *version > 0);
    if version.is_none() {
        let title = format!("`version` is a number from 1 to {}", u32::MAX);
        errors.push(
            Diag::over(&given.value, title).help(
                "the first meaning of a value is version 1; after a change write `version = 2`",
            ),
        );
    }
    version
}

/// How many bodies may run at once: a number, or a constant that is one.
pub(crate) fn max_loads(args: &mut Args, errors: &mut Errors) -> Option<Expr> {
    let given = args.expr("max_loads")?;
    let title = match ungroup(&given.value) {
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) if matches!(literal.suffix(), "" | "usize") => match literal.base10_parse::<usize>() {
            Ok(0) => "`max_loads` is zero: no call could ever load",
            Ok(_) => return Some(given.value),
            Err(_) => "`max_loads` is more than can be counted",
        },
        Expr::Lit(_) => "`max_loads` is a whole number from 1",
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => "`max_loads` cannot be negative",
        _ => return Some(given.value),
    };
    errors.push(
        Diag::over(&given.value, title)
            .help("write for example `max_loads = 32`, or leave it out for no limit"),
    );
    None
}

/// The format and where its name stands.
pub(crate) fn codec(args: &mut Args, errors: &mut Errors) -> Option<(Codec, Span)> {
    let given = args.expr("codec")?;
    let (word, quoted) = match ungroup(&given.value) {
        Expr::Path(path) => (path.path.get_ident().map(ToString::to_string), false),
        other => (Text::of(other).map(|text| text.value().to_owned()), true),
    };
    let find = |word: &str| Codec::ALL.into_iter().find(|codec| codec.name() == word);
    let codec = word.as_deref().and_then(find);
    if let (Some(codec), false) = (codec, quoted) {
        return Some((codec, given.value.span()));
    }
    let names = || Codec::ALL.into_iter().map(Codec::name);
    let near = word.as_deref().and_then(|word| nearest(word, names()));
    let diag = match (codec, &word) {
        (Some(_), _) => Diag::over(&given.value, "`codec` takes a name, not a string"),
        (None, Some(word)) => Diag::over(&given.value, format!("there is no codec `{word}`")),
        (None, None) => Diag::over(&given.value, "`codec` takes the name of a format"),
    };
    errors.push(match near {
        Some(near) => diag.help(format!("write `codec = {near}`")),
        None => diag.help(format!(
            "the codecs are `{}`",
            names().collect::<Vec<_>>().join("`, `")
        )),
    });
    None
}

/// Whether a write fails whose entries could not be deleted.
pub(crate) fn on_error(args: &mut Args, function: &Function<'_>, errors: &mut Errors) -> bool {
    let Some(given) = args.expr("on_error") else {
        return false;
    };
    let (word, quoted) = match ungroup(&given.value) {
        Expr::Path(path) => (path.path.get_ident().map(ToString::to_string), false),
        other => (Text::of(other).map(|text| text.value().to_owned()), true),
    };
    let word = word.unwrap_or_default();
    let title = match (word.as_str(), quoted) {
        ("ignore", true) => return false,
        ("fail", true) => {
            if function.output.is_none() && function.shape != Shape::Blocking {
                errors.push(cannot_fail(&given.value, function));
            }
            return true;
        }
        ("ignore" | "fail", false) => "`on_error` takes its word in quotes",
        _ => "`on_error` is either \"ignore\" or \"fail\"",
    };
    let diag = Diag::over(&given.value, title);
    errors.push(match nearest(&word, ["ignore", "fail"]) {
        Some(near) => diag.help(format!("write `on_error = \"{near}\"`")),
        None => diag.help(
            "to return an error when the entries could not be deleted, write `on_error = \"fail\"`",
        ),
    });
    false
}

fn cannot_fail(fail: &Expr, function: &Function<'_>) -> Diag {
    let name = function.name();
    Diag::over(fail, format!("`{name}` returns nothing, so it cannot fail")).help(
        "return `Result<(), E>` and write `impl From<cached_redis_runtime::Error> for E`, or leave `on_error` out",
    )
}

/// A closure over the value, or a function that is one.
pub(crate) fn unless(args: &mut Args, ttl: Option<&Ttl>, errors: &mut Errors) -> Option<Expr> {
    let given = args.expr("unless")?;
    let is_one = match ungroup(&given.value) {
        Expr::Closure(closure) => closure.inputs.len() == 1,
        other => matches!(other, Expr::Path(_)),
    };
    if is_one {
        per_value::alone(ttl, &given, errors);
        return Some(given.value);
    }
    errors.push(match ungroup(&given.value) {
        Expr::Closure(closure) => {
            let title = format!(
                "the closure of `unless` takes one argument, the value, and this one takes {}",
                closure.inputs.len()
            );
            Diag::over(closure, title).help("write `unless = |value| value.is_empty()`")
        }
        other => Diag::over(
            other,
            "`unless` takes a closure over the value that would be stored",
        )
        .help("write `unless = |value| value.is_empty()`")
        .help("for a condition on the arguments, write `when = …`"),
    });
    None
}
