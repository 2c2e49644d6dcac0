//! A key template with every placeholder resolved.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Member, Type};

/// Literal text around values: `literals[0] segments[0] literals[1] … literals[n]`.
pub(crate) struct KeyPlan {
    /// As written.
    pub(crate) template: String,
    pub(crate) literals: Vec<String>,
    pub(crate) segments: Vec<Segment>,
}

impl KeyPlan {
    /// Whether the key needs the result, and so can only be built after the call.
    pub(crate) fn needs_result(&self) -> bool {
        let mut segments = self.segments.iter();
        segments.any(|segment| matches!(segment, Segment::Result { .. }))
    }
}

pub(crate) enum Segment {
    /// A parameter or one of its fields. More than one only when `#[cfg]` chooses between them.
    Values(Vec<Value>),
    /// The name of a type parameter's type.
    Type(Ident),
    /// The result or one of its fields, and where the template is.
    Result { fields: Vec<Member>, span: Span },
}

pub(crate) struct Value {
    /// The user's name, shown at the template.
    pub(crate) root: Ident,
    pub(crate) fields: Vec<Member>,
    /// For the turbofish that makes rustc underline the parameter's type.
    pub(crate) ty: Option<Type>,
    pub(crate) cfgs: Vec<Attribute>,
}
