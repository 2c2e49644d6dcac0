//! A field of a type, by its name in Rust, and what it is called where values are stored.

use core::any::type_name;
use core::borrow::Borrow;
use core::fmt;

use crate::codec::Cacheable;
use crate::codec::fields::name_of;
use crate::sync::{Arc, OnceLock};

/// One field of a `V`, made by [`field!`](crate::field): for [`field_of`](crate::field_of).
///
/// # Examples
///
/// ```
/// use cached_redis_runtime::{Field, field};
///
/// struct User {
///     email: String,
/// }
///
/// let email: Field<User, String> = field!(User.email);
/// let user = User { email: "ada@example.com".into() };
/// assert_eq!(email.of(&user), "ada@example.com");
/// ```
pub struct Field<V, F> {
    name: &'static FieldName,
    of: fn(&V) -> &F,
}

impl<V, F> Field<V, F> {
    #[doc(hidden)]
    pub const fn new(name: &'static FieldName, of: fn(&V) -> &F) -> Self {
        Self { name, of }
    }

    /// The field of this value.
    #[must_use]
    pub fn of<'a>(&self, whole: &'a V) -> &'a F {
        (self.of)(whole)
    }
}

impl<V: Cacheable, F> Field<V, F> {
    /// What the field is called in the hash, if a value has been seen since the program started.
    pub(super) fn stored_name(&self) -> Option<&'static str> {
        self.name.get::<V>()
    }

    /// Looks at a value for it.
    pub(super) fn learn(&self, whole: &V) -> Option<&'static str> {
        self.name
            .get::<V>()
            .or_else(|| self.name.learn(whole, self.of(whole)))
    }
}

impl<V, F> Clone for Field<V, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, F> Copy for Field<V, F> {}

impl<V, F> fmt::Debug for Field<V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").finish_non_exhaustive()
    }
}

/// Remembers what a field is called in hashes: serde may rename it, and only a value shows how.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldName(OnceLock<Known>);

/// A `static` in a generic function serves all its instances: the name is that of one of their types.
#[derive(Debug)]
struct Known {
    whole: &'static str,
    name: Box<str>,
}

impl FieldName {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn get<V>(&'static self) -> Option<&'static str> {
        let known = self.0.get()?;
        (known.whole == type_name::<V>()).then_some(&*known.name)
    }

    fn learn<V: Cacheable, F>(&'static self, whole: &V, field: &F) -> Option<&'static str> {
        let name = name_of(whole, field)?;
        self.0.get_or_init(|| Known {
            whole: type_name::<V>(),
            name: name.into(),
        });
        self.get::<V>()
    }
}

/// What a cached function returns whose value is a `V`: `V`, `Option<V>`, `Result<V, E>` or `Result<Option<V>, E>`, and each of
/// them with `Arc<V>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no `{V}`, whose field is asked for",
    label = "the call returns `{Self}`",
    note = "the call of a function that returns `{V}`, in `Option`, `Result` and `Arc` or not, fits a field of `{V}`"
)]
pub trait FieldOf<V> {
    /// The same around a field.
    type With<F>;

    #[doc(hidden)]
    fn map<F>(self, of: impl FnOnce(&V) -> F) -> Self::With<F>;

    #[doc(hidden)]
    fn found<F>(field: F) -> Self::With<F>;

    #[doc(hidden)]
    fn absent<F>() -> Option<Self::With<F>>;
}

macro_rules! field_of {
    ($($held:ty)*) => {$(
        impl<V> FieldOf<V> for $held {
            type With<F> = F;

            fn map<F>(self, of: impl FnOnce(&V) -> F) -> F {
                of(&self)
            }

            fn found<F>(field: F) -> F {
                field
            }

            fn absent<F>() -> Option<F> {
                None
            }
        }

        impl<V> FieldOf<V> for Option<$held> {
            type With<F> = Option<F>;

            fn map<F>(self, of: impl FnOnce(&V) -> F) -> Option<F> {
                self.map(|whole| of(&whole))
            }

            fn found<F>(field: F) -> Option<F> {
                Some(field)
            }

            fn absent<F>() -> Option<Option<F>> {
                Some(None)
            }
        }

        impl<V, E> FieldOf<V> for Result<$held, E> {
            type With<F> = Result<F, E>;

            fn map<F>(self, of: impl FnOnce(&V) -> F) -> Result<F, E> {
                self.map(|whole| of(&whole))
            }

            fn found<F>(field: F) -> Result<F, E> {
                Ok(field)
            }

            fn absent<F>() -> Option<Result<F, E>> {
                None
            }
        }

        impl<V, E> FieldOf<V> for Result<Option<$held>, E> {
            type With<F> = Result<Option<F>, E>;

            fn map<F>(self, of: impl FnOnce(&V) -> F) -> Result<Option<F>, E> {
                self.map(|held| held.map(|whole| of(&whole)))
            }

            fn found<F>(field: F) -> Result<Option<F>, E> {
                Ok(Some(field))
            }

            fn absent<F>() -> Option<Result<Option<F>, E>> {
                Some(Ok(None))
            }
        }
    )*};
}

field_of!(V Arc<V>);

/// A field's type, and what may be written for it: itself, or what it borrows as.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the field is a `{Self}`, and `value` is a `{T}`",
    label = "not what the field holds",
    note = "give `value` as a `{Self}`, or as what that borrows as: a `str` for a `String`"
)]
pub trait Holds<T: ?Sized> {}

#[diagnostic::do_not_recommend]
impl<F: Borrow<T>, T: ?Sized> Holds<T> for F {}
