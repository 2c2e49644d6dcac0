//! A reader's key must tell calls apart: whatever it leaves out must be said aloud in `skip`.

use proc_macro2::Literal;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{GenericParam, Pat, TypeParam, WherePredicate};

use super::skip::Skip;
use crate::diag::{Diag, Errors};
use crate::model::function::{Function, Param, is_unit, mentions};
use crate::model::key::FamilyPlan;

const UNNAMED: &str = "two calls that differ only in this parameter would share one cache entry";

pub(crate) struct Usage<'a> {
    pub(crate) function: &'a Function<'a>,
    pub(crate) key: &'a Shown<'a>,
    /// The first names of the key's placeholders, or the names in a family's arguments.
    pub(crate) named: &'a [String],
    pub(crate) skip: &'a Skip,
}

/// The key as it stands there; a help line adds what is missing.
pub(crate) enum Shown<'a> {
    Template(&'a str),
    Family(&'a FamilyPlan),
}

impl Shown<'_> {
    pub(crate) fn with(&self, names: &[String]) -> String {
        match self {
            Self::Template(template) => {
                let longer = format!("{template}:<{}>", names.join(">:<"));
                Literal::string(&longer).to_string()
            }
            Self::Family(plan) => {
                let args = plan.args.iter().map(|arg| arg.expr.to_token_stream());
                let args = args.map(|arg| arg.to_string());
                let args: Vec<_> = args.chain(names.iter().cloned()).collect();
                let path = plan.path.to_token_stream();
                format!("{path}({}), if the family takes it", args.join(", "))
            }
        }
    }
}

impl Usage<'_> {
    pub(crate) fn check(&self, errors: &mut Errors) {
        for param in &self.function.params {
            if self.is_param_ignored(param) {
                errors.push(self.ignored_param(param));
            }
        }
        for param in &self.function.item.sig.generics.params {
            let ident = match param {
                GenericParam::Type(param) => &param.ident,
                GenericParam::Const(param) => &param.ident,
                GenericParam::Lifetime(_) => continue,
            };
            let name = ident.unraw().to_string();
            if !self.is_mentioned(&name) && !self.is_only_skipped(&name, &mut Vec::new()) {
                let as_key = match (&self.key, param) {
                    // A family takes values, and of a type that is its name.
                    (Shown::Family(_), GenericParam::Type(_)) => format!("{name}::KEY_NAME"),
                    _ => name.clone(),
                };
                let diag = Diag::new(ident.span(), shared(&name));
                errors.push(self.with_helps(diag, &[as_key], &[name]));
            }
        }
    }

    fn is_mentioned(&self, name: &str) -> bool {
        self.named.iter().any(|named| named == name) || self.skip.has(name)
    }

    fn is_skipped(&self, param: &Param<'_>) -> bool {
        let mut bindings = param.bindings.iter();
        bindings.any(|ident| self.skip.has(&ident.unraw().to_string()))
            || (param.bindings.is_empty() && self.skip.has("_"))
    }

    /// One binding of a pattern in the key is enough, as one field of a struct is.
    fn is_param_ignored(&self, param: &Param<'_>) -> bool {
        let mut bindings = param.bindings.iter();
        let named = bindings.any(|ident| self.is_mentioned(&ident.unraw().to_string()));
        !named && !self.is_skipped(param) && !is_unit(param.ty)
    }

    /// A type parameter that nothing but skipped parameters depend on cannot change the result either:
    /// `E: Executor` of `skip(executor)`, and the `D` of `E: Executor<Database = D>`.
    fn is_only_skipped(&self, name: &str, asked: &mut Vec<String>) -> bool {
        if asked.iter().any(|before| before == name) {
            return false;
        }
        asked.push(name.to_owned());
        if mentions(&self.function.item.sig.output, name) {
            return false;
        }
        let (skipped, kept): (Vec<_>, Vec<_>) = self
            .function
            .params
            .iter()
            .filter(|param| mentions(param.ty, name))
            .partition(|param| self.is_skipped(param));
        kept.is_empty()
            && (!skipped.is_empty()
                || self.bounded_by(name).any(|param| {
                    let other = param.ident.unraw().to_string();
                    self.skip.has(&other) || self.is_only_skipped(&other, asked)
                }))
    }

    /// The type parameters whose own bounds mention `name`.
    fn bounded_by<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b TypeParam> {
        let generics = &self.function.item.sig.generics;
        generics.type_params().filter(move |param| {
            let other = param.ident.unraw().to_string();
            let mut clauses = generics
                .where_clause
                .iter()
                .flat_map(|clause| &clause.predicates);
            let in_where = clauses.any(|predicate| match predicate {
                WherePredicate::Type(predicate) => {
                    mentions(&predicate.bounded_ty, &other) && mentions(&predicate.bounds, name)
                }
                _ => false,
            });
            other != name && (mentions(&param.bounds, name) || in_where)
        })
    }

    fn ignored_param(&self, param: &Param<'_>) -> Diag {
        let names: Vec<_> = param
            .bindings
            .iter()
            .map(|ident| ident.unraw().to_string())
            .collect();
        match param.bindings.as_slice() {
            [] => self.unnamed(param),
            [_] if param.is_moved_pattern() => Diag::over(param.pat, UNNAMED)
                .help("give it one name and make it part of the key: `#[async_trait]` moves patterns into the body")
                .help("or say by that name that it cannot matter: `skip(name)`"),
            [ident] => {
                let diag = Diag::new(ident.span(), shared(&names.concat()));
                self.with_helps(diag, &names, &names)
            }
            _ => {
                let diag = Diag::over(param.pat, shared(&names.join("` or `")));
                self.with_helps(diag, &names, &names)
            }
        }
    }

    fn unnamed(&self, param: &Param<'_>) -> Diag {
        let diag = match param.pat {
            Pat::Wild(wild) => Diag::new(wild.underscore_token.span, UNNAMED),
            other => Diag::over(other, UNNAMED),
        };
        diag.help("give it a name and make it part of the key")
            .help(format!(
                "or say that it cannot matter:   {}",
                self.skip.with(&["_".to_owned()])
            ))
    }

    fn with_helps(&self, diag: Diag, as_key: &[String], names: &[String]) -> Diag {
        let longer = self.key.with(as_key);
        diag.help(format!("make it part of the key:        key = {longer}"))
            .help(format!(
                "or say that it cannot matter:   {}",
                self.skip.with(names)
            ))
    }
}

fn shared(name: &str) -> String {
    format!("two calls that differ only in `{name}` would share one cache entry")
}
