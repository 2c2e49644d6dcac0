//! Which values are large.

use core::sync::atomic::{AtomicU32, Ordering};

/// How large a value is, or is thought to be. Behind a large one everything else would wait for as long as it travels, so
/// it has a connection of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
    #[default]
    Ordinary,
    Large,
}

impl Size {
    /// The largest value that is not large.
    pub(crate) const LIMIT: usize = 256 << 10;

    pub(crate) fn of(bytes: usize) -> Self {
        if bytes > Self::LIMIT {
            Self::Large
        } else {
            Self::Ordinary
        }
    }
}

/// What the next value of a function is thought to be, by those before.
///
/// Where both kinds come, large is the better guess: a small value waits behind large ones of its own function then, while
/// a large one where nobody expects it delays everybody. So it takes many small ones in a row until the last large one is
/// forgotten.
#[derive(Debug)]
pub(crate) struct Expected {
    /// So many more.
    small: AtomicU32,
}

impl Expected {
    const MEMORY: u32 = 1024;

    pub(crate) const fn new() -> Self {
        Self {
            small: AtomicU32::new(0),
        }
    }

    pub(crate) fn size(&self) -> Size {
        if self.small.load(Ordering::Relaxed) == 0 {
            Size::Ordinary
        } else {
            Size::Large
        }
    }

    pub(crate) fn saw(&self, bytes: usize) {
        // A count that is lost to another thread makes no difference. Where nothing is large, nothing is written.
        let small = self.small.load(Ordering::Relaxed);
        match Size::of(bytes) {
            Size::Large if small != Self::MEMORY => {
                self.small.store(Self::MEMORY, Ordering::Relaxed);
            }
            Size::Ordinary if small > 0 => self.small.store(small - 1, Ordering::Relaxed),
            _ => {}
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
}
