//! `MessagePack` with field names, the default format.

use std::marker::PhantomData;

use rmp_serde::decode::Error as DecodeError;
use rmp_serde::{Deserializer, Serializer};
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize as _, Serialize};

use super::{CodecError, DEPTH, Format};

const FORMAT: Format = Format::MessagePack;

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    value
        .serialize(&mut Serializer::new(out).with_struct_map())
        .map_err(|error| CodecError::encode(FORMAT, error))
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_seed(bytes, PhantomData)
}

/// For a value that is a part of another.
pub(super) fn decode_seed<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    seed: S,
) -> Result<S::Value, CodecError> {
    if bytes.len() > 2 * usize::from(DEPTH) && may_nest_in_variants(bytes) && nests_too_deep(bytes)
    {
        return Err(CodecError::Decode(FORMAT));
    }
    let mut deserializer = Deserializer::from_read_ref(bytes);
    // It fails when the count reaches zero.
    deserializer.set_max_depth(usize::from(DEPTH) + 1);
    let value = seed.deserialize(&mut deserializer);
    let value = value.map_err(|_| CodecError::Decode(FORMAT))?;
    // The reader does not tell what is left. A `bool` takes one marker and no more; only the end has none.
    match bool::deserialize(&mut deserializer) {
        Err(DecodeError::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(CodecError::Trailing(FORMAT)),
    }
}

/// Whether there are enough maps of one entry for [`nests_too_deep`] to be worth its time.
///
/// `rmp_serde` 1.3 counts the depth of arrays and maps, but not of the `{variant: value}` around an enum's value, so
/// an enum that holds itself would let the payload choose how much stack is used.
///
/// Each hit pays for this. A value of few items is walked over, whatever the size of its texts: it cannot nest deeper
/// than it has items. What is left of one with many items is searched for the markers, many bytes at once.
fn may_nest_in_variants(bytes: &[u8]) -> bool {
    let Some(rest) = after_items(bytes, WALKED) else {
        return false;
    };
    memchr::memchr3_iter(0x81, 0xDE, 0xDF, rest)
        .nth(usize::from(DEPTH) - WALKED)
        .is_some()
}

/// How many items are walked over one by one.
const WALKED: usize = 48;

/// The bytes after this many items; `None` if the value ends before, or is none.
fn after_items(mut bytes: &[u8], items: usize) -> Option<&[u8]> {
    let mut expected: u64 = 1;
    for _ in 0..items {
        let (&marker, rest) = bytes.split_first()?;
        let (opened, rest) = item(marker, rest)?;
        bytes = rest;
        expected = (expected - 1).saturating_add(opened);
        if expected == 0 {
            return None;
        }
    }
    Some(bytes)
}

/// Walks over the containers without recursion. Bytes that are no `MessagePack` are left to the decoder.
fn nests_too_deep(mut bytes: &[u8]) -> bool {
    // For each open container, how many items it still expects.
    let mut open: Vec<u64> = Vec::new();
    while let Some((&marker, rest)) = bytes.split_first() {
        let Some((items, rest)) = item(marker, rest) else {
            return false;
        };
        bytes = rest;
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if items > 0 {
            open.push(items);
        }
        if open.len() > usize::from(DEPTH) {
            return true;
        }
        while open.last() == Some(&0) {
            open.pop();
        }
        if open.is_empty() {
            return false;
        }
    }
    false
}

/// The items that a marker opens, and the bytes after what belongs to the marker itself.
fn item(marker: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let sized = |width: usize, extra: u64| {
        let (length, rest) = rest.split_at_checked(width)?;
        let length = length.iter().fold(0, |n, &byte| n << 8 | u64::from(byte));
        rest.get(usize::try_from(length + extra).ok()?..)
    };
    let container = |width: usize, each: u64| {
        let (count, rest) = rest.split_at_checked(width)?;
        Some((
            each * count.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)),
            rest,
        ))
    };
    let skip = |width: usize| rest.get(width..);
    let leaf = match marker {
        0x80..=0x8F => return Some((2 * u64::from(marker & 0x0F), rest)),
        0x90..=0x9F => return Some((u64::from(marker & 0x0F), rest)),
        0xDC => return container(2, 1),
        0xDD => return container(4, 1),
        0xDE => return container(2, 2),
        0xDF => return container(4, 2),
        0xA0..=0xBF => skip(usize::from(marker & 0x1F)),
        0xC4 | 0xD9 => sized(1, 0),
        0xC5 | 0xDA => sized(2, 0),
        0xC6 | 0xDB => sized(4, 0),
        0xC7 => sized(1, 1),
        0xC8 => sized(2, 1),
        0xC9 => sized(4, 1),
        0xCC | 0xD0 => skip(1),
        0xCD | 0xD1 | 0xD4 => skip(2),
        0xD5 => skip(3),
        0xCA | 0xCE | 0xD2 => skip(4),
        0xD6 => skip(5),
        0xCB | 0xCF | 0xD3 => skip(8),
        0xD7 => skip(9),
        0xD8 => skip(17),
        _ => Some(rest),
    };
    leaf.map(|rest| (0, rest))
}
