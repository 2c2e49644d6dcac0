//! From a value to its fields.

use std::collections::HashSet;

use serde::Serialize;

#[cfg(feature = "json")]
use super::super::json;
use super::super::{CodecError, Format, faithful, msgpack};
use super::named::{Named, Refusal, Sink};
use super::{Fields, LENGTHS, RESERVED};

/// Appends `value` as fields to `out`, which may already hold the header. On an error `out` is as it was.
pub(crate) fn encode_fields<T>(
    format: Format,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError>
where
    T: Serialize + ?Sized,
{
    faithful::check(format, value)?;
    let start = out.len();
    let split = value.serialize(Named(Splitter { format, out }));
    let split = split.map_err(|refusal| match refusal {
        Refusal::Because(why) => CodecError::Encode(format, why.into()),
        Refusal::Field(error) => error,
        Refusal::Own(text) => CodecError::Encode(format, text),
    });
    let checked = split.and_then(|()| check_names(format, &out[start..]));
    if checked.is_err() {
        out.truncate(start);
    }
    checked
}

/// Appends one field's value.
pub(crate) fn encode_field<T: Serialize + ?Sized>(
    format: Format,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    faithful::check(format, value)?;
    write(format, value, out)
}

/// `flatten` may bring the same name twice, and a hash keeps one of them.
fn check_names(format: Format, payload: &[u8]) -> Result<(), CodecError> {
    let mut names = HashSet::new();
    for (name, _) in Fields::of(payload) {
        if name == RESERVED.as_bytes() {
            let why = "`layout = hash` has the name `%` for itself";
            return Err(CodecError::Unfaithful(format, why));
        }
        if !names.insert(name) {
            let why = "it has two fields of one name";
            return Err(CodecError::Unfaithful(format, why));
        }
    }
    Ok(())
}

struct Splitter<'a> {
    format: Format,
    out: &'a mut Vec<u8>,
}

impl Sink for Splitter<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refusal> {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; LENGTHS]);
        self.out.extend_from_slice(name.as_bytes());
        let from = self.out.len();
        write(self.format, value, self.out).map_err(Refusal::Field)?;
        let lengths = (
            u32::try_from(name.len()),
            u32::try_from(self.out.len() - from),
        );
        let (Ok(name), Ok(value)) = lengths else {
            return Err(Refusal::Because(
                "a field is longer than a Redis string can be",
            ));
        };
        self.out[start..start + 4].copy_from_slice(&name.to_be_bytes());
        self.out[start + 4..start + LENGTHS].copy_from_slice(&value.to_be_bytes());
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        #[cfg(feature = "json")]
        return self.format == Format::Json;
        #[cfg(not(feature = "json"))]
        false
    }
}

fn write<T: Serialize + ?Sized>(
    format: Format,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    match format {
        #[cfg(feature = "json")]
        Format::Json => json::encode(value, out),
        // The positional ones are never asked for: see `format_of`.
        _ => msgpack::encode(value, out),
    }
}
