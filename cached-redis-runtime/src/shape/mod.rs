//! The shape of a return type: where the value is, what "not found" and "failed" look like.
//!
//! `Result<Option<Arc<User>>, E>` is a [`FallibleMaybe`] around a [`SharedLeaf`]. [`probe`] finds the shape from the
//! type itself, so an alias such as `sqlx::Result<T>` needs no annotation.

mod failing;
mod hashed;
mod ids;
mod leaf;
pub mod probe;
mod returns;
pub mod rows;

pub use failing::{Failing, FromError, OrFail};
pub use hashed::{Hashed, Whole};
pub use ids::{Asked, Ids};
pub use leaf::{Leaf, OwnedLeaf, SharedLeaf, StoredLeaf, UnsizedLeaf};
pub use returns::Returns;
pub(crate) use returns::Rows as ReturnedRows;

use core::fmt;
use core::marker::PhantomData;

use crate::codec::{CodecError, Format};
use crate::error::Error;
use crate::site::Site;

/// What a function returned, as the cache sees it.
#[derive(Debug)]
pub enum Verdict<'a, V: ?Sized> {
    /// A value that could be stored.
    Value(&'a V),
    /// `None`.
    Absent,
    /// `Err`.
    Failed,
}

/// A return type, taken apart.
pub trait Shape: Copy {
    /// The function's return type.
    type Output;
    /// What would be stored.
    type Value: ?Sized;
    /// As it is read back.
    type Stored;

    /// Where the value is in this output.
    fn verdict(output: &Self::Output) -> Verdict<'_, Self::Value>;

    /// What a writer returns whose body returned `output`, and whose entries could not be deleted.
    fn undeleted(self, output: Self::Output, _error: Error) -> Self::Output {
        output
    }
}

/// A shape whose value can be stored and read back.
pub trait Storable: Shape {
    /// The tag of entries with this value type.
    fn fingerprint(site: &Site, format: Format) -> u64;

    /// Appends the encoded value.
    ///
    /// # Errors
    /// When the format cannot write it.
    fn encode(format: Format, value: &Self::Value, out: &mut Vec<u8>) -> Result<(), Unencodable>;

    /// The output that these bytes stand for.
    fn decode(format: Format, payload: &[u8]) -> Option<Self::Output>;

    /// The output for a cached "not found", where the type has one.
    fn absent() -> Option<Self::Output>;
}

/// Why a value cannot be stored.
#[derive(Debug)]
pub struct Unencodable(CodecError);

impl From<CodecError> for Unencodable {
    fn from(error: CodecError) -> Self {
        Self(error)
    }
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `T`: always a value.
pub struct Plain<L>(PhantomData<fn() -> L>);
/// `Option<T>`.
pub struct Maybe<L>(PhantomData<fn() -> L>);
/// `Result<T, E>`.
pub struct Fallible<L, E>(PhantomData<fn() -> (L, E)>);
/// `Result<Option<T>, E>`.
pub struct FallibleMaybe<L, E>(PhantomData<fn() -> (L, E)>);

/// What the four have in common: they are names for types, without data, and [`Storable`] asks their leaf.
macro_rules! shape {
    ($name:ident<$leaf:ident $(, $error:ident)?>, $wrap:expr, $absent:expr) => {
        impl<$leaf $(, $error)?> $name<$leaf $(, $error)?> {
            pub(crate) const fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<$leaf $(, $error)?> Clone for $name<$leaf $(, $error)?> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$leaf $(, $error)?> Copy for $name<$leaf $(, $error)?> {}

        impl<$leaf $(, $error)?> fmt::Debug for $name<$leaf $(, $error)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<$leaf: StoredLeaf $(, $error)?> Storable for $name<$leaf $(, $error)?> {
            fn fingerprint(site: &Site, format: Format) -> u64 {
                $leaf::fingerprint(site, format)
            }

            fn encode(
                format: Format,
                value: &Self::Value,
                out: &mut Vec<u8>,
            ) -> Result<(), Unencodable> {
                $leaf::encode(format, value, out)
            }

            fn decode(format: Format, payload: &[u8]) -> Option<Self::Output> {
                $leaf::decode(format, payload).map($wrap)
            }

            fn absent() -> Option<Self::Output> {
                $absent
            }
        }

        impl<$leaf: StoredLeaf $(, $error)?> Whole for $name<$leaf $(, $error)?> {
            fn whole(stored: Self::Stored) -> Self::Output {
                $wrap($leaf::held(stored))
            }
        }
    };
}

shape!(Plain<L>, core::convert::identity, None);
shape!(Maybe<L>, Some, Some(None));
shape!(Fallible<L, E>, Ok, None);
shape!(FallibleMaybe<L, E>, |held| Ok(Some(held)), Some(Ok(None)));

impl<L: Leaf> Shape for Plain<L> {
    type Output = L::Held;
    type Value = L::Value;
    type Stored = L::Stored;

    fn verdict(output: &Self::Output) -> Verdict<'_, Self::Value> {
        Verdict::Value(L::value(output))
    }
}

impl<L: Leaf> Shape for Maybe<L> {
    type Output = Option<L::Held>;
    type Value = L::Value;
    type Stored = L::Stored;

    fn verdict(output: &Self::Output) -> Verdict<'_, Self::Value> {
        match output {
            Some(held) => Verdict::Value(L::value(held)),
            None => Verdict::Absent,
        }
    }
}

impl<L: Leaf, E> Shape for Fallible<L, E> {
    type Output = Result<L::Held, E>;
    type Value = L::Value;
    type Stored = L::Stored;

    fn verdict(output: &Self::Output) -> Verdict<'_, Self::Value> {
        match output {
            Ok(held) => Verdict::Value(L::value(held)),
            Err(_) => Verdict::Failed,
        }
    }
}

impl<L: Leaf, E> Shape for FallibleMaybe<L, E> {
    type Output = Result<Option<L::Held>, E>;
    type Value = L::Value;
    type Stored = L::Stored;

    fn verdict(output: &Self::Output) -> Verdict<'_, Self::Value> {
        match output {
            Ok(Some(held)) => Verdict::Value(L::value(held)),
            Ok(None) => Verdict::Absent,
            Err(_) => Verdict::Failed,
        }
    }
}
