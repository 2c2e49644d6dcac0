//! What lies under a key on the server. Frozen: other processes, and older and newer releases, read it.
//!
//! ```text
//! state 1 | nonce 16 | format 1 | flags 1 | fingerprint 8 | written at, unix ms 6 | life ms 5 | load cost ms 2 | payload
//! ```
//!
//! Numbers are big-endian. A lease ends after the nonce, and a guard after its [writers](super::guard); an absent entry
//! has no payload. State and nonce
//! stand first and at fixed offsets because the server's scripts compare them (`GETRANGE k 1 16`).
//!
//! The state bytes start neither a UTF-8 text nor a `MessagePack` map, array or string, so what another program
//! stored under the same key is told apart by the first byte.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::guard::WRITER;

/// Bytes before the payload.
pub(crate) const HEADER: usize = 40;
/// Bytes of a lease, and of a guard without its writers.
pub(crate) const LEASE: usize = 17;

const VALUE: u8 = 0xF8;
const ABSENT: u8 = 0xF9;
const LEASED: u8 = 0xFA;
pub(super) const GUARDED: u8 = 0xFB;
const STALE: u8 = 0xFC;

/// Names one load or refresh. A fill succeeds only where it still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Nonce(pub(crate) [u8; 16]);

impl Nonce {
    /// Holds the place in a header whose load has no nonce yet. It names no load, and is never compared.
    pub(crate) const ZERO: Self = Self([0; 16]);

    /// A nonce that was never used before, in this process or in another: ten bytes drawn once per process, then a
    /// counter.
    pub(crate) fn fresh() -> Self {
        static PROCESS: OnceLock<[u8; 10]> = OnceLock::new();
        static COUNTER: AtomicU64 = AtomicU64::new(0);

        // The standard library's hash keys come from the operating system: entropy without a crate for it.
        let process = PROCESS.get_or_init(|| {
            let keys = RandomState::new();
            let (first, second) = (
                keys.hash_one(1_u8).to_be_bytes(),
                keys.hash_one(2_u8).to_be_bytes(),
            );
            let mut bytes = [0; 10];
            bytes[..8].copy_from_slice(&first);
            bytes[8..].copy_from_slice(&second[..2]);
            bytes
        });
        // 48 bits: at a million loads a second, they last for nearly nine years.
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut nonce = [0; 16];
        nonce[..10].copy_from_slice(process);
        nonce[10..].copy_from_slice(&count.to_be_bytes()[2..]);
        Self(nonce)
    }
}

/// The header's state byte, where a full header follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The payload is a value.
    Value,
    /// The source said "there is none".
    Absent,
}

/// A full header, without its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) nonce: Nonce,
    /// [`Format::id`](super::Format::id).
    pub(crate) format: u8,
    /// Bit 0 is reserved for compression. Who does not know a bit that is set does not know the payload.
    pub(crate) flags: u8,
    /// [The tag](super::Tags) of what the payload was made from.
    pub(crate) fingerprint: u64,
    /// The writer's clock. For *when* to refresh, never for *whether* a value is valid.
    pub(crate) written_at_ms: u64,
    /// Life given at writing; 0 is for ever.
    pub(crate) life_ms: u64,
    /// What the load took. 65,535 stands for more, too.
    pub(crate) cost_ms: u16,
}

impl Head {
    /// The header's bytes. A time that does not fit is written as the largest that does.
    pub(crate) fn write(&self, state: State) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[0] = match state {
            State::Value => VALUE,
            State::Absent => ABSENT,
        };
        out[1..17].copy_from_slice(&self.nonce.0);
        out[17] = self.format;
        out[18] = self.flags;
        out[19..27].copy_from_slice(&self.fingerprint.to_be_bytes());
        out[27..33].copy_from_slice(&low_bytes::<6>(self.written_at_ms));
        out[33..38].copy_from_slice(&low_bytes::<5>(self.life_ms));
        out[38..40].copy_from_slice(&self.cost_ms.to_be_bytes());
        out
    }

    fn read(bytes: &[u8; HEADER]) -> Self {
        let number = |from: usize, to: usize| {
            bytes[from..to]
                .iter()
                .fold(0, |n, &byte| n << 8 | u64::from(byte))
        };
        Self {
            nonce: nonce_of(bytes),
            format: bytes[17],
            flags: bytes[18],
            fingerprint: number(19, 27),
            written_at_ms: number(27, 33),
            life_ms: number(33, 38),
            cost_ms: u16::from_be_bytes([bytes[38], bytes[39]]),
        }
    }
}

/// The `N` low bytes of `n`, or the largest number that fits into them.
pub(super) fn low_bytes<const N: usize>(n: u64) -> [u8; N] {
    let mut out = [0; N];
    let largest = u64::MAX >> (8 * (8 - N));
    out.copy_from_slice(&n.min(largest).to_be_bytes()[8 - N..]);
    out
}

fn nonce_of<const N: usize>(bytes: &[u8; N]) -> Nonce {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&bytes[1..17]);
    Nonce(nonce)
}

/// What some bytes from the server turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// A stored value.
    Value { head: Head, payload: &'a [u8] },
    /// A stored "not found".
    Absent { head: Head },
    /// Someone is loading.
    Lease(Nonce),
    /// A writer has begun and not ended.
    Guard(Nonce),
    /// A value past its soft expiry.
    Stale { head: Head, payload: &'a [u8] },
    /// Not ours, or no longer whole.
    Foreign,
}

/// Reads any bytes. It never panics; what has not exactly an entry's shape is [`Entry::Foreign`].
pub(crate) fn read(bytes: &[u8]) -> Entry<'_> {
    let Some(&state) = bytes.first() else {
        return Entry::Foreign;
    };
    match state {
        LEASED => match <&[u8; LEASE]>::try_from(bytes) {
            Ok(bytes) => Entry::Lease(nonce_of(bytes)),
            Err(_) => Entry::Foreign,
        },
        GUARDED => match bytes.split_first_chunk::<LEASE>() {
            Some((head, writers)) if writers.len() % WRITER == 0 => Entry::Guard(nonce_of(head)),
            _ => Entry::Foreign,
        },
        VALUE | ABSENT | STALE => match bytes.split_first_chunk::<HEADER>() {
            Some((head, payload)) => with_head(state, Head::read(head), payload),
            None => Entry::Foreign,
        },
        _ => Entry::Foreign,
    }
}

fn with_head(state: u8, head: Head, payload: &[u8]) -> Entry<'_> {
    match state {
        VALUE => Entry::Value { head, payload },
        STALE => Entry::Stale { head, payload },
        _ if payload.is_empty() => Entry::Absent { head },
        _ => Entry::Foreign,
    }
}

/// The bytes that a claim puts under a key.
pub(crate) fn lease(nonce: Nonce) -> [u8; LEASE] {
    let mut out = [LEASED; LEASE];
    out[1..].copy_from_slice(&nonce.0);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::{
        Entry, GUARDED, HEADER, Head, LEASE, LEASED, Nonce, STALE, State, VALUE, lease, read,
    };

    const NONCE: Nonce = Nonce(*b"0123456789abcdef");

    const HEAD: Head = Head {
        nonce: NONCE,
        format: 1,
        flags: 0,
        fingerprint: 0x1122_3344_5566_7788,
        written_at_ms: 0x0192_ABCD_EF01,
        life_ms: 3_600_000,
        cost_ms: 42,
    };

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write as _;
        bytes.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    fn entry(payload: &[u8]) -> Vec<u8> {
        [&HEAD.write(State::Value)[..], payload].concat()
    }

    #[test]
    fn a_value_header_byte_for_byte() {
        let expected = concat!(
            "f8",                               // state
            "30313233343536373839616263646566", // nonce
            "01",                               // format
            "00",                               // flags
            "1122334455667788",                 // fingerprint
            "0192abcdef01",                     // written at
            "000036ee80",                       // life
            "002a",                             // cost
        );
        assert_eq!(hex(&HEAD.write(State::Value)), expected);
        assert_eq!(
            hex(&HEAD.write(State::Absent)),
            expected.replacen("f8", "f9", 1)
        );
        assert_eq!(hex(&lease(NONCE)), "fa30313233343536373839616263646566");
    }

    #[test]
    fn each_state_is_read_back() {
        assert_eq!(
            read(&entry(b"xyz")),
            Entry::Value {
                head: HEAD,
                payload: b"xyz"
            }
        );
        assert_eq!(
            read(&entry(b"")),
            Entry::Value {
                head: HEAD,
                payload: b""
            }
        );
        assert_eq!(
            read(&HEAD.write(State::Absent)),
            Entry::Absent { head: HEAD }
        );
        assert_eq!(read(&lease(NONCE)), Entry::Lease(NONCE));

        let mut guard = lease(NONCE);
        guard[0] = GUARDED;
        assert_eq!(read(&guard), Entry::Guard(NONCE));

        let mut stale = entry(b"xyz");
        stale[0] = STALE;
        assert_eq!(
            read(&stale),
            Entry::Stale {
                head: HEAD,
                payload: b"xyz"
            }
        );
    }

    #[test]
    fn what_other_programs_store_is_foreign() {
        let foreign: [&[u8]; 8] = [
            b"",
            b"42",
            b"{\"id\":1}",
            b"\x81\xa2id\x01",
            b"\x93\x01\x02\x03",
            b"\xa2ok",
            b"\x80\x04\x95",
            b"\xc3\xa9",
        ];
        for bytes in foreign {
            assert_eq!(read(bytes), Entry::Foreign, "{bytes:?}");
        }
        // No text in UTF-8 has such a byte at all.
        for state in [VALUE, super::ABSENT, LEASED, GUARDED, STALE] {
            assert!(std::str::from_utf8(&[state]).is_err());
        }
    }

    #[test]
    fn a_truncated_header_is_foreign() {
        for state in [State::Value, State::Absent] {
            let bytes = HEAD.write(state);
            for len in 0..HEADER {
                assert_eq!(read(&bytes[..len]), Entry::Foreign, "{len} bytes");
            }
        }
        for len in 0..LEASE {
            assert_eq!(read(&lease(NONCE)[..len]), Entry::Foreign, "{len} bytes");
        }
    }

    #[test]
    fn bytes_after_the_end_are_foreign() {
        for ended in [&HEAD.write(State::Absent)[..], &lease(NONCE)] {
            assert_eq!(read(&[ended, b"\0"].concat()), Entry::Foreign);
        }
    }

    #[test]
    fn a_changed_header_byte_is_foreign_or_shows_in_the_head() {
        let whole = entry(b"xyz");
        for index in 0..HEADER {
            for flip in (1..=u8::MAX).step_by(if cfg!(miri) { 127 } else { 1 }) {
                let mut bytes = whole.clone();
                bytes[index] ^= flip;
                match read(&bytes) {
                    Entry::Value { head, payload } => {
                        assert_ne!(head, HEAD, "byte {index}");
                        assert_eq!(payload, b"xyz");
                    }
                    Entry::Stale { .. } => assert_eq!((index, bytes[0]), (0, STALE)),
                    other => assert_eq!((index, other), (0, Entry::Foreign)),
                }
            }
        }
    }

    #[test]
    fn times_that_do_not_fit_are_the_largest_that_do() {
        let head = Head {
            written_at_ms: u64::MAX,
            life_ms: 1 << 40,
            ..HEAD
        };
        let Entry::Absent { head } = read(&head.write(State::Absent)) else {
            panic!("not an absent entry")
        };
        assert_eq!(head.written_at_ms, (1 << 48) - 1);
        assert_eq!(head.life_ms, (1 << 40) - 1);
    }

    #[test]
    fn no_nonce_comes_twice() {
        const EACH: usize = if cfg!(miri) { 10 } else { 1_000 };
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..EACH).map(|_| Nonce::fresh()).collect::<Vec<_>>()))
            .collect();
        let all: Vec<_> = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), 4 * EACH);
        assert!(
            all.iter()
                .all(|nonce| nonce.0[..10] == all[0].0[..10] && nonce.0[..10] != [0; 10])
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>(), state in 0xF0_u8..) {
            let _ = read(&bytes);
            let _ = read(&[&[state][..], &bytes].concat());
        }

        #[test]
        fn every_header_round_trips(
            nonce: [u8; 16], format: u8, flags: u8, fingerprint: u64,
            written_at_ms in 0..1_u64 << 48, life_ms in 0..1_u64 << 40, cost_ms: u16,
            payload: Vec<u8>,
        ) {
            let head = Head { nonce: Nonce(nonce), format, flags, fingerprint, written_at_ms, life_ms, cost_ms };
            let bytes = [&head.write(State::Value)[..], &payload].concat();
            prop_assert_eq!(read(&bytes), Entry::Value { head, payload: &payload });
        }
    }
}
