//! One function for each place where something comes in.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use cached_redis_runtime::key as cache_key;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{self, Entry, Format, HEADER, LEASE, State};
use crate::template::{Part, parse};

/// Bytes from a server are read without a panic, and what is read is what is there.
///
/// # Panics
/// If not.
pub fn entry(bytes: &[u8]) {
    match codec::read(bytes) {
        Entry::Value { head, payload } => {
            let written = [head.write(State::Value).as_slice(), payload].concat();
            assert_eq!(written, bytes, "a value reads as it was written");
        }
        Entry::Absent { head } => assert_eq!(head.write(State::Absent).as_slice(), bytes),
        Entry::Lease(nonce) => assert_eq!(codec::lease(nonce).as_slice(), bytes),
        Entry::Guard(nonce) => assert_eq!(nonce.0.as_slice(), &bytes[1..LEASE]),
        Entry::Stale { payload, .. } => assert_eq!(payload, &bytes[HEADER..]),
        Entry::Foreign => {}
    }
}

#[derive(Debug, Deserialize, Serialize)]
struct User {
    id: u64,
    name: String,
    email: Option<String>,
    tags: Vec<(char, i16)>,
    limits: BTreeMap<String, u128>,
    plan: Plan,
    #[serde(default)]
    note: Option<Box<User>>,
}

#[derive(Debug, Deserialize, Serialize)]
enum Plan {
    Free,
    Paid { until: u32, seats: Option<u8> },
    Custom(String, bool),
    Both(Box<Plan>, Box<Plan>),
}

/// A payload is decoded without a panic, without more memory than its length deserves (the fuzzer's limit finds that
/// out), and what can be decoded and stored again decodes to the same.
///
/// # Panics
/// If not.
pub fn payload(bytes: &[u8]) {
    let Some((format, bytes)) = bytes.split_first() else {
        return;
    };
    let formats = [
        Format::MessagePack,
        Format::Json,
        Format::Postcard,
        Format::Bincode,
    ];
    let format = formats[usize::from(*format) % formats.len()];
    round_trip::<User>(format, bytes);
    round_trip::<Vec<Plan>>(format, bytes);
    round_trip::<Option<HashMap<u16, Vec<(i8, f32)>>>>(format, bytes);
    round_trip::<Result<(u128, [u8; 3]), Vec<()>>>(format, bytes);
    round_trip::<String>(format, bytes);
    round_trip::<()>(format, bytes);
}

fn round_trip<T: Serialize + DeserializeOwned + Debug>(format: Format, bytes: &[u8]) {
    let Ok(value) = codec::decode::<T>(format, bytes) else {
        return;
    };
    let mut once = Vec::new();
    if codec::encode_into(format, &value, &mut once).is_err() {
        return;
    }
    let again = codec::decode::<T>(format, &once).expect("what was stored can be read");
    // By text, since a NaN is not equal to itself; maps of hashes have no order, but the same number of bytes.
    let mut twice = Vec::new();
    codec::encode_into(format, &again, &mut twice).expect("what was stored can be stored");
    assert_eq!(once.len(), twice.len(), "{value:?} became {again:?}");
}

/// Any URL is taken or refused, and neither outcome shows the password.
///
/// # Panics
/// If not.
pub fn url(text: &str) {
    const SECRET: &str = "hunter2-in-plain-text";

    let shown = |url: &str| match crate::url::parse(url) {
        Ok(_) => String::new(),
        Err(error) => format!("{error} {error:?}"),
    };
    drop(shown(text));
    for url in [
        format!("redis://user:{SECRET}@{text}"),
        format!("redis://:{SECRET}{text}@host"),
        format!("redis://:{text}{SECRET}@host"),
        format!("redis-cluster://a,u:{SECRET}@{text}"),
        format!("rediss-sentinel://a/m?sentinel_password={SECRET}{text}"),
        format!(
            "redis+unix:///{}?pass={SECRET}{text}",
            text.replace('?', "")
        ),
    ] {
        let shown = shown(&url);
        assert!(!shown.contains(SECRET), "{url} shows its password: {shown}");
    }
}

/// A template is read or refused; what is wrong is inside it and on the boundaries of characters; and what was read
/// covers the text.
///
/// # Panics
/// If not.
pub fn template(text: &str) {
    match parse(text) {
        Ok(template) => {
            let mut literals = 0;
            for part in &template.parts {
                match part {
                    Part::Text(literal) => literals += literal.len(),
                    Part::Hole(hole) => {
                        let path = &text[hole.path.clone()];
                        assert_eq!(format!("<{path}>"), &text[hole.whole.clone()]);
                        assert!(path.starts_with(&hole.root), "{path}");
                    }
                }
            }
            let holes = template.parts.iter().map(|part| match part {
                Part::Text(_) => 0,
                Part::Hole(hole) => hole.whole.len(),
            });
            let doubled = text.len() - literals - holes.sum::<usize>();
            assert!(doubled <= literals, "`<<` and `>>` lose one character each");
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(text.get(problem.at.clone()).is_some(), "{problem:?}");
            }
        }
    }
}

/// Different values never make one key, whatever users put into them, and no value makes a separator.
///
/// # Panics
/// If not.
pub fn key(text: &str) {
    let parts: Vec<_> = text.split('\0').collect();
    let half = parts.len() / 2;
    let (left, right) = parts.split_at(half);
    let keys = [left, right].map(|parts| {
        let first = parts.first().copied().unwrap_or_default();
        let second = parts.get(1).copied();
        let rest = parts.get(2..).unwrap_or_default();
        let pair = (second, first);
        (
            (first, second, rest),
            cache_key!("user:{<first>}:<second>:<pair>:<rest>")
                .as_str()
                .to_owned(),
        )
    });
    let [(left, one), (right, other)] = &keys;
    assert_eq!(left == right, one == other, "{one} and {other}");
    for (_, key) in &keys {
        assert_eq!(
            key.matches(['{', '}']).count(),
            2,
            "a forged hash tag: {key}"
        );
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
    }
}
