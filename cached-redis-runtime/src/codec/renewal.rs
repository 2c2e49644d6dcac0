//! `sliding`: when a read gives an entry another life, and what that changes in its header.

use super::HEADER;
use super::envelope::{Entry, low_bytes, read};

/// Where a header says when it was written, and what follows that.
pub(crate) const DATE: core::ops::Range<usize> = 27..33;

/// The next life of an entry that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Renewal {
    /// The header up to the end of its date: who finds it changed is late.
    pub(crate) seen: [u8; DATE.end],
    /// What takes the place of the date.
    pub(crate) date: [u8; DATE.end - DATE.start],
    pub(crate) life_ms: u64,
}

impl Renewal {
    /// Of a value whose life began more than a tenth of it ago, by the clock that says `now_ms`. A "not found" has none: as long
    /// as somebody asked for it, it would hide what was created meanwhile.
    ///
    /// A clock that is behind renews later; no clock decides whether the entry is valid.
    pub(crate) fn due(entry: &[u8], now_ms: u64) -> Option<Self> {
        let Entry::Value { head, .. } = read(entry) else {
            return None;
        };
        let age_ms = now_ms.saturating_sub(head.written_at_ms);
        if head.life_ms == 0 || age_ms <= head.life_ms / 10 {
            return None;
        }
        let seen = *entry.first_chunk::<HEADER>()?.first_chunk()?;
        Some(Self {
            seen,
            date: low_bytes(now_ms),
            life_ms: head.life_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DATE, Renewal};
    use crate::codec::{Entry, Head, Nonce, State, lease, read};

    fn entry(written_at_ms: u64, life_ms: u64) -> Vec<u8> {
        let head = Head {
            nonce: Nonce(*b"0123456789abcdef"),
            format: 1,
            flags: 0,
            fingerprint: 7,
            written_at_ms,
            life_ms,
            cost_ms: 9,
        };
        [&head.write(State::Value)[..], b"payload"].concat()
    }

    #[test]
    fn a_tenth_of_the_life_must_have_gone() {
        let entry = entry(1_000_000, 60_000);
        assert_eq!(Renewal::due(&entry, 1_006_000), None);
        let renewal = Renewal::due(&entry, 1_006_001).unwrap();
        assert_eq!(renewal.life_ms, 60_000);
        assert_eq!(renewal.seen[..], entry[..DATE.end]);
    }

    #[test]
    fn a_clock_that_is_behind_renews_nothing() {
        assert_eq!(Renewal::due(&entry(1_000_000, 60_000), 0), None);
    }

    #[test]
    fn only_values_with_an_end_are_renewed() {
        let mut absent = entry(0, 60_000);
        absent.truncate(40);
        absent[0] = 0xF9;
        assert!(matches!(read(&absent), Entry::Absent { .. }));
        assert_eq!(Renewal::due(&absent, 1_000_000), None);
        assert_eq!(Renewal::due(&entry(0, 0), 1_000_000), None);
        assert_eq!(Renewal::due(&lease(Nonce(*b"0123456789abcdef")), 1), None);
    }

    proptest! {
        #[test]
        fn nothing_but_the_date_changes(written: u32, life in 1_u32.., later in 1_u64..1 << 40) {
            let now = u64::from(written) + u64::from(life) / 10 + later;
            let mut entry = entry(written.into(), life.into());
            let renewal = Renewal::due(&entry, now).unwrap();
            let Entry::Value { head: before, .. } = read(&entry) else { unreachable!() };
            entry[DATE].copy_from_slice(&renewal.date);
            let Entry::Value { head, payload } = read(&entry) else { unreachable!() };
            prop_assert_eq!(head, Head { written_at_ms: now, ..before });
            prop_assert_eq!(payload, b"payload");
            prop_assert_eq!(Renewal::due(&entry, now), None);
        }

        #[test]
        fn any_bytes_are_fine(bytes: Vec<u8>, now: u64) {
            let _ = Renewal::due(&bytes, now);
        }
    }
}
