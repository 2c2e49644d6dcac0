//! Values as bytes: the frozen header around them, the formats, and the tag that tells one type from another.
//!
//! Two rules decide everything here. What comes from the server may be any bytes: it is read without a panic, and
//! without an allocation that its size would not explain. And a value that would not come back as it was is not
//! stored: [`faithful`] looks at each one before it is written.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(any(feature = "postcard", feature = "bincode"))]
mod depth;
mod envelope;
mod faithful;
pub(crate) mod fields;
mod guard;
#[cfg(feature = "json")]
mod json;
#[cfg(any(feature = "postcard", feature = "bincode"))]
mod layout;
mod msgpack;
#[cfg(feature = "postcard")]
mod postcard;
mod renewal;
mod tag;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use envelope::{Entry, HEADER, Head, LEASE, Nonce, State, lease, read};
pub(crate) use guard::{Writer, guard, read_guard};
pub(crate) use renewal::{DATE, Renewal};
pub(crate) use tag::{Tags, fingerprint};

/// How deep a stored value may be nested.
///
/// Each level of nesting is a few stack frames of the decoder, so hostile bytes must not choose the number. 127 is what
/// `serde_json` allows, and one limit for all formats lets a service change its format.
const DEPTH: u8 = 127;

/// How a value is written: the payload's format.
///
/// `MessagePack` is always there and takes every serde shape; the others are features of this crate.
/// Entries of another format than the function's own are misses, so a change of format is safe at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `MessagePack` with field names: compact, and fields may be added. The default.
    #[default]
    MessagePack,
    /// JSON: what other languages read most easily.
    #[cfg(feature = "json")]
    Json,
    /// Postcard: smallest and fastest, but positional. `skip_serializing_if`, `flatten`, `untagged` and
    /// internally tagged enums do not work with it.
    #[cfg(feature = "postcard")]
    Postcard,
    /// Bincode 2: positional as well, with the same limits.
    #[cfg(feature = "bincode")]
    Bincode,
}

impl Format {
    /// The name that `codec = …` has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MessagePack => "msgpack",
            #[cfg(feature = "json")]
            Self::Json => "json",
            #[cfg(feature = "postcard")]
            Self::Postcard => "postcard",
            #[cfg(feature = "bincode")]
            Self::Bincode => "bincode",
        }
    }

    /// The header's format byte. Frozen.
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::MessagePack => 1,
            #[cfg(feature = "json")]
            Self::Json => 2,
            #[cfg(feature = "postcard")]
            Self::Postcard => 3,
            #[cfg(feature = "bincode")]
            Self::Bincode => 4,
        }
    }

    /// Whether the bytes say nothing of names and types: only the reader's own type tells what they mean.
    fn is_positional(self) -> bool {
        match self {
            Self::MessagePack => false,
            #[cfg(feature = "json")]
            Self::Json => false,
            #[cfg(feature = "postcard")]
            Self::Postcard => true,
            #[cfg(feature = "bincode")]
            Self::Bincode => true,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MessagePack => "msgpack",
            #[cfg(feature = "json")]
            Self::Json => "json",
            #[cfg(feature = "postcard")]
            Self::Postcard => "postcard",
            #[cfg(feature = "bincode")]
            Self::Bincode => "bincode",
        })
    }
}

/// A type whose values can be stored in the cache: serializable both ways, and owned.
///
/// Implemented for each type that is; there is nothing to write by hand.
///
/// # Examples
///
/// ```
/// fn storable<T: cached_redis_runtime::Cacheable>() {}
///
/// storable::<Vec<(String, Option<u64>)>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in the cache",
    label = "returned by a cached function",
    note = "cached values must be serializable both ways and owned: add `#[derive(Serialize, Deserialize)]` to `{Self}`"
)]
pub trait Cacheable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Cacheable for T {}

/// Why a value was not written, or bytes were not read.
///
/// What a decoder says may quote the payload, which has no business in a log; so its text is dropped.
#[derive(Debug)]
pub(crate) enum CodecError {
    /// The format cannot write this value.
    Encode(Format, Box<str>),
    /// The format would write this value, and read another one back or none at all.
    Unfaithful(Format, &'static str),
    /// These bytes are no such value.
    Decode(Format),
    /// There are bytes after the value.
    Trailing(Format),
}

impl CodecError {
    fn encode(format: Format, error: impl fmt::Display) -> Self {
        Self::Encode(format, error.to_string().into())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(format, text) => {
                write!(f, "the value cannot be written as {format}: {text}")
            }
            Self::Unfaithful(format, why) => {
                write!(f, "the value would not survive {format}: {why}")
            }
            Self::Decode(format) => write!(f, "the stored bytes are no such value in {format}"),
            Self::Trailing(format) => write!(f, "bytes follow the stored {format} value"),
        }
    }
}

impl std::error::Error for CodecError {}

/// Appends `value` to `out`, which may already hold the header. On an error `out` is as it was.
pub(crate) fn encode_into<T>(format: Format, value: &T, out: &mut Vec<u8>) -> Result<(), CodecError>
where
    T: Serialize + ?Sized,
{
    faithful::check(format, value)?;
    let start = out.len();
    let result = match format {
        Format::MessagePack => msgpack::encode(value, out),
        #[cfg(feature = "json")]
        Format::Json => json::encode(value, out),
        #[cfg(feature = "postcard")]
        Format::Postcard => postcard::encode(value, out),
        #[cfg(feature = "bincode")]
        Format::Bincode => bincode::encode(value, out),
    };
    if result.is_err() {
        out.truncate(start);
    }
    result
}

/// [`encode_into`], for a value that will be read as an `R`.
///
/// The positional formats write some serde shapes (`untagged`, `flatten`) that they can never read. A miss that decodes
/// its own value once finds that out; else every later call would.
pub(crate) fn encode_readable<T, R>(
    format: Format,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), CodecError>
where
    T: Serialize + ?Sized,
    R: DeserializeOwned,
{
    let start = out.len();
    encode_into(format, value, out)?;
    if format.is_positional() && decode::<R>(format, &out[start..]).is_err() {
        out.truncate(start);
        let why = "it cannot be read back; `codec = msgpack` or `json` can";
        return Err(CodecError::Unfaithful(format, why));
    }
    Ok(())
}

/// Reads a value that takes up all of `bytes`.
pub(crate) fn decode<T: DeserializeOwned>(format: Format, bytes: &[u8]) -> Result<T, CodecError> {
    match format {
        Format::MessagePack => msgpack::decode(bytes),
        #[cfg(feature = "json")]
        Format::Json => json::decode(bytes),
        #[cfg(feature = "postcard")]
        Format::Postcard => postcard::decode(bytes),
        #[cfg(feature = "bincode")]
        Format::Bincode => bincode::decode(bytes),
    }
}

#[cfg(test)]
mod tests;
