//! Who stands in a guard: writers that have begun and not ended. Frozen, like the [envelope](super::envelope).
//!
//! ```text
//! state 1 | nonce 16 | for each writer: token 16 | until, ms of the server's clock, 6
//! ```
//!
//! On Redis the lists are written by scripts, and this is read there only by its length.

use super::Nonce;
use super::envelope::{GUARDED, LEASE, low_bytes};

/// Bytes of one writer.
pub(super) const WRITER: usize = 22;

/// A writer, and until when it counts if it is not heard of again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writer {
    pub(crate) token: Nonce,
    pub(crate) until_ms: u64,
}

/// The bytes of a guard.
pub(crate) fn guard(nonce: Nonce, writers: &[Writer]) -> Vec<u8> {
    let mut out = Vec::with_capacity(LEASE + WRITER * writers.len());
    out.push(GUARDED);
    out.extend_from_slice(&nonce.0);
    for writer in writers {
        out.extend_from_slice(&writer.token.0);
        out.extend_from_slice(&low_bytes::<6>(writer.until_ms));
    }
    out
}

/// A guard's nonce and its writers; `None` if the bytes are no guard.
pub(crate) fn read_guard(bytes: &[u8]) -> Option<(Nonce, Vec<Writer>)> {
    let (head, list) = bytes.split_first_chunk::<LEASE>()?;
    if head[0] != GUARDED || list.len() % WRITER != 0 {
        return None;
    }
    let writers = list.chunks_exact(WRITER).map(|writer| {
        let (token, until) = writer.split_at(16);
        Writer {
            token: nonce(token),
            until_ms: until.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)),
        }
    });
    Some((nonce(&head[1..]), writers.collect()))
}

fn nonce(bytes: &[u8]) -> Nonce {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(bytes);
    Nonce(nonce)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Writer, guard, read_guard};
    use crate::codec::{Entry, Nonce, read};

    const NONCE: Nonce = Nonce(*b"0123456789abcdef");
    const WRITERS: [Writer; 2] = [
        Writer {
            token: Nonce(*b"first's token..."),
            until_ms: 0x0192_ABCD_EF01,
        },
        Writer {
            token: Nonce(*b"second's token.."),
            until_ms: 42,
        },
    ];

    #[test]
    fn a_guard_byte_for_byte() {
        let expected = b"\xFB0123456789abcdef\
            first's token...\x01\x92\xAB\xCD\xEF\x01\
            second's token..\0\0\0\0\0\x2A";
        assert_eq!(guard(NONCE, &WRITERS), expected);
        assert_eq!(guard(NONCE, &[]), b"\xFB0123456789abcdef");
    }

    #[test]
    fn readers_see_a_guard_whoever_stands_in_it() {
        for count in 0..=2 {
            let bytes = guard(NONCE, &WRITERS[..count]);
            assert_eq!(read(&bytes), Entry::Guard(NONCE));
            assert_eq!(read_guard(&bytes), Some((NONCE, WRITERS[..count].to_vec())));
        }
    }

    #[test]
    fn a_truncated_guard_is_foreign() {
        let bytes = guard(NONCE, &WRITERS);
        for len in (0..bytes.len()).filter(|len| ![17, 39].contains(len)) {
            assert_eq!(read(&bytes[..len]), Entry::Foreign, "{len} bytes");
            assert_eq!(read_guard(&bytes[..len]), None, "{len} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
            let bytes = [&[0xFB][..], &bytes].concat();
            let is_guard = matches!(read(&bytes), Entry::Guard(_));
            prop_assert_eq!(read_guard(&bytes).is_some(), is_guard);
        }
    }
}
