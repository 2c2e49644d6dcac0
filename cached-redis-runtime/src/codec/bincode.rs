//! Bincode 2 in its standard configuration: little-endian, integers of variable length.

use bincode::config::{self, Config};
use bincode::serde::{decode_from_slice, encode_into_std_write};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::depth::Bounded;
use super::{CodecError, Format};

const FORMAT: Format = Format::Bincode;

/// Without a limit a length in the payload is believed: 256 GiB were asked for, and the process aborted.
const LIMIT: usize = 64 << 20;

fn config() -> impl Config {
    config::standard().with_limit::<LIMIT>()
}

pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError> {
    match encode_into_std_write(value, out, config()) {
        Ok(written) if written > LIMIT => {
            Err(CodecError::Unfaithful(FORMAT, "it is larger than 64 MiB"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(CodecError::encode(FORMAT, error)),
    }
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match decode_from_slice::<Bounded<T>, _>(bytes, config()) {
        Ok((value, read)) if read == bytes.len() => Ok(value.0),
        Ok(_) => Err(CodecError::Trailing(FORMAT)),
        Err(_) => Err(CodecError::Decode(FORMAT)),
    }
}
