//! JSON, for readers in other languages.

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

use super::{CodecError, Format};

const FORMAT: Format = Format::Json;

/// Ends each payload. A number's first digits are a number too: only an end that is written down shows that the
/// payload is whole. To every JSON parser it is white space.
const END: u8 = b'\n';

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    serde_json::to_writer(&mut *out, value).map_err(|error| CodecError::encode(FORMAT, error))?;
    out.push(END);
    Ok(())
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    serde_json::from_slice(text(bytes)?).map_err(|_| CodecError::Decode(FORMAT))
}

/// For a value that is a part of another.
pub(super) fn decode_seed<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    seed: S,
) -> Result<S::Value, CodecError> {
    let mut parser = serde_json::Deserializer::from_slice(text(bytes)?);
    let value = seed.deserialize(&mut parser);
    let value = value.map_err(|_| CodecError::Decode(FORMAT))?;
    parser.end().map_err(|_| CodecError::Trailing(FORMAT))?;
    Ok(value)
}

fn text(bytes: &[u8]) -> Result<&[u8], CodecError> {
    let Some(text) = bytes.strip_suffix(&[END]) else {
        return Err(CodecError::Decode(FORMAT));
    };
    // The parser itself would overlook these.
    if text.ends_with(&[END]) {
        return Err(CodecError::Trailing(FORMAT));
    }
    Ok(text)
}
