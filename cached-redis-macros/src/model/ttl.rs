//! How long an entry lives.

use syn::Expr;

use crate::parse::source::source;

#[derive(Clone)]
pub(crate) enum Life {
    Millis(u64),
    /// A constant expression of type `Duration`.
    Expr(Box<Expr>),
}

impl Life {
    /// `1h30m`, however it was written, or the expression.
    pub(crate) fn text(&self) -> String {
        let mut rest = match self {
            Self::Expr(expr) => return source(expr),
            Self::Millis(millis) => *millis,
        };
        let mut text = String::new();
        for (unit, scale) in [
            ("d", 86_400_000),
            ("h", 3_600_000),
            ("m", 60_000),
            ("s", 1_000),
            ("ms", 1),
        ] {
            if rest >= scale {
                text.push_str(&(rest / scale).to_string());
                text.push_str(unit);
                rest %= scale;
            }
        }
        text
    }
}

/// The arguments that say how long an entry lives.
#[derive(Clone)]
pub(crate) struct Ttl {
    pub(crate) value: Lasting,
    /// For "not found"; without it nothing is stored for `None`.
    pub(crate) none: Option<Life>,
}

/// How long a value lives.
#[derive(Clone)]
pub(crate) enum Lasting {
    Forever,
    For(Life),
    /// As long as the closure says.
    PerValue(Box<Expr>),
}

impl Ttl {
    pub(crate) fn is_forever(&self) -> bool {
        matches!(self.value, Lasting::Forever)
    }

    /// The closure that each value is asked with.
    pub(crate) fn per_value(&self) -> Option<&Expr> {
        match &self.value {
            Lasting::PerValue(closure) => Some(closure),
            Lasting::Forever | Lasting::For(_) => None,
        }
    }

    /// For the catalogue.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Lasting::Forever => "forever".to_owned(),
            Lasting::For(life) => life.text(),
            Lasting::PerValue(_) => "per value".to_owned(),
        }
    }
}
