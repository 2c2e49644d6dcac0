//! A value as named fields, each encoded for itself: what `layout = hash` keeps as the fields of a Redis hash.
//!
//! Between the stores and the shells an entry is one run of bytes, whatever its layout: the header, then for each field
//!
//! ```text
//! name length 4 | value length 4 | name | value
//! ```
//!
//! with big-endian lengths. That run never leaves the process. On a server the header is the field [`RESERVED`], and each name is
//! a field with its value.

mod join;
mod name;
mod named;
mod split;

#[cfg(test)]
mod tests;

pub(crate) use join::{decode_field, decode_fields};
pub(crate) use name::name_of;
pub(crate) use split::{encode_field, encode_fields};

use super::tag::Fnv;
use super::{Entry, Format, read};

/// The field that has the header. A value with a field of this name is not stored.
pub(crate) const RESERVED: &str = "%";

const LENGTHS: usize = 8;

/// The format of the fields: a positional one has no names to read one field by, so its place is taken by the default.
pub(crate) fn format_of(format: Format) -> Format {
    if format.is_positional() {
        Format::MessagePack
    } else {
        format
    }
}

/// The tag of entries in this layout, by that of the value: a string with the same value is another's entry.
pub(crate) fn fingerprint_of(tag: u64) -> u64 {
    Fnv::new().text("hash").bytes(&tag.to_be_bytes()).finish()
}

/// The names and values after the header.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn of(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }

    /// Whether there is nothing left: a run that breaks off in a field has something.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_at_checked(length(*name)?)?;
        let (value, rest) = rest.split_at_checked(length(*value)?)?;
        self.rest = rest;
        Some((name, value))
    }
}

fn length(bytes: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// Appends one field. `false` if it is too long for its length.
pub(crate) fn push(out: &mut Vec<u8>, name: &[u8], value: &[u8]) -> bool {
    let (Ok(names), Ok(values)) = (u32::try_from(name.len()), u32::try_from(value.len())) else {
        return false;
    };
    out.extend_from_slice(&names.to_be_bytes());
    out.extend_from_slice(&values.to_be_bytes());
    out.extend_from_slice(name);
    out.extend_from_slice(value);
    true
}

/// The run of bytes of a hash with these fields. `None`: it has no [`RESERVED`] field, so it is none of ours.
///
/// Where that field is no full header, the others do not count: they are what an update leaves in place, or somebody's.
#[cfg_attr(
    not(feature = "redis"),
    allow(dead_code, reason = "the store in memory has entries whole")
)]
pub(crate) fn entry_of(fields: &[(&[u8], &[u8])]) -> Option<Vec<u8>> {
    let is_reserved = |(name, _): &&(&[u8], &[u8])| *name == RESERVED.as_bytes();
    let (_, header) = fields.iter().find(is_reserved)?;
    if !matches!(
        read(header),
        Entry::Value { payload: [], .. } | Entry::Absent { .. }
    ) {
        return Some(header.to_vec());
    }
    let size = |(name, value): &(&[u8], &[u8])| LENGTHS + name.len() + value.len();
    let mut out = Vec::with_capacity(header.len() + fields.iter().map(size).sum::<usize>());
    out.extend_from_slice(header);
    for (name, value) in fields {
        if *name != RESERVED.as_bytes() && !push(&mut out, name, value) {
            return Some(header.to_vec());
        }
    }
    Some(out)
}
