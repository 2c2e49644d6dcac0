//! How long an entry lives: arithmetic only.

mod keep;
mod soft;

pub use keep::{IntoTtl, Keep};
pub use soft::Soft;

use core::fmt;
use core::num::NonZero;
use core::time::Duration;

/// Redis takes the life of a key in milliseconds, and the envelope keeps it in 40 bits (34 years).
pub(crate) const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The life of a value and of a cached "not found", as the attribute says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    value: Packed,
    none: Packed,
    /// How much longer the server keeps either.
    stale: Packed,
}

impl Lifetimes {
    /// Values live this long.
    ///
    /// # Panics
    /// If `ttl` is zero. The attribute evaluates it in a `const`, so this is a compile error.
    #[must_use]
    pub const fn ttl(ttl: Duration) -> Self {
        assert!(
            !ttl.is_zero(),
            "`ttl` must not be zero: such an entry could never be read"
        );
        Self {
            value: Packed::of(Life::of(ttl)),
            none: Packed::NONE,
            stale: Packed::NONE,
        }
    }

    /// Values live until they are invalidated.
    #[must_use]
    pub const fn forever() -> Self {
        Self {
            value: Packed::of(Life::FOREVER),
            none: Packed::NONE,
            stale: Packed::NONE,
        }
    }

    /// Each value says how long it lives.
    #[must_use]
    pub const fn per_value() -> Self {
        // Nothing falls back to what it is then taken for, `forever`: what has no life of its own is not stored.
        Self {
            value: Packed::NONE,
            ..Self::forever()
        }
    }

    /// A "not found" is stored as well and lives this long.
    ///
    /// # Panics
    /// If `ttl` is zero; a compile error in practice, as for [`Lifetimes::ttl`].
    #[must_use]
    pub const fn none_ttl(self, ttl: Duration) -> Self {
        assert!(
            !ttl.is_zero(),
            "`none_ttl` must not be zero: leave it out to store no \"not found\""
        );
        Self {
            none: Packed::of(Life::of(ttl)),
            ..self
        }
    }

    /// The server keeps an entry for so long past its life.
    pub(crate) fn stale(self, stale: Duration) -> Self {
        Self {
            stale: Packed::of(Life::of(stale)),
            ..self
        }
    }

    /// The life that all values have. `None`: each has its own.
    pub(crate) fn of_all(self) -> Option<Life> {
        self.value.life()
    }

    pub(crate) fn for_value(self) -> Life {
        self.value.life().unwrap_or(Life::FOREVER)
    }

    pub(crate) fn for_none(self) -> Option<Life> {
        self.none.life()
    }

    /// The same for a life as an entry has it.
    pub(crate) fn kept_at_most(self, life: Duration) -> Duration {
        let kept = self.kept(Life::of(life)).millis();
        kept.map_or(Duration::MAX, Duration::from_millis)
    }

    /// How long the server keeps an entry with this life.
    pub(crate) fn kept(self, life: Life) -> Life {
        match (life.millis(), self.stale.life().and_then(Life::millis)) {
            (Some(life), Some(stale)) => Life::of(Duration::from_millis(life + stale)),
            _ => life,
        }
    }
}

/// A life or none, in as many bits as the envelope has for it: each call keeps its lifetimes in the future of its function.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed([u8; 5]);

impl Packed {
    const NONE: Self = Self([0; 5]);

    /// Of the number for "until invalidated" the low bytes are all ones, as of no other.
    const fn of(life: Life) -> Self {
        let bytes = life.0.get().to_be_bytes();
        Self([bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    fn life(self) -> Option<Life> {
        if self.0 == [u8::MAX; 5] {
            return Some(Life::FOREVER);
        }
        let mut bytes = [0; 8];
        bytes[3..].copy_from_slice(&self.0);
        NonZero::new(u64::from_be_bytes(bytes)).map(Life)
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.life().fmt(f)
    }
}

/// The life of one entry in milliseconds; the longest number is "until invalidated".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life(NonZero<u64>);

impl Life {
    pub(crate) const FOREVER: Self = Self(NonZero::<u64>::MAX);

    /// As the store wants it: at least one millisecond, at most thirty years.
    const fn of(ttl: Duration) -> Self {
        let millis = if ttl.as_secs() < LONGEST.as_secs() {
            ttl.as_secs() * 1000 + ttl.subsec_millis() as u64
        } else {
            LONGEST.as_secs() * 1000
        };
        match NonZero::new(millis) {
            Some(millis) => Self(millis),
            None => Self(NonZero::<u64>::MIN),
        }
    }

    /// Shortens by up to `share` of the whole, never lengthens, never below one millisecond.
    ///
    /// Entries written together would otherwise expire together and be loaded together.
    pub(crate) fn jittered(self, share: f64, random: u64) -> Self {
        let Some(millis) = self.millis() else {
            return self;
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a fraction needs no more than 32 bits"
        )]
        let fraction = (random >> 32) as f64 / f64::from(u32::MAX);
        let ttl = Duration::from_millis(millis);
        let cut = ttl.mul_f64(share.clamp(0.0, 1.0) * fraction);
        Self::of(ttl.saturating_sub(cut))
    }

    /// In milliseconds. `None` is no expiry.
    pub(crate) fn millis(self) -> Option<u64> {
        (self != Self::FOREVER).then_some(self.0.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forever_has_no_expiry() {
        let life = Lifetimes::forever().for_value().jittered(0.5, u64::MAX);
        assert_eq!(life.millis(), None);
    }

    #[test]
    fn a_sub_millisecond_ttl_still_expires() {
        let life = Lifetimes::ttl(Duration::from_nanos(1)).for_value();
        assert_eq!(life.jittered(0.1, u64::MAX).millis(), Some(1));
    }

    #[test]
    fn an_entry_is_kept_past_its_life_and_not_for_ever() {
        let minute = Duration::from_secs(60);
        let lifetimes = Lifetimes::ttl(minute).stale(minute);
        let life = lifetimes.for_value();
        assert_eq!(life.millis(), Some(60_000));
        assert_eq!(lifetimes.kept(life).millis(), Some(120_000));
        assert_eq!(Lifetimes::ttl(minute).kept(life), life);
        assert_eq!(lifetimes.kept(Life::FOREVER), Life::FOREVER);
        let longest = Lifetimes::ttl(Duration::MAX).stale(Duration::MAX);
        let whole = Lifetimes::ttl(Duration::MAX).for_value();
        assert_eq!(longest.kept(whole), whole);
    }

    #[test]
    fn not_found_has_its_own_life() {
        let lifetimes = Lifetimes::ttl(Duration::from_secs(60));
        assert_eq!(lifetimes.for_none(), None);
        let life = lifetimes.none_ttl(Duration::from_secs(5)).for_none();
        assert_eq!(life.and_then(Life::millis), Some(5000));
    }

    #[test]
    fn the_longest_life_is_not_for_ever() {
        let longest = Lifetimes::ttl(Duration::MAX).for_value();
        assert_eq!(longest, Life::of(LONGEST));
        assert_eq!(Lifetimes::forever().for_value(), Life::FOREVER);
        assert_eq!(size_of::<Lifetimes>(), 15);
    }

    proptest! {
        #[test]
        fn every_life_is_kept(millis in 1..=30_u64 * 365 * 24 * 3600 * 1000) {
            let life = Life::of(Duration::from_millis(millis));
            prop_assert_eq!(Packed::of(life).life(), Some(life));
        }

        #[test]
        fn jitter_never_lengthens_and_stays_within_its_share(
            millis in 1_u64..1 << 50, share in 0.0_f64..=1.0, random: u64,
        ) {
            let life = Lifetimes::ttl(Duration::from_millis(millis)).for_value();
            let whole = life.millis().unwrap();
            let cut = life.jittered(share, random).millis().unwrap();
            prop_assert!((1..=whole).contains(&cut));
            #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, clippy::cast_possible_truncation,
                reason = "a bound with a margin")]
            let floor = (whole as f64 * (1.0 - share)) as u64;
            prop_assert!(cut + 1 >= floor);
        }
    }
}
