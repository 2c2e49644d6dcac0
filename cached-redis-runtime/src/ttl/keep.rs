//! What is to become of one value: the answer of `unless`, and of a `ttl` that is a closure.

use core::time::Duration;

use super::Life;

/// How long a value lives that says so itself: what the closure of `ttl = |value| …` gives, and that of
/// [`ReadThrough::ttl_of`](crate::ReadThrough::ttl_of). A `u64` is in seconds.
///
/// Zero means: this value is not stored. A life that is longer than thirty years is thirty years.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how long a value lives",
    label = "given by the closure of `ttl`",
    note = "give a number of seconds as `u64`, or a `Duration`: `ttl = |value| u64::from(value.seconds)`; a value that is not to be stored has a ttl of zero"
)]
pub trait IntoTtl {
    /// As a duration.
    fn into_ttl(self) -> Duration;
}

// With another integer beside it, a number in a closure would be an `i32`.
impl IntoTtl for u64 {
    fn into_ttl(self) -> Duration {
        Duration::from_secs(self)
    }
}

impl IntoTtl for Duration {
    fn into_ttl(self) -> Duration {
        self
    }
}

/// Whether a value is stored, and for how long. One number, since each function with a cache has it in its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep(u64);

impl Keep {
    /// Not at all.
    pub const NOT: Self = Self(0);
    /// As long as its function says.
    pub const USUAL: Self = Self(u64::MAX);

    /// As `unless` has it.
    #[must_use]
    pub const fn unless(skip: bool) -> Self {
        if skip { Self::NOT } else { Self::USUAL }
    }

    /// For so long, or not at all.
    #[must_use]
    pub fn lasting(ttl: Duration) -> Self {
        if ttl.is_zero() {
            return Self::NOT;
        }
        // At most thirty years, so it is not the number of `USUAL`.
        Self(Life::of(ttl).0.get())
    }

    pub(crate) fn is_not(self) -> bool {
        self == Self::NOT
    }

    /// The life that is this value's own.
    pub(crate) fn life(self) -> Option<Life> {
        core::num::NonZero::new(self.0)
            .filter(|_| self != Self::USUAL)
            .map(Life)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_not_stored_and_the_longest_is_not_the_usual() {
        assert_eq!(Keep::lasting(0.into_ttl()), Keep::NOT);
        assert_eq!(Keep::NOT.life(), None);
        assert_eq!(Keep::USUAL.life(), None);
        let longest = Keep::lasting(u64::MAX.into_ttl());
        assert_eq!(longest.life(), Some(Life::of(Duration::MAX)));
        let brief = Keep::lasting(Duration::from_nanos(1));
        assert_eq!(brief.life().and_then(Life::millis), Some(1));
    }

    #[test]
    fn a_number_is_in_seconds() {
        fn life(ttl: impl IntoTtl) -> Option<u64> {
            Keep::lasting(ttl.into_ttl()).life().and_then(Life::millis)
        }
        assert_eq!(life(7), Some(7_000));
        assert_eq!(life(Duration::from_millis(7)), Some(7));
    }
}
