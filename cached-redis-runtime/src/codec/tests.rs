use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Write as _};
use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{CodecError, DEPTH, Format, HEADER, decode, encode_into};

const FORMATS: &[Format] = &[
    Format::MessagePack,
    #[cfg(feature = "json")]
    Format::Json,
    #[cfg(feature = "postcard")]
    Format::Postcard,
    #[cfg(feature = "bincode")]
    Format::Bincode,
];

fn encode<T: Serialize + ?Sized>(format: Format, value: &T) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::new();
    encode_into(format, value, &mut out).map(|()| out)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    email: Option<String>,
    tags: Vec<(char, i16)>,
    limits: BTreeMap<String, u128>,
    plan: Plan,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Plan {
    Free,
    Trial(Duration),
    Paid { until: u32, seats: Option<u8> },
    Custom(String, bool),
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,6}"
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        Just(Plan::Free),
        any::<u32>().prop_map(|ms| Plan::Trial(Duration::from_millis(ms.into()))),
        any::<(u32, Option<u8>)>().prop_map(|(until, seats)| Plan::Paid { until, seats }),
        (text(), any::<bool>()).prop_map(|(name, on)| Plan::Custom(name, on)),
    ]
}

fn user() -> impl Strategy<Value = User> {
    let tags = prop::collection::vec(any::<(char, i16)>(), 0..4);
    let limits = prop::collection::btree_map(text(), any::<u128>(), 0..3);
    (
        any::<u64>(),
        text(),
        prop::option::of(text()),
        tags,
        limits,
        plan(),
    )
        .prop_map(|(id, name, email, tags, limits, plan)| User {
            id,
            name,
            email,
            tags,
            limits,
            plan,
        })
}

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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[test]
fn ids_are_frozen() {
    let ids: Vec<_> = FORMATS
        .iter()
        .map(|format| (format.to_string(), format.id()))
        .collect();
    for (name, id) in [("msgpack", 1), ("json", 2), ("postcard", 3), ("bincode", 4)] {
        assert!(
            ids.iter()
                .all(|(known, known_id)| (known == name) == (*known_id == id)),
            "{name}"
        );
    }
    assert_eq!(Format::default().id(), 1);
}

#[test]
fn payloads_byte_for_byte() {
    let value = (
        7_u64,
        "é",
        None::<u8>,
        Plan::Paid {
            until: 300,
            seats: Some(2),
        },
    );
    let expected = |format: Format| match format.to_string().as_str() {
        "msgpack" => "9407a2c3a9c081a45061696482a5756e74696ccd012ca5736561747302",
        "json" => concat!(
            "5b372c22c3a9222c6e756c6c2c7b2250616964223a7b22756e74696c223a3330302c22736561747322",
            "3a327d7d5d0a"
        ),
        "postcard" => "0702c3a90002ac020102",
        "bincode" => "0702c3a90002fb2c010102",
        _ => "",
    };
    for &format in FORMATS {
        assert_eq!(
            hex(&encode(format, &value).unwrap()),
            expected(format),
            "{format}"
        );
    }
}

#[test]
fn the_value_goes_behind_what_is_there() {
    for &format in FORMATS {
        let mut out = vec![7; HEADER];
        encode_into(format, "abc", &mut out).unwrap();
        assert_eq!(out[..HEADER], [7; HEADER]);
        assert_eq!(decode::<String>(format, &out[HEADER..]).unwrap(), "abc");
    }
}

#[derive(Serialize)]
struct Failing(&'static str, #[serde(serialize_with = "fail")] ());

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn fail<S: serde::Serializer>((): &(), _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("out of order"))
}

#[test]
fn a_failure_leaves_the_buffer_as_it_was_and_says_why() {
    for &format in FORMATS {
        let mut out = vec![7; HEADER];
        let error = encode_into(format, &Failing("text", ()), &mut out).unwrap_err();
        assert_eq!(out, [7; HEADER]);
        // Postcard drops the text of custom errors.
        if format.to_string() != "postcard" {
            assert!(error.to_string().contains("out of order"), "{error}");
        }
    }
}

#[test]
fn a_decoders_words_do_not_reach_the_log() {
    for &format in FORMATS {
        let bytes = encode(format, "s3cret").unwrap();
        let error = decode::<Option<()>>(format, &bytes).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

#[test]
fn bytes_after_the_value_are_an_error() {
    fn check<T: Serialize + DeserializeOwned + Debug>(value: &T) {
        for &format in FORMATS {
            let whole = encode(format, value).unwrap();
            decode::<T>(format, &whole).unwrap();
            for tail in [
                &b"\0"[..],
                b"\n",
                b" ",
                b"1",
                b"\xC0",
                b"\x91",
                b"\xC1",
                b"\xFF",
                b"\xC6\x01",
            ] {
                let bytes = [&whole[..], tail].concat();
                decode::<T>(format, &bytes).unwrap_err();
            }
        }
    }
    check(&1_u8);
    check(&Some(String::from("x")));
    check(&None::<u8>);
    check(&());
    check(&Plan::Free);
    check(&vec![Plan::Trial(Duration::from_secs(1))]);
}

/// Traps 9 and the table of formats: what comes back as something else is not stored.
#[test]
fn a_some_that_looks_like_none_is_not_stored() {
    #[derive(Serialize)]
    struct Unit;

    fn check<T: Serialize>(value: &T) {
        for &format in FORMATS {
            assert_eq!(
                encode(format, value).is_ok(),
                format.is_positional(),
                "{format}"
            );
        }
    }
    check(&Some(None::<u8>));
    check(&vec![(1, Some(Some(())))]);
    check(&BTreeMap::from([("a", Some(Some(None::<u8>)))]));
    #[cfg(feature = "json")]
    assert!(encode(Format::Json, &Some(Unit)).is_err());
    assert!(encode(Format::MessagePack, &Some(Unit)).is_ok());
}

#[test]
fn options_that_do_come_back_are_stored() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        for &format in FORMATS {
            let bytes = encode(format, value).unwrap();
            assert_eq!(&decode::<T>(format, &bytes).unwrap(), value, "{format}");
        }
    }
    check(&None::<Option<u8>>);
    check(&Some(Some(1)));
    check(&Some(vec![None, Some(0)]));
    check(&(None::<()>, (), Some([None::<u8>])));
    check(&Some(Plan::Free));
}

#[cfg(feature = "json")]
#[test]
fn json_takes_finite_numbers_only() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(encode(Format::Json, &[number]).is_err());
        assert!(encode(Format::Json, &Some(number)).is_err());
        let bytes = encode(Format::MessagePack, &number).unwrap();
        assert_eq!(
            decode::<f64>(Format::MessagePack, &bytes)
                .unwrap()
                .to_bits(),
            number.to_bits()
        );
    }
}

#[cfg(feature = "json")]
#[test]
fn a_number_cut_short_is_not_a_smaller_number() {
    let bytes = encode(Format::Json, &12_345).unwrap();
    for len in 0..bytes.len() {
        decode::<u32>(Format::Json, &bytes[..len]).unwrap_err();
    }
}

#[test]
fn a_field_left_out_is_not_stored_by_position() {
    #[derive(Serialize)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        b: Vec<u8>,
    }
    for &format in FORMATS {
        let sparse = Sparse {
            a: None,
            b: vec![1],
        };
        assert_eq!(
            encode(format, &sparse).is_ok(),
            !format.is_positional(),
            "{format}"
        );
        encode(
            format,
            &Sparse {
                a: Some(1),
                b: vec![],
            },
        )
        .unwrap();
    }
}

fn chain(levels: usize, link: fn(Box<Chain>) -> Chain) -> Chain {
    (0..levels).fold(Chain::End, |chain, _| link(Box::new(chain)))
}

#[test]
fn what_is_stored_is_never_too_deep_to_be_read() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(deep: impl Fn(usize) -> T) {
        for &format in FORMATS {
            let mut refused = false;
            for levels in 0..2 * usize::from(DEPTH) {
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
    const LEVELS: usize = 1 << 20;
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
    let wide = vec![chain(3, Chain::Link); 10_000];
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
    fn values_come_back(value in user()) {
        for &format in FORMATS {
            let bytes = encode(format, &value).unwrap();
            prop_assert_eq!(&decode::<User>(format, &bytes).unwrap(), &value, "{}", format);
        }
    }

    #[test]
    fn floats_come_back_to_the_bit(value: f64) {
        for &format in FORMATS.iter().filter(|format| format.to_string() != "json") {
            let bytes = encode(format, &value).unwrap();
            prop_assert_eq!(decode::<f64>(format, &bytes).unwrap().to_bits(), value.to_bits());
        }
    }

    #[test]
    fn a_payload_cut_short_is_no_value(value in user(), cut in any::<prop::sample::Index>()) {
        for &format in FORMATS {
            let bytes = encode(format, &value).unwrap();
            prop_assert!(decode::<User>(format, &bytes[..cut.index(bytes.len())]).is_err());
        }
    }

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
