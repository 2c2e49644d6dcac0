//! What a field of a type is called in the hash.
//!
//! serde's attributes rename fields, and leave no trace of it that a type could be asked for. But a value that is serialized hands out each
//! field by reference, beside its name: the one that lies where the field lies, and has its type, is that field.

use std::any::type_name;
use std::ptr::from_ref;

use serde::Serialize;

use super::named::{Named, Refusal, Sink};

/// The name under which `whole` stores its `field`. `None` if it is not stored as it is: left out, flattened, or written by a
/// function of its own.
pub(crate) fn name_of<V: Serialize, F>(whole: &V, field: &F) -> Option<String> {
    // What takes no room may lie where another field does.
    if size_of::<F>() == 0 {
        return None;
    }
    let mut found = None;
    let finder = Finder {
        place: from_ref(field).addr(),
        ty: type_name::<F>(),
        found: &mut found,
    };
    // A value that has no fields has none of this name.
    let _ = whole.serialize(Named(finder));
    found
}

struct Finder<'a> {
    place: usize,
    ty: &'static str,
    found: &'a mut Option<String>,
}

impl Sink for Finder<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refusal> {
        let place = from_ref(value).cast::<()>().addr();
        if place == self.place && type_name::<T>() == self.ty {
            *self.found = Some(name.to_owned());
        }
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
