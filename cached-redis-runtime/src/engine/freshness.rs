//! Whether an entry that may be taken is due to be loaded anew: arithmetic only.
//!
//! What the header says of times is for *when* to reload, never for *whether* the entry is valid: that is the key's own
//! expiry. A clock that is behind finds every entry fresh, one that is ahead finds it due, and neither does more harm than a
//! load too late or too early. Bytes from outside may say anything; whatever they say, the arithmetic saturates.

use core::time::Duration;

use crate::codec::Head;
use crate::ttl::Soft;

/// What a reader finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    /// Past the share of its life from which it is loaded ahead.
    Ahead,
    /// Within its life, and this reader has drawn the lot to load it early.
    Early,
    /// Past its life, by so much.
    Stale {
        age: Duration,
    },
}

impl Freshness {
    /// Judges an entry at `now`, in milliseconds since 1970. `random` is what lots are drawn with.
    pub(crate) fn of(head: &Head, soft: &Soft, now: u64, random: u64) -> Self {
        if head.life_ms == 0 {
            return Self::Fresh;
        }
        let elapsed = now.saturating_sub(head.written_at_ms);
        let remaining = head.life_ms.saturating_sub(elapsed);
        if remaining == 0 && soft.stale_for().is_some() {
            let age = Duration::from_millis(elapsed - head.life_ms);
            return Self::Stale { age };
        }
        if soft
            .beta()
            .is_some_and(|beta| draws(head.cost_ms, beta, remaining, random))
        {
            return Self::Early;
        }
        if soft
            .share()
            .is_some_and(|share| is_past(share, elapsed, head.life_ms))
        {
            return Self::Ahead;
        }
        Self::Fresh
    }
}

/// Whether a reader loads early: the nearer the end, and the longer a load takes, the more probable.
///
/// Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (VLDB 2015): with the gap drawn from
/// an exponential distribution, hardly ever two readers load at once, and hardly ever none does in time.
fn draws(cost_ms: u16, beta: f64, remaining_ms: u64, random: u64) -> bool {
    // 53 bits, as many as there are between a half and one; never zero, whose logarithm has no end.
    let uniform = (float(random >> 11) + 1.0) / float(1 << 53);
    -f64::from(cost_ms) * beta * uniform.ln() >= float(remaining_ms)
}

fn is_past(share: f64, elapsed_ms: u64, life_ms: u64) -> bool {
    float(elapsed_ms) >= float(life_ms) * share
}

#[expect(
    clippy::cast_precision_loss,
    reason = "below 2^53 there is none, and above it nobody counts milliseconds"
)]
fn float(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::Nonce;

    const NOW: u64 = 1_790_000_000_000;

    /// Written so long ago.
    fn written(ago: u64, life_ms: u64, cost_ms: u16) -> Head {
        Head {
            nonce: Nonce::ZERO,
            format: 1,
            flags: 0,
            fingerprint: 0,
            written_at_ms: NOW - ago,
            life_ms,
            cost_ms,
        }
    }

    fn minute() -> Soft {
        Soft::new().stale(Duration::from_secs(60))
    }

    fn all() -> Soft {
        minute().early(1.0).refresh_ahead(0.8)
    }

    #[test]
    fn each_policy_has_its_time() {
        let ahead = Soft::new().refresh_ahead(0.8);
        let cases = [
            (ahead, 799, Freshness::Fresh),
            (ahead, 800, Freshness::Ahead),
            // Only the clocks differ: the server knows whether it has expired.
            (ahead, 1500, Freshness::Ahead),
            (minute(), 999, Freshness::Fresh),
            (
                minute(),
                1000,
                Freshness::Stale {
                    age: Duration::ZERO,
                },
            ),
            (
                minute(),
                1300,
                Freshness::Stale {
                    age: Duration::from_millis(300),
                },
            ),
            (all(), 799, Freshness::Fresh),
            (all(), 800, Freshness::Ahead),
            (
                all(),
                1000,
                Freshness::Stale {
                    age: Duration::ZERO,
                },
            ),
            (Soft::new(), 5000, Freshness::Fresh),
        ];
        for (soft, ago, expected) in cases {
            let found = Freshness::of(&written(ago, 1000, 0), &soft, NOW, 1 << 63);
            assert_eq!(found, expected, "{soft:?} after {ago} ms");
        }
    }

    #[test]
    fn a_clock_that_is_behind_finds_everything_fresh() {
        let soft = all();
        let head = Head {
            written_at_ms: NOW + 3_600_000,
            ..written(0, 1000, 0)
        };
        assert_eq!(Freshness::of(&head, &soft, NOW, 1 << 63), Freshness::Fresh);
        assert_eq!(Freshness::of(&head, &soft, 0, 1 << 63), Freshness::Fresh);
    }

    #[test]
    fn what_lives_until_it_is_invalidated_is_never_due() {
        let head = written(NOW, 0, u16::MAX);
        assert_eq!(Freshness::of(&head, &all(), NOW, 0), Freshness::Fresh);
    }

    /// The numbers of a generator that everybody can have: `SplitMix64` from one.
    fn lots(count: usize) -> impl Iterator<Item = u64> {
        let mut state = 1_u64;
        core::iter::repeat_with(move || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        })
        .take(count)
    }

    /// Of `-cost * beta * ln(random) >= remaining` the probability is `exp(-remaining / (cost * beta))`.
    #[test]
    fn readers_load_early_as_often_as_they_should() {
        const READERS: usize = 100_000;
        for (cost, beta, remaining) in [
            (100, 1.0, 50),
            (100, 1.0, 100),
            (100, 1.0, 400),
            (100, 2.0, 400),
            (100, 0.5, 100),
            (1, 1.0, 1),
            (20_000, 1.0, 60_000),
            (u16::MAX, 1.0, 131_070),
        ] {
            let early = lots(READERS)
                .filter(|&lot| draws(cost, beta, remaining, lot))
                .count();
            let found = float(early as u64) / float(READERS as u64);
            let expected = (-float(remaining) / (f64::from(cost) * beta)).exp();
            // Four standard deviations of a mean of so many.
            let tolerance = 4.0 * (expected * (1.0 - expected) / float(READERS as u64)).sqrt();
            assert!(
                (found - expected).abs() < tolerance,
                "cost {cost}, beta {beta}, {remaining} ms left: {found} instead of {expected}"
            );
        }
    }

    #[test]
    fn a_load_that_takes_no_time_is_not_begun_early() {
        assert!(lots(1000).all(|lot| !draws(0, 1.0, 1, lot)));
        // With nothing left there is nothing to wait for, however quick the load.
        assert!(lots(1000).all(|lot| draws(0, 1.0, 0, lot)));
    }

    proptest! {
        #[test]
        fn any_header_is_judged_without_a_panic(
            written_at_ms: u64, life_ms: u64, cost_ms: u16, now: u64, random: u64,
            stale: u64, share in 0.0_f64..1.0, beta in 0.0_f64..1e300,
        ) {
            let head = Head { written_at_ms, life_ms, ..written(0, 0, cost_ms) };
            let whole = Soft::new().stale(Duration::from_millis(stale.max(1))).early(beta.max(0.1)).refresh_ahead(share.max(0.01));
            match Freshness::of(&head, &whole, now, random) {
                Freshness::Stale { age } => {
                    prop_assert!(life_ms > 0 && now >= written_at_ms);
                    let end = u128::from(written_at_ms) + u128::from(life_ms);
                    prop_assert_eq!(age.as_millis() + end, u128::from(now));
                }
                Freshness::Ahead | Freshness::Early => prop_assert!(life_ms > 0),
                Freshness::Fresh => {}
            }
            // Without `stale` nothing is.
            let soft = Soft::new().early(beta.max(0.1));
            let is_stale = matches!(Freshness::of(&head, &soft, now, random), Freshness::Stale { .. });
            prop_assert!(!is_stale);
        }

        #[test]
        fn who_is_later_is_not_fresher(life_ms in 1_u64..1 << 40, first in 0_u64..1 << 41, later in 0_u64..1 << 41, random: u64) {
            let rank = |freshness| match freshness {
                Freshness::Fresh => 0,
                Freshness::Ahead | Freshness::Early => 1,
                Freshness::Stale { .. } => 2,
            };
            let at = |ago| rank(Freshness::of(&written(0, life_ms, 500), &all(), NOW + ago, random));
            prop_assert!(at(first) <= at(first.saturating_add(later)));
        }
    }
}
