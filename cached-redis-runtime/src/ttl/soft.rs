//! What a function does before its entries expire, and after.

use core::time::Duration;

use super::Lifetimes;

/// `stale`, `refresh_ahead`, `early` and `soft_timeout` of one function, as the attribute says them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "they are the arguments'")]
pub struct Soft {
    stale: Option<Duration>,
    refresh_ahead: Option<f64>,
    early: Option<f64>,
    soft_timeout: Option<Duration>,
}

impl Soft {
    /// None of them.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "only attributes make one, in a `const`"
    )]
    pub const fn new() -> Self {
        Self {
            stale: None,
            refresh_ahead: None,
            early: None,
            soft_timeout: None,
        }
    }

    /// After its ttl a value may be answered with for this long.
    ///
    /// # Panics
    /// If `life` is zero. The attribute evaluates it in a `const`, so this is a compile error; so are the others.
    #[must_use]
    pub const fn stale(self, life: Duration) -> Self {
        assert!(
            !life.is_zero(),
            "`stale` must not be zero: leave it out to use no value after its ttl"
        );
        Self {
            stale: Some(life),
            ..self
        }
    }

    /// Past this share of the ttl a reload begins in the background.
    ///
    /// # Panics
    /// If it is not between zero and one.
    #[must_use]
    pub const fn refresh_ahead(self, share: f64) -> Self {
        assert!(
            share > 0.0 && share < 1.0,
            "`refresh_ahead` is a share of the ttl: it must be above 0.0 and below 1.0"
        );
        Self {
            refresh_ahead: Some(share),
            ..self
        }
    }

    /// Values are reloaded early at random, with this factor on how early.
    ///
    /// # Panics
    /// If it is not above zero, or not a finite number.
    #[must_use]
    pub const fn early(self, factor: f64) -> Self {
        assert!(
            factor > 0.0 && factor.is_finite(),
            "`early` must be above 0.0 and finite: 1.0 fits most functions"
        );
        Self {
            early: Some(factor),
            ..self
        }
    }

    /// A caller who finds a value past its ttl waits this long for a newer one.
    ///
    /// # Panics
    /// If `wait` is zero.
    #[must_use]
    pub const fn soft_timeout(self, wait: Duration) -> Self {
        assert!(
            !wait.is_zero(),
            "`soft_timeout` must not be zero: leave it out to wait for nothing"
        );
        Self {
            soft_timeout: Some(wait),
            ..self
        }
    }

    /// With `stale` the server keeps an entry for longer than its life.
    pub(crate) fn kept(&self, lifetimes: Lifetimes) -> Lifetimes {
        match self.stale {
            Some(stale) => lifetimes.stale(stale),
            None => lifetimes,
        }
    }

    pub(crate) fn stale_for(&self) -> Option<Duration> {
        self.stale
    }

    /// Of `refresh_ahead`.
    pub(crate) fn share(&self) -> Option<f64> {
        self.refresh_ahead
    }

    /// Of `early`, as its inventors call it.
    pub(crate) fn beta(&self) -> Option<f64> {
        self.early
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.soft_timeout
    }
}
