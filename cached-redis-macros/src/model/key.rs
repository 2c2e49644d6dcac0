//! What an entry is called: a template with every placeholder resolved, or a family with its arguments.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Expr, Member, Path, Type};

use super::each::Each;

pub(crate) enum KeyPlan {
    Template(TemplatePlan),
    Family(FamilyPlan),
}

impl KeyPlan {
    /// Every item of this parameter has a key of its own: in the key, its name stands for one item of another type.
    pub(crate) fn each(&mut self, each: &Each) {
        let Self::Template(plan) = self else { return };
        for segment in &mut plan.segments {
            if let Segment::Values(values) = segment {
                for value in values.iter_mut().filter(|value| each.is(&value.root)) {
                    value.ty = None;
                }
            }
        }
    }

    /// Whether the key names this parameter.
    pub(crate) fn names(&self, each: &Each) -> bool {
        match self {
            Self::Template(plan) => plan.segments.iter().any(|segment| match segment {
                Segment::Values(values) => values.iter().any(|value| each.is(&value.root)),
                Segment::Type(_) | Segment::Result { .. } => false,
            }),
            Self::Family(plan) => plan
                .args
                .iter()
                .any(|arg| arg.names.iter().any(|name| each.is(name))),
        }
    }

    /// Whether the key needs the result, and so can only be built after the call.
    pub(crate) fn needs_result(&self) -> bool {
        match self {
            Self::Template(plan) => plan
                .segments
                .iter()
                .any(|segment| matches!(segment, Segment::Result { .. })),
            Self::Family(plan) => plan.result().is_some(),
        }
    }
}

/// Literal text around values: `literals[0] segments[0] literals[1] … literals[n]`.
pub(crate) struct TemplatePlan {
    /// As written.
    pub(crate) template: String,
    pub(crate) literals: Vec<String>,
    pub(crate) segments: Vec<Segment>,
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

/// `UserById(user.id)`: rustc resolves the family and its arguments.
pub(crate) struct FamilyPlan {
    pub(crate) path: Path,
    pub(crate) args: Vec<FamilyArg>,
}

impl FamilyPlan {
    /// The user's word for the result, where an argument has it.
    pub(crate) fn result(&self) -> Option<&Ident> {
        self.args.iter().find_map(|arg| arg.result.as_ref())
    }
}

pub(crate) struct FamilyArg {
    pub(crate) expr: Expr,
    /// What it mentions: a field or a method after a dot is not counted.
    pub(crate) names: Vec<Ident>,
    /// Its first `ret`, if that is the result.
    pub(crate) result: Option<Ident>,
}
