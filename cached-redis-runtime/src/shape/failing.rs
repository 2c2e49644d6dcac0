//! A return type that can also say: the write took place, and its entries are still there.

use core::fmt;

use super::{Shape, Verdict};
use crate::error::Error;

/// What a writer with `on_error = "fail"` returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that the deletion failed",
    label = "returned by a function with `on_error = \"fail\"`",
    note = "return `Result<{Self}, E>` and write `impl From<cached_redis_runtime::Error> for E`, or leave `on_error` out"
)]
pub trait Failing {
    /// The `Err` for a deletion that failed.
    fn failed(error: Error) -> Self;
}

impl<T, E: FromError> Failing for Result<T, E> {
    fn failed(error: Error) -> Self {
        Err(E::from_error(error))
    }
}

/// An error that can be made from one of the cache: [`From`], with a message of its own where it is missing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say that the deletion failed",
    label = "its error is not made from a `cached_redis_runtime::Error`",
    note = "write `impl From<cached_redis_runtime::Error> for {Self}`, or leave `on_error` out"
)]
pub trait FromError {
    /// `Self::from(error)`.
    fn from_error(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> FromError for E {
    fn from_error(error: Error) -> Self {
        Self::from(error)
    }
}

/// A shape whose function fails where the deletion after it did. What that takes is asked where one is made, and only
/// there, for one error at most.
pub struct OrFail<S: Shape> {
    failed: fn(Error) -> S::Output,
}

impl<S: Shape<Output: Failing>> OrFail<S> {
    pub(crate) fn new(_: S) -> Self {
        Self {
            failed: Failing::failed,
        }
    }
}

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "derived, it would ask for an output that is `Copy`"
)]
impl<S: Shape> Clone for OrFail<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Shape> Copy for OrFail<S> {}

impl<S: Shape> fmt::Debug for OrFail<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrFail")
    }
}

impl<S: Shape> Shape for OrFail<S> {
    type Output = S::Output;
    type Value = S::Value;
    type Stored = S::Stored;

    fn verdict(output: &Self::Output) -> Verdict<'_, Self::Value> {
        S::verdict(output)
    }

    fn undeleted(self, _output: Self::Output, error: Error) -> Self::Output {
        (self.failed)(error)
    }
}
