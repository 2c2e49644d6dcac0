//! `each = ids`: one parameter, as a whole, and named by the key.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;
use syn::{Expr, Pat};

use super::unused::Shown;
use crate::diag::{Diag, Errors};
use crate::model::each::Each;
use crate::model::function::Function;
use crate::model::key::KeyPlan;
use crate::parse::args::{Args, Given};
use crate::parse::literal::{Role, ungroup};
use crate::suggest::nearest;

/// What was given, and what it turned out to be: `None` inside after a message.
pub(crate) struct Checked {
    name: Ident,
    pub(crate) each: Option<Each>,
}

pub(crate) fn parse(
    args: &mut Args,
    function: &Function<'_>,
    errors: &mut Errors,
) -> Option<Checked> {
    let given = args.expr("each")?;
    let each = find(&given, function);
    let each = each.map_err(|diag| errors.push(diag)).ok();
    Some(Checked {
        name: given.name,
        each,
    })
}

fn find(given: &Given<Expr>, function: &Function<'_>) -> Result<Each, Diag> {
    let ident = match ungroup(&given.value) {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    };
    let Some(ident) = ident else {
        return Err(
            Diag::over(&given.value, "`each` takes the name of a parameter")
                .help("write `each = ids` for a parameter such as `ids: &[UserId]`"),
        );
    };
    let name = ident.unraw().to_string();
    let params = function.params.iter();
    let params = params.filter(|param| param.binding(&name).is_some());
    // More than one only when `#[cfg]` chooses between them.
    let params: Vec<_> = params.collect();
    let Some(param) = params.first() else {
        return Err(unknown(ident, &name, function));
    };
    match param.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Ok(Each {
            ident: pat.ident.clone(),
            place: ident.span(),
            ty: param.plain_type().filter(|_| params.len() == 1).cloned(),
            mutability: pat.mutability,
            lints: param.lints.iter().copied().cloned().collect(),
        }),
        pat => Err(Diag::over(
            pat,
            "`each` needs the whole parameter, not a part of a pattern",
        )
        .help(format!(
            "take `{name}` as a parameter of its own, such as `{name}: &[UserId]`"
        ))),
    }
}

fn unknown(ident: &Ident, name: &str, function: &Function<'_>) -> Diag {
    let title = format!("`{}` has no parameter `{name}`", function.name());
    let diag = Diag::new(ident.span(), title);
    let params = function.params.iter().flat_map(|param| &param.bindings);
    let params: Vec<_> = params.map(|ident| ident.unraw().to_string()).collect();
    match nearest(name, params.iter().map(String::as_str)) {
        Some(near) => diag.help(format!(
            "there is a parameter with a similar name: `{near}`"
        )),
        None => diag.help("`each` names the parameter that holds the ids: `each = ids`"),
    }
}

impl Checked {
    /// The key with the name in it.
    pub(crate) fn shown(&self, key: &Shown<'_>) -> String {
        let name = self
            .each
            .as_ref()
            .map(|each| each.ident.unraw().to_string());
        key.with(name.as_slice())
    }

    /// Some key must name it, or all items would share one. Gives the name that is missing, after a message.
    pub(crate) fn unused(
        &self,
        named: &[String],
        longer: &str,
        role: Role,
        errors: &mut Errors,
    ) -> Option<String> {
        let name = self.each.as_ref()?.ident.unraw().to_string();
        if named.contains(&name) {
            return None;
        }
        let title = format!("the {role} does not name `{name}`, so every item would have the same");
        let help = format!("name it, where it stands for one item:   {longer}");
        errors.push(Diag::new(self.name.span(), title).help(help));
        Some(name)
    }
}

/// In this key or tag of a write, the name of `each` stands for one of its items.
pub(crate) fn item(expr: &Expr, plan: &mut KeyPlan, each: &Each, errors: &mut Errors) {
    if plan.names(each) && plan.needs_result() {
        let title = format!(
            "`{}` stands for one item of many here, and `ret` is one result for all",
            each.ident
        );
        errors.push(Diag::over(expr, title).help("write two keys, one for each"));
    }
    plan.each(each);
}
