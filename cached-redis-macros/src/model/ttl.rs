//! How long an entry lives.

use syn::Expr;

#[derive(Clone)]
pub(crate) enum Life {
    Millis(u64),
    /// A constant expression of type `Duration`.
    Expr(Box<Expr>),
}

/// The arguments that say how long an entry lives.
#[derive(Clone)]
pub(crate) struct Ttl {
    /// `None` is for ever.
    pub(crate) value: Option<Life>,
    /// For "not found"; without it nothing is stored for `None`.
    pub(crate) none: Option<Life>,
}
