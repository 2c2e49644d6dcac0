//! `lock`, `lease`, `wait`: written out, since they describe the function and not one of its types.

use proc_macro2::Ident;
use syn::{Expr, ExprLit, Lit};

use super::ttl;
use crate::diag::{Diag, Errors};
use crate::model::lock::Lock;
use crate::model::ttl::Life;
use crate::parse::args::{Args, Given};
use crate::parse::literal::ungroup;

/// A process that is busy for a moment renews a lease late.
const SHORTEST_LEASE_MILLIS: u64 = 100;

pub(crate) fn check(args: &mut Args, errors: &mut Errors) -> Lock {
    let waits_for_a_reload = args.has("soft_timeout");
    let off = off(args, errors);
    let (named_lease, lease) = lease(args, errors);
    let (named_wait, wait) = span_of_time(args, "wait", errors);
    if let Some(off) = &off {
        if let Some(name) = named_lease.or(named_wait) {
            let title = format!(
                "with `lock = false` nobody waits for a load, and `{name}` is about how long"
            );
            errors.push(Diag::new(name.span(), title).help("keep one of the two"));
        } else if waits_for_a_reload {
            let title = "with `lock = false` no call waits for a load, as `soft_timeout` has it";
            errors.push(Diag::new(off.span(), title).help("keep one of the two"));
        }
    }
    Lock {
        off: off.is_some(),
        lease,
        wait,
    }
}

/// `lease` of a function that only writes.
pub(crate) fn of_a_write(args: &mut Args, errors: &mut Errors) -> Lock {
    Lock {
        lease: lease(args, errors).1,
        ..Lock::default()
    }
}

/// The name, if it is switched off.
fn off(args: &mut Args, errors: &mut Errors) -> Option<Ident> {
    let given = args.expr("lock")?;
    match ungroup(&given.value) {
        Expr::Lit(ExprLit {
            lit: Lit::Bool(literal),
            ..
        }) => (!literal.value).then_some(given.name),
        other => {
            errors.push(
                Diag::over(other, "`lock` is either true or false").help(
                    "so that no call waits for the load of another one, write `lock = false`",
                ),
            );
            None
        }
    }
}

fn lease(args: &mut Args, errors: &mut Errors) -> (Option<Ident>, Option<Life>) {
    let value = args.peek("lease").cloned();
    let (name, lease) = span_of_time(args, "lease", errors);
    if let (Some(Life::Millis(millis)), Some(value)) = (&lease, value)
        && *millis < SHORTEST_LEASE_MILLIS
    {
        let title = format!(
            "`lease` is shorter than {SHORTEST_LEASE_MILLIS} ms: a process that is busy would renew it too late"
        );
        errors.push(
            Diag::over(&value, title)
                .help("write `lease = \"1s\"`; a load may take longer, its lease is renewed"),
        );
    }
    (name, lease)
}

fn span_of_time(args: &mut Args, name: &str, errors: &mut Errors) -> (Option<Ident>, Option<Life>) {
    let Some(given) = args.expr(name) else {
        return (None, None);
    };
    let life = written_out(&given).map_err(|diag| errors.push(diag)).ok();
    (Some(given.name), life)
}

fn written_out(given: &Given<Expr>) -> Result<Life, Diag> {
    let name = &given.name;
    let example = if name == "lease" { "\"10s\"" } else { "\"5s\"" };
    let diag = |title: String| {
        Diag::over(&given.value, title).help(format!("write for example `{name} = {example}`"))
    };
    match ttl::life(given)? {
        Some(Life::Millis(millis)) => Ok(Life::Millis(millis)),
        Some(Life::Expr(_)) => Err(diag(format!(
            "`{name}` is written out, in seconds or as a text, and not as an expression"
        ))),
        None => Err(diag(format!("`{name}` has to end at some time"))),
    }
}
