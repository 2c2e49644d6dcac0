//! Which values are large.

use core::sync::atomic::{AtomicU32, Ordering};

/// How large a value is, or is thought to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
    #[default]
    Ordinary,
    /// Behind it everything else would wait for as long as it travels, so it has a connection of its own.
    Large,
    /// Large, and all who ask the server for something would wait for as long as it takes to copy it, so it is read in pieces.
    Huge,
}

impl Size {
    /// The largest value that is not large.
    pub(crate) const LIMIT: usize = 256 << 10;
    /// The largest that is not huge. A server copies so much in half a millisecond, and a piece is a round trip.
    pub(crate) const WHOLE: usize = 1 << 20;

    pub(crate) fn of(bytes: usize) -> Self {
        if bytes <= Self::LIMIT {
            Self::Ordinary
        } else if bytes <= Self::WHOLE {
            Self::Large
        } else {
            Self::Huge
        }
    }

    #[cfg(feature = "redis")]
    pub(crate) fn is_ordinary(self) -> bool {
        self == Self::Ordinary
    }
}

/// What the next value of a function is thought to be, by those before.
///
/// Where several kinds come, the largest is the best guess: a small value waits behind large ones of its own function then, while
/// a large one where nobody expects it delays everybody. So it takes many smaller ones in a row until the last large one is
/// forgotten.
#[derive(Debug)]
pub(crate) struct Expected {
    /// So many more that are not large, in the low half, and that are not huge, in the high one. In one place, so that a hit
    /// looks at one.
    smaller: AtomicU32,
}

impl Expected {
    const MEMORY: u32 = 1024;
    const HIGH: u32 = 16;

    pub(crate) const fn new() -> Self {
        Self {
            smaller: AtomicU32::new(0),
        }
    }

    pub(crate) fn size(&self) -> Size {
        match self.smaller.load(Ordering::Relaxed) {
            0 => Size::Ordinary,
            low if low >> Self::HIGH == 0 => Size::Large,
            _ => Size::Huge,
        }
    }

    pub(crate) fn saw(&self, bytes: usize) {
        let size = Size::of(bytes);
        let before = self.smaller.load(Ordering::Relaxed);
        let (large, huge) = (before & u32::from(u16::MAX), before >> Self::HIGH);
        let left = |count: u32, seen: bool| {
            if seen {
                Self::MEMORY
            } else {
                count.saturating_sub(1)
            }
        };
        let large = left(large, size >= Size::Large);
        let after = left(huge, size == Size::Huge) << Self::HIGH | large;
        // A count that is lost to another thread makes no difference. Where nothing is large, nothing is written.
        if after != before {
            self.smaller.store(after, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_large_value_is_remembered_for_many_small_ones() {
        let expected = Expected::new();
        assert_eq!(expected.size(), Size::Ordinary);
        expected.saw(Size::LIMIT);
        assert_eq!(expected.size(), Size::Ordinary);
        for _ in 0..3 {
            expected.saw(Size::LIMIT + 1);
            for small in 1..Expected::MEMORY {
                expected.saw(10);
                assert_eq!(expected.size(), Size::Large, "after {small} small values");
            }
        }
        expected.saw(10);
        assert_eq!(expected.size(), Size::Ordinary);
    }

    #[test]
    fn what_was_huge_is_large_for_longer_than_it_is_huge() {
        let expected = Expected::new();
        expected.saw(Size::WHOLE + 1);
        for _ in 1..Expected::MEMORY {
            expected.saw(Size::WHOLE);
            assert_eq!(expected.size(), Size::Huge);
        }
        expected.saw(Size::WHOLE);
        assert_eq!(expected.size(), Size::Large);
        for _ in 0..Expected::MEMORY {
            assert_eq!(expected.size(), Size::Large);
            expected.saw(10);
        }
        assert_eq!(expected.size(), Size::Ordinary);
    }
}
