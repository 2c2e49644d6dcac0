mod hostile;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
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
}
