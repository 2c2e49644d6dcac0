//! What a function does before its entries expire, and after.

use syn::Expr;

use super::ttl::Life;

/// The arguments for it, each as given.
#[derive(Default)]
#[expect(clippy::struct_field_names, reason = "they are the arguments'")]
pub(crate) struct Soft {
    pub(crate) stale: Option<Life>,
    pub(crate) refresh_ahead: Option<Factor>,
    pub(crate) early: Option<Factor>,
    pub(crate) soft_timeout: Option<Life>,
}

impl Soft {
    pub(crate) fn is_given(&self) -> bool {
        let in_the_call = self.stale.is_some() || self.early.is_some();
        in_the_call || self.is_ahead()
    }

    /// Whether the body may run in the background, and so can borrow nothing of the call.
    pub(crate) fn is_ahead(&self) -> bool {
        self.refresh_ahead.is_some() || self.soft_timeout.is_some()
    }
}

pub(crate) enum Factor {
    Number(f64),
    /// A constant expression of type `f64`.
    Expr(Box<Expr>),
}
