use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{
    Fields, RESERVED, decode_field, decode_fields, encode_fields, entry_of, fingerprint_of,
    name_of, push,
};
use crate::codec::{CodecError, Format, HEADER, Head, Nonce, State, lease};

const FORMATS: &[Format] = &[
    Format::MessagePack,
    #[cfg(feature = "json")]
    Format::Json,
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
    zip: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: u64,
    full_name: String,
    #[serde(rename = "mail")]
    email: Option<String>,
    address: Address,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

fn user() -> User {
    User {
        id: 7,
        full_name: "Ada".into(),
        email: None,
        address: Address {
            city: "London".into(),
            zip: 1815,
        },
        tags: Vec::new(),
    }
}

fn encoded<T: Serialize>(format: Format, value: &T) -> Result<Vec<u8>, CodecError> {
    let mut out = b"before".to_vec();
    let result = encode_fields(format, value, &mut out);
    assert_eq!(&out[..6], b"before");
    if result.is_err() {
        assert_eq!(out.len(), 6, "nothing is left behind");
    }
    result.map(|()| out[6..].to_vec())
}

fn round<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Vec<Vec<u8>> {
    let rounds = FORMATS.iter().map(|&format| {
        let bytes = encoded(format, value).expect("it has named fields");
        assert_eq!(&decode_fields::<T>(format, &bytes).unwrap(), value);
        bytes
    });
    rounds.collect()
}

fn names(payload: &[u8]) -> Vec<&str> {
    Fields::of(payload)
        .map(|(name, _)| std::str::from_utf8(name).unwrap())
        .collect()
}

#[test]
fn each_field_of_a_struct_is_a_field() {
    for bytes in round(&user()) {
        assert_eq!(names(&bytes), ["id", "fullName", "mail", "address"]);
    }
    let tagged = User {
        tags: vec!["a".into()],
        ..user()
    };
    for bytes in round(&tagged) {
        assert_eq!(names(&bytes)[4], "tags");
    }
}

#[test]
fn a_field_has_the_bytes_of_its_own_value() {
    let bytes = encoded(Format::MessagePack, &user()).unwrap();
    let fields: BTreeMap<_, _> = Fields::of(&bytes).collect();
    assert_eq!(fields[b"id".as_slice()], b"\x07");
    assert_eq!(fields[b"fullName".as_slice()], b"\xa3Ada");
    assert_eq!(fields[b"mail".as_slice()], b"\xc0");
    #[cfg(feature = "json")]
    {
        let bytes = encoded(Format::Json, &user()).unwrap();
        let fields: BTreeMap<_, _> = Fields::of(&bytes).collect();
        assert_eq!(fields[b"fullName".as_slice()], b"\"Ada\"\n");
        let name: Option<String> = decode_field(Format::Json, b"\"Ada\"\n");
        assert_eq!(name.as_deref(), Some("Ada"));
        assert_eq!(decode_field::<String>(Format::Json, b"\"Ada\""), None);
    }
    let name: Option<String> = decode_field(Format::MessagePack, b"\xa3Ada");
    assert_eq!(name.as_deref(), Some("Ada"));
    assert_eq!(
        decode_field::<String>(Format::MessagePack, b"\xa3Ada\x01"),
        None
    );
}

#[test]
fn flattened_fields_newtypes_and_maps_have_names_as_well() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        id: u64,
        #[serde(flatten)]
        address: Address,
        #[serde(flatten)]
        rest: BTreeMap<String, u32>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Around(Address);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Kind {
        Point { x: u32 },
        Empty,
    }
    let address = user().address;
    let flat = Flat {
        id: 1,
        address: address.clone(),
        rest: BTreeMap::from([("more".into(), 3)]),
    };
    for bytes in round(&flat) {
        assert_eq!(names(&bytes), ["id", "city", "zip", "more"]);
    }
    round(&Around(address));
    round(&BTreeMap::from([("a".to_owned(), 1), (String::new(), 2)]));
    round(&Kind::Point { x: 1 });
    round(&Kind::Empty);
}

#[test]
fn what_has_no_named_fields_is_refused() {
    #[derive(Serialize)]
    struct Tuple(u64, u64);
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    enum Choice {
        Named { x: u64 },
    }
    #[derive(Serialize)]
    struct Reserved {
        #[serde(rename = "%")]
        percent: u64,
    }
    #[derive(Serialize)]
    struct Twice {
        city: String,
        #[serde(flatten)]
        address: Address,
    }
    for &format in FORMATS {
        let refused = [
            encoded(format, &7_u64),
            encoded(format, &"text"),
            encoded(format, &vec![1]),
            encoded(format, &Tuple(1, 2)),
            encoded(format, &Unit),
            encoded(format, &Some(user())),
            encoded(format, &Choice::Named { x: 1 }),
            encoded(format, &BTreeMap::from([(1, 2)])),
            encoded(format, &Reserved { percent: 1 }),
            encoded(
                format,
                &Twice {
                    city: "Paris".into(),
                    address: user().address,
                },
            ),
        ];
        for (place, refused) in refused.into_iter().enumerate() {
            assert!(refused.is_err(), "{place}");
        }
    }
}

#[test]
fn a_name_is_found_where_the_field_lies() {
    #[derive(Serialize)]
    struct Swapped {
        #[serde(rename = "b")]
        a: u64,
        #[serde(rename = "a")]
        b: u64,
        #[serde(serialize_with = "text")]
        other: u64,
        #[serde(skip)]
        skipped: u64,
        nothing: (),
        #[serde(flatten)]
        address: Address,
    }
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "what serde calls takes a reference"
    )]
    fn text<S: serde::Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.to_string())
    }
    let value = Swapped {
        a: 1,
        b: 1,
        other: 1,
        skipped: 1,
        nothing: (),
        address: user().address,
    };
    assert_eq!(name_of(&value, &value.a).as_deref(), Some("b"));
    assert_eq!(name_of(&value, &value.b).as_deref(), Some("a"));
    assert_eq!(name_of(&value, &value.other), None);
    assert_eq!(name_of(&value, &value.skipped), None);
    assert_eq!(name_of(&value, &value.nothing), None);
    assert_eq!(name_of(&value, &value.address), None);
    let user = user();
    assert_eq!(name_of(&user, &user.email).as_deref(), Some("mail"));
    assert_eq!(name_of(&user, &user.full_name).as_deref(), Some("fullName"));
}

#[test]
fn a_hash_becomes_one_run_of_bytes_and_hostile_ones_do_not_shift_it() {
    let head = Head {
        nonce: Nonce([7; 16]),
        format: 1,
        flags: 0,
        fingerprint: 1,
        written_at_ms: 1,
        life_ms: 1,
        cost_ms: 1,
    };
    let (value, absent) = (head.write(State::Value), head.write(State::Absent));
    let leased = lease(Nonce([7; 16]));
    let entry = |header: &[u8]| {
        let reserved = RESERVED.as_bytes();
        entry_of(&[(b"a", b"1"), (reserved, header), (b"bc", b"")])
    };
    let mut fields = Vec::new();
    assert!(push(&mut fields, b"a", b"1") && push(&mut fields, b"bc", b""));
    assert_eq!(entry(&value), Some([&value[..], &fields].concat()));
    assert_eq!(entry(&absent), Some([&absent[..], &fields].concat()));
    // What belongs to an update, or to nobody, is not taken for a value's.
    assert_eq!(entry(&leased), Some(leased.to_vec()));
    for hostile in [
        &b""[..],
        b"x",
        &value[..HEADER - 1],
        &[&value[..], b"x"].concat(),
    ] {
        assert_eq!(entry(hostile).as_deref(), Some(hostile));
    }
    assert_eq!(entry_of(&[(b"a", b"1")]), None);
    assert_eq!(entry_of(&[]), None);
}

#[test]
fn hostile_runs_are_no_values() {
    for &format in FORMATS {
        let bytes = encoded(format, &user()).unwrap();
        for end in 0..bytes.len() {
            assert!(
                decode_fields::<User>(format, &bytes[..end]).is_err(),
                "{end}"
            );
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xFF;
            // Another value, or none, but neither a panic nor a large allocation.
            let _ = decode_fields::<User>(format, &bytes);
        }
        let mut name = Vec::new();
        assert!(push(&mut name, b"\xFF", b"\x01"));
        assert!(decode_fields::<BTreeMap<String, u64>>(format, &name).is_err());
    }
}

#[test]
fn a_tag_tells_layouts_apart() {
    // Computed by hand: a change is a cold start.
    assert_eq!(fingerprint_of(0x4996_E9C1_F551_07E4), 0x16D7_B943_27D2_F8E6);
    assert_ne!(fingerprint_of(1), 1);
    assert_ne!(fingerprint_of(1), fingerprint_of(2));
}
