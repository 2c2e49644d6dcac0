//! Postcard: positional, so that only the tag in the header knows what the bytes mean.

use postcard::{take_from_bytes, to_io};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::depth::Bounded;
use super::{CodecError, Format};

const FORMAT: Format = Format::Postcard;

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    match to_io(value, out) {
        Ok(_) => Ok(()),
        Err(error) => Err(CodecError::encode(FORMAT, error)),
    }
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match take_from_bytes::<Bounded<T>>(bytes) {
        Ok((value, [])) => Ok(value.0),
        Ok(_) => Err(CodecError::Trailing(FORMAT)),
        Err(_) => Err(CodecError::Decode(FORMAT)),
    }
}
