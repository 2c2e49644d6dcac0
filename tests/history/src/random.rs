//! All choices come from one seed, through streams that do not disturb one another.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A stream of random numbers (`SplitMix64`): the same seed gives the same stream on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of one place: the run's seed, then what tells the place from others.
    pub(crate) fn of(seed: u64, place: &[u64]) -> Self {
        let mut stream = Self(seed);
        for &part in place {
            stream.0 = stream.next() ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        stream
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (start, end) = range.into_inner();
        start + self.next() % (end - start + 1)
    }

    /// True this many times in a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.within(0..=99) < chance
    }

    pub(crate) fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    /// `None` for an empty slice.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let last = from.len().checked_sub(1)?;
        let index = self.within(0..=last as u64);
        from.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_own_stream_and_it_replays() {
        let stream = |place| {
            let mut random = Random::of(7, place);
            [random.next(), random.next()]
        };
        assert_eq!(stream(&[1, 2]), stream(&[1, 2]));
        assert_ne!(stream(&[1, 2]), stream(&[2, 1]));
        assert_ne!(stream(&[1]), stream(&[1, 0]));
    }

    #[test]
    fn bounds_are_included() {
        let mut random = Random::of(1, &[]);
        let drawn: std::collections::BTreeSet<_> = (0..200).map(|_| random.within(3..=5)).collect();
        assert_eq!(drawn, [3, 4, 5].into());
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
