//! A string literal that messages can point into.

use std::ops::Range;

use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, LitStr};

use crate::diag::Diag;

#[derive(Clone)]
pub(crate) struct Text {
    literal: LitStr,
    value: String,
}

impl Text {
    /// The literal, also when it came through a `macro_rules!` variable.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        match ungroup(expr) {
            Expr::Lit(ExprLit {
                lit: Lit::Str(literal),
                ..
            }) => Some(Self::new(literal.clone())),
            _ => None,
        }
    }

    pub(crate) fn new(literal: LitStr) -> Self {
        let value = literal.value();
        Self { literal, value }
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn span(&self) -> Span {
        self.literal.span()
    }

    /// A message with the text drawn and a caret under `at`.
    pub(crate) fn diag(&self, at: &Range<usize>, title: impl Into<String>, label: &str) -> Diag {
        Diag::new(self.part(at), title).draw(&self.value, at, label)
    }

    /// The part itself where the compiler can point into a literal (nightly), the whole literal otherwise.
    fn part(&self, at: &Range<usize>) -> Span {
        let token = self.literal.token();
        // With an escape or a raw literal the bytes of the value are not those of the source.
        let plain = token.to_string().strip_prefix('"') == Some(&format!("{}\"", self.value));
        plain
            .then(|| token.subspan(at.start + 1..=at.end))
            .flatten()
            .unwrap_or_else(|| self.span())
    }
}

/// An expression without the invisible delimiters that a `macro_rules!` variable brings.
pub(crate) fn ungroup(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}
