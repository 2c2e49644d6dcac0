//! Whether a value will come back as it is: a walk over it before it is written.
//!
//! Formats that describe themselves have one `null` for both `None` and `Some(None)`, and for `()`; JSON has it for
//! infinity as well. Positional ones cannot leave a field out. And every decoder has a depth at which it
//! stops. Such a value would be read back as another, or be stored again on each call; it is not stored at all.
//!
//! The walk costs a part of the encoding, and only where a value is stored: never on a hit.

use std::fmt;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{CodecError, DEPTH, Format};

/// Refuses a value that `format` would not bring back.
pub(super) fn check<T: Serialize + ?Sized>(format: Format, value: &T) -> Result<(), CodecError> {
    match value.serialize(Walk {
        rules: Rules::of(format),
        left: DEPTH,
    }) {
        Err(Refusal::Because(why)) => Err(CodecError::Unfaithful(format, why)),
        // The value's own error comes again from the encoder, with its text.
        Ok(_) | Err(Refusal::Own) => Ok(()),
    }
}

#[derive(Clone, Copy)]
struct Rules {
    /// `None` leaves no trace around it.
    bare_options: bool,
    /// A unit struct is written as `()` is, and numbers must be finite.
    json: bool,
}

impl Rules {
    fn of(format: Format) -> Self {
        Self {
            bare_options: !format.is_positional(),
            #[cfg(feature = "json")]
            json: format == Format::Json,
            #[cfg(not(feature = "json"))]
            json: false,
        }
    }

    fn skipped(self) -> Result<(), Refusal> {
        if self.bare_options {
            Ok(())
        } else {
            Err(Refusal::Because("it leaves a field out"))
        }
    }
}

#[derive(Debug)]
enum Refusal {
    Because(&'static str),
    Own,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Because(why) => why,
            Self::Own => "refused by its own implementation",
        })
    }
}

impl std::error::Error for Refusal {}

impl serde::ser::Error for Refusal {
    fn custom<M: fmt::Display>(_: M) -> Self {
        Self::Own
    }
}

/// A serializer that writes nothing. It yields whether the value's text would be that of `None`.
#[derive(Clone, Copy)]
struct Walk {
    rules: Rules,
    left: u8,
}

impl Walk {
    fn down(self, levels: u8) -> Result<Self, Refusal> {
        match self.left.checked_sub(levels) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(Refusal::Because("it is nested too deeply")),
        }
    }

    fn float(self, finite: bool) -> Result<bool, Refusal> {
        if finite || !self.rules.json {
            Ok(false)
        } else {
            Err(Refusal::Because("it has a number that is not finite"))
        }
    }

    fn item<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        value.serialize(self).map(drop)
    }
}

macro_rules! leaves {
    ($($method:ident: $ty:ty)*) => {$(
        fn $method(self, _: $ty) -> Result<bool, Refusal> {
            Ok(false)
        }
    )*};
}

impl Serializer for Walk {
    type Ok = bool;
    type Error = Refusal;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    leaves! {
        serialize_bool: bool serialize_char: char serialize_str: &str serialize_bytes: &[u8]
        serialize_i8: i8 serialize_i16: i16 serialize_i32: i32 serialize_i64: i64 serialize_i128: i128
        serialize_u8: u8 serialize_u16: u16 serialize_u32: u32 serialize_u64: u64 serialize_u128: u128
    }

    fn serialize_f32(self, v: f32) -> Result<bool, Refusal> {
        self.float(v.is_finite())
    }

    fn serialize_f64(self, v: f64) -> Result<bool, Refusal> {
        self.float(v.is_finite())
    }

    fn serialize_none(self) -> Result<bool, Refusal> {
        Ok(true)
    }

    fn serialize_unit(self) -> Result<bool, Refusal> {
        Ok(true)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<bool, Refusal> {
        Ok(self.rules.json)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<bool, Refusal> {
        if value.serialize(self.down(1)?)? && self.rules.bare_options {
            return Err(Refusal::Because(
                "it has a `Some` that would be read back as `None`",
            ));
        }
        Ok(false)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<bool, Refusal> {
        value.serialize(self.down(1)?)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<bool, Refusal> {
        self.down(1).map(|_| false)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<bool, Refusal> {
        self.down(1)?.item(value)?;
        Ok(false)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refusal> {
        self.down(1)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refusal> {
        self.down(1)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.down(1)
    }

    // Two levels, as in `{variant: [..]}`.
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refusal> {
        self.down(2)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refusal> {
        self.down(1)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.down(1)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refusal> {
        self.down(2)
    }

    // The default formats the value into a string that nobody would read.
    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<bool, Refusal> {
        Ok(false)
    }

    fn is_human_readable(&self) -> bool {
        self.rules.json
    }
}

macro_rules! sequences {
    ($($trait:ident::$method:ident)*) => {$(
        impl $trait for Walk {
            type Ok = bool;
            type Error = Refusal;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
                self.item(value)
            }

            fn end(self) -> Result<bool, Refusal> {
                Ok(false)
            }
        }
    )*};
}

sequences! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($trait:ident)*) => {$(
        impl $trait for Walk {
            type Ok = bool;
            type Error = Refusal;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Refusal> {
                self.item(value)
            }

            fn skip_field(&mut self, _: &'static str) -> Result<(), Refusal> {
                self.rules.skipped()
            }

            fn end(self) -> Result<bool, Refusal> {
                Ok(false)
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Walk {
    type Ok = bool;
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.item(value)
    }

    fn end(self) -> Result<bool, Refusal> {
        Ok(false)
    }
}
