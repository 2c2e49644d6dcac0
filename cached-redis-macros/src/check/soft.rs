//! `stale`, `refresh_ahead`, `early`, `soft_timeout`, `sliding`: their values, and what they cannot be together with.

use proc_macro2::Ident;
use syn::{Expr, ExprLit, Lit, UnOp};

use super::{ahead, ttl};
use crate::diag::{Diag, Errors};
use crate::model::function::Function;
use crate::model::soft::{Factor, Soft};
use crate::model::ttl::{Life, Ttl};
use crate::parse::args::{Args, Given};
use crate::parse::literal::ungroup;

/// The names that were given, for messages.
struct Names {
    stale: Option<Ident>,
    refresh_ahead: Option<Ident>,
    early: Option<Ident>,
    soft_timeout: Option<Ident>,
}

/// `ttl` is `None` after a message about it.
pub(crate) fn check(
    args: &mut Args,
    function: &Function<'_>,
    ttl: Option<&Ttl>,
    errors: &mut Errors,
) -> Soft {
    let is_batch = args.has("each");
    let lacks_stale = args.lacks("stale");
    let (stale, of_stale) = parse(args, "stale", life, errors);
    let (refresh, of_refresh) = parse(args, "refresh_ahead", share, errors);
    let (early, of_early) = parse(args, "early", factor, errors);
    let (timeout, of_timeout) = parse(args, "soft_timeout", life, errors);
    let names = Names {
        stale,
        refresh_ahead: refresh,
        early,
        soft_timeout: timeout,
    };
    names.together(lacks_stale, errors);
    if is_batch {
        names.with_many_keys(errors);
    } else {
        if ttl.is_some_and(Ttl::is_forever) {
            names.for_ever(errors);
        }
        if let Some(because) = names.refresh_ahead.or(names.soft_timeout) {
            ahead::check(function, &because, errors);
        }
    }
    Soft {
        stale: of_stale,
        refresh_ahead: of_refresh,
        early: of_early,
        soft_timeout: of_timeout,
    }
}

/// Whether a read renews the ttl.
pub(crate) fn sliding(args: &mut Args, ttl: Option<&Ttl>, errors: &mut Errors) -> bool {
    let mut soft = ["stale", "refresh_ahead", "early", "soft_timeout"].into_iter();
    let other = soft.find(|name| args.has(name));
    let (is_batch, has_tags) = (args.has("each"), args.has("tags"));
    let Some(name) = args.flag("sliding") else {
        return false;
    };
    let diag = |title: String| Diag::new(name.span(), title);
    if is_batch {
        errors.push(of_one_entry(&name));
    } else if ttl.is_some_and(Ttl::is_forever) {
        errors.push(never_ends(&name));
    } else if let Some(other) = other {
        let title =
            format!("with `sliding` what is read does not get old, as `{other}` expects it to");
        errors.push(diag(title).help("keep one of the two"));
    } else if has_tags {
        let title = "a tag forgets an entry when its first ttl ends, and `sliding` has it live on";
        errors.push(
            diag(title.to_owned())
                .help("leave `tags` out and invalidate by key, or leave `sliding` out"),
        );
    }
    true
}

/// `stale` of a function that only writes.
pub(crate) fn stale(args: &mut Args, ttl: Option<&Ttl>, errors: &mut Errors) -> Option<Life> {
    let (name, stale) = parse(args, "stale", life, errors);
    if let (Some(name), true) = (name, ttl.is_some_and(Ttl::is_forever)) {
        errors.push(never_ends(&name));
    }
    stale
}

fn parse<T>(
    args: &mut Args,
    name: &str,
    value: fn(&Given<Expr>) -> Result<T, Diag>,
    errors: &mut Errors,
) -> (Option<Ident>, Option<T>) {
    let Some(given) = args.expr(name) else {
        return (None, None);
    };
    let value = value(&given).map_err(|diag| errors.push(diag)).ok();
    (Some(given.name), value)
}

fn life(given: &Given<Expr>) -> Result<Life, Diag> {
    let name = &given.name;
    ttl::life(given)?.ok_or_else(|| {
        Diag::over(&given.value, format!("`{name}` has to end at some time"))
            .help(format!("write for example `{name} = {}`", example(name)))
    })
}

fn example(name: &Ident) -> &'static str {
    if name == "soft_timeout" {
        "\"200ms\""
    } else {
        "\"5m\""
    }
}

/// A share of the ttl, neither all of it nor nothing.
fn share(given: &Given<Expr>) -> Result<Factor, Diag> {
    number(&given.value, |share| share > 0.0 && share < 1.0).ok_or_else(|| {
        let title = "`refresh_ahead` is a share of the ttl, above 0.0 and below 1.0";
        Diag::over(&given.value, title)
            .help("to reload in the last fifth of the ttl, write `refresh_ahead = 0.8`")
    })
}

fn factor(given: &Given<Expr>) -> Result<Factor, Diag> {
    number(&given.value, |factor| factor > 0.0 && factor.is_finite()).ok_or_else(|| {
        Diag::over(&given.value, "`early` is a number above 0.0")
            .help("write `early = 1.0`; a larger number reloads sooner")
    })
}

/// A literal in range, or an expression that is left to rustc.
fn number(value: &Expr, fits: fn(f64) -> bool) -> Option<Factor> {
    let number = match ungroup(value) {
        Expr::Lit(ExprLit {
            lit: Lit::Float(literal),
            ..
        }) if matches!(literal.suffix(), "" | "f64") => literal.base10_parse().ok()?,
        Expr::Lit(ExprLit {
            lit: Lit::Int(literal),
            ..
        }) if literal.suffix().is_empty() => literal.base10_parse::<u32>().ok()?.into(),
        Expr::Lit(_) => return None,
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => return None,
        other => return Some(Factor::Expr(Box::new(other.clone()))),
    };
    fits(number).then_some(Factor::Number(number))
}

impl Names {
    /// One of them; a message for each would say the same.
    fn first(&self) -> Option<&Ident> {
        let all = [
            &self.stale,
            &self.refresh_ahead,
            &self.early,
            &self.soft_timeout,
        ];
        all.into_iter().flatten().next()
    }

    fn together(&self, lacks_stale: bool, errors: &mut Errors) {
        if let (Some(early), Some(_)) = (&self.early, &self.refresh_ahead) {
            let title = "`early` has nothing left to do where `refresh_ahead` reloads before it";
            errors.push(Diag::new(early.span(), title).help("keep one of the two"));
        }
        if let (Some(timeout), true) = (&self.soft_timeout, lacks_stale) {
            let title =
                "after a `soft_timeout` the old value is used, and without `stale` there is none";
            errors.push(Diag::new(timeout.span(), title).help("add for example `stale = \"5m\"`"));
        }
    }

    fn with_many_keys(&self, errors: &mut Errors) {
        if let Some(name) = self.first() {
            errors.push(of_one_entry(name));
        }
    }

    fn for_ever(&self, errors: &mut Errors) {
        if let Some(name) = self.first() {
            errors.push(never_ends(name));
        }
    }
}

fn of_one_entry(name: &Ident) -> Diag {
    let title = format!("`{name}` is about one entry, and with `each` a call has many");
    Diag::new(name.span(), title).help(format!(
        "leave `{name}` out, or put it on a function for one of them"
    ))
}

fn never_ends(name: &Ident) -> Diag {
    let title = format!("`{name}` is about the end of the ttl, and `forever` has none");
    Diag::new(name.span(), title).help(format!(
        "give a ttl such as `ttl = \"1h\"`, or leave `{name}` out"
    ))
}
