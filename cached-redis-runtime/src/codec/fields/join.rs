//! From fields to the value.

use std::fmt;
use std::marker::PhantomData;
use std::str;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

#[cfg(feature = "json")]
use super::super::json;
use super::super::{CodecError, Format, msgpack};
use super::Fields;

/// Puts together a value of which these are the fields.
pub(crate) fn decode_fields<T: DeserializeOwned>(
    format: Format,
    payload: &[u8],
) -> Result<T, CodecError> {
    let fields = Fields::of(payload);
    T::deserialize(Joined { format, fields }).map_err(|_| CodecError::Decode(format))
}

fn read<'de, S: DeserializeSeed<'de>>(
    format: Format,
    bytes: &'de [u8],
    seed: S,
) -> Result<S::Value, Broken> {
    let read = match format {
        #[cfg(feature = "json")]
        Format::Json => json::decode_seed(bytes, seed),
        _ => msgpack::decode_seed(bytes, seed),
    };
    read.map_err(|_| Broken)
}

/// These are no such fields. What exactly is wrong may quote them, which has no business in a log.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stored fields are no such value")
    }
}

impl std::error::Error for Broken {}

impl serde::de::Error for Broken {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self
    }
}

struct Joined<'de> {
    format: Format,
    fields: Fields<'de>,
}

impl<'de> Deserializer<'de> for Joined<'de> {
    type Error = Broken;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        visitor.visit_map(Access {
            format: self.format,
            fields: self.fields,
            value: &[],
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Broken> {
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        is_human_readable(self.format)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

fn is_human_readable(format: Format) -> bool {
    #[cfg(feature = "json")]
    return format == Format::Json;
    #[cfg(not(feature = "json"))]
    {
        let _ = format;
        false
    }
}

struct Access<'de> {
    format: Format,
    fields: Fields<'de>,
    value: &'de [u8],
}

impl<'de> MapAccess<'de> for Access<'de> {
    type Error = Broken;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Broken> {
        let Some((name, value)) = self.fields.next() else {
            return if self.fields.is_empty() {
                Ok(None)
            } else {
                Err(Broken)
            };
        };
        self.value = value;
        let name = str::from_utf8(name).map_err(|_| Broken)?;
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Broken> {
        read(self.format, self.value, seed)
    }
}

/// One field alone.
pub(crate) fn decode_field<T: DeserializeOwned>(format: Format, bytes: &[u8]) -> Option<T> {
    read(format, bytes, PhantomData).ok()
}
