//! Bytes that no encoder wrote, and values at the edge of what is stored.

use std::collections::HashMap;
use std::fmt::Debug;
use std::net::IpAddr;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{DEPTH, FORMATS, Format, Plan, User, decode, encode, user};

/// Types inside themselves, through what each decoder counts in its own way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Chain {
    End,
    Link(Box<Chain>),
    Named { next: Box<Chain> },
    Pair(u8, Box<Chain>),
}

/// Nothing but options: only the formats by position can tell its values apart. The others would take any
/// byte for a `Some` without end; they are not asked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct List(Option<Box<List>>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nested(Vec<Nested>);

fn chain(levels: usize, link: fn(Box<Chain>) -> Chain) -> Chain {
    (0..levels).fold(Chain::End, |chain, _| link(Box::new(chain)))
}

#[test]
fn what_is_stored_is_never_too_deep_to_be_read() {
    const STEP: usize = if cfg!(miri) { 50 } else { 1 };

    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(deep: impl Fn(usize) -> T) {
        for &format in FORMATS {
            let mut refused = false;
            for levels in (0..2 * usize::from(DEPTH)).step_by(STEP) {
                let value = deep(levels);
                match encode(format, &value) {
                    Ok(bytes) => assert_eq!(decode::<T>(format, &bytes).unwrap(), value),
                    Err(_) => refused = true,
                }
            }
            assert!(refused, "{format}");
        }
    }
    check(|levels| chain(levels, Chain::Link));
    check(|levels| chain(levels, |next| Chain::Named { next }));
    check(|levels| chain(levels, |next| Chain::Pair(1, next)));
    check(|levels| (0..levels).fold(Nested(vec![]), |nested, _| Nested(vec![nested])));
}

#[test]
fn a_deep_option_is_stored_by_position_only() {
    for &format in FORMATS {
        let deep = |levels| (0..levels).fold(List(None), |list, _| List(Some(Box::new(list))));
        assert_eq!(
            encode(format, &deep(40)).is_ok(),
            format.is_positional(),
            "{format}"
        );
        assert!(encode(format, &deep(usize::from(DEPTH))).is_err());
        if format.is_positional() {
            let bytes = encode(format, &deep(40)).unwrap();
            assert_eq!(decode::<List>(format, &bytes).unwrap(), deep(40));
        }
    }
}

#[test]
fn a_deep_payload_is_refused_before_it_fills_the_stack() {
    const LEVELS: usize = if cfg!(miri) { 1 << 10 } else { 1 << 20 };
    let repeated = |unit: &[u8], end: &[u8]| [unit.repeat(LEVELS), end.to_vec()].concat();
    let msgpack = [
        repeated(b"\x81\xA4Link", b"\xA3End"),
        repeated(b"\xDE\x00\x01\xA4Link", b"\xA3End"),
        repeated(b"\xDF\x00\x00\x00\x01\xA4Link", b""),
        repeated(b"\x81\x01", b"\x00"),
        repeated(b"\x81\xA5Named\x81\xA4next", b"\xA3End"),
    ];
    for bytes in &msgpack {
        decode::<Chain>(Format::MessagePack, bytes).unwrap_err();
    }
    decode::<Nested>(Format::MessagePack, &repeated(b"\x91", b"\x90")).unwrap_err();
    #[cfg(feature = "json")]
    {
        decode::<Nested>(
            Format::Json,
            &[repeated(b"[", b""), b"]".repeat(LEVELS), b"\n".to_vec()].concat(),
        )
        .unwrap_err();
        decode::<Chain>(Format::Json, &repeated(b"{\"Link\":", b"\n")).unwrap_err();
    }
    for &format in FORMATS.iter().filter(|format| format.is_positional()) {
        decode::<List>(format, &repeated(b"\x01", b"\x00")).unwrap_err();
        decode::<Nested>(format, &repeated(b"\x01", b"\x00")).unwrap_err();
        decode::<Chain>(format, &repeated(b"\x01", b"\x00")).unwrap_err();
        decode::<Chain>(format, &repeated(b"\x02", b"\x00")).unwrap_err();
    }
}

#[test]
fn many_values_side_by_side_are_not_deep() {
    let wide = vec![chain(3, Chain::Link); if cfg!(miri) { 100 } else { 10_000 }];
    for &format in FORMATS {
        let bytes = encode(format, &wide).unwrap();
        assert_eq!(
            decode::<Vec<Chain>>(format, &bytes).unwrap(),
            wide,
            "{format}"
        );
    }
}

/// If one were, this would run for years, or ask for all memory.
#[test]
fn a_claimed_length_is_not_believed() {
    let longest: [&[u8]; 4] = [
        b"\xDD\xFF\xFF\xFF\xFF",
        b"\xDB\xFF\xFF\xFF\xFF",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
        b"\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
    ];
    for bytes in longest {
        for &format in FORMATS {
            decode::<Vec<u64>>(format, bytes).unwrap_err();
            decode::<String>(format, bytes).unwrap_err();
            decode::<Vec<()>>(format, bytes).unwrap_err();
            decode::<HashMap<u64, u8>>(format, bytes).unwrap_err();
            decode::<Vec<Vec<()>>>(format, bytes).unwrap_err();
        }
    }
}

fn read_as_anything(bytes: &[u8]) {
    for &format in FORMATS {
        let _ = decode::<User>(format, bytes);
        let _ = decode::<Chain>(format, bytes);
        let _ = decode::<Nested>(format, bytes);
        let _ = decode::<Option<HashMap<String, Vec<(i8, f32)>>>>(format, bytes);
        let _ = decode::<Result<IpAddr, (u128, [u8; 3])>>(format, bytes);
        let _ = decode::<Vec<Plan>>(format, bytes);
        let _ = decode::<()>(format, bytes);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        read_as_anything(&bytes);
    }

    #[test]
    fn damaged_values_are_decoded_without_a_panic(
        value in user(),
        at in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
    ) {
        for &format in FORMATS {
            let mut bytes = encode(format, &value).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            read_as_anything(&bytes);
        }
    }
}
