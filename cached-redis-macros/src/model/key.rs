//! A key template with every placeholder resolved.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Member, Type};

use super::each::Each;

/// Literal text around values: `literals[0] segments[0] literals[1] … literals[n]`.
pub(crate) struct KeyPlan {
    /// As written.
    pub(crate) template: String,
    pub(crate) literals: Vec<String>,
    pub(crate) segments: Vec<Segment>,
}

impl KeyPlan {
    /// Every item of this parameter has a key of its own: in the key, its name stands for one item of another type.
    pub(crate) fn each(&mut self, each: &Each) {
        for segment in &mut self.segments {
            if let Segment::Values(values) = segment {
                for value in values.iter_mut().filter(|value| each.is(&value.root)) {
                    value.ty = None;
                }
            }
        }
    }

    /// Whether the key names this parameter.
    pub(crate) fn names(&self, each: &Each) -> bool {
        self.segments.iter().any(|segment| match segment {
            Segment::Values(values) => values.iter().any(|value| each.is(&value.root)),
            Segment::Type(_) | Segment::Result { .. } => false,
        })
    }

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
