//! A string literal that messages can point into.

use std::fmt;
use std::ops::Range;

use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, LitStr};

use crate::diag::Diag;

/// What a template is for, as a message calls it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Tag,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Tag => "tag",
        })
    }
}

#[derive(Clone)]
pub(crate) struct Text {
    literal: LitStr,
    value: String,
    role: Role,
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
        Self {
            literal,
            value,
            role: Role::Key,
        }
    }

    pub(crate) fn for_a(self, role: Role) -> Self {
        Self { role, ..self }
    }

    pub(crate) fn role(&self) -> Role {
        self.role
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
