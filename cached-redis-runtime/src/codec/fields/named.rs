//! What has named fields: the serializer that takes it apart, and refuses everything else.

use std::fmt;

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use super::super::CodecError;

/// What is done with each field.
pub(super) trait Sink {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Refusal>;

    fn is_human_readable(&self) -> bool;
}

/// Why a value was not taken apart.
#[derive(Debug)]
pub(super) enum Refusal {
    Because(&'static str),
    Field(CodecError),
    Own(Box<str>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Because(why) => f.write_str(why),
            Self::Field(error) => error.fmt(f),
            Self::Own(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Refusal {}

impl serde::ser::Error for Refusal {
    fn custom<M: fmt::Display>(text: M) -> Self {
        Self::Own(text.to_string().into())
    }
}

const UNNAMED: Refusal =
    Refusal::Because("`layout = hash` is for a struct with named fields, or a map from text");

/// Takes a struct apart, or a map with text for keys; a newtype counts as what is inside.
pub(super) struct Named<S>(pub(super) S);

/// Such a map, between a key and its value.
pub(super) struct Entries<S> {
    sink: S,
    key: String,
}

macro_rules! refused {
    ($($method:ident($($ty:ty),*) $(-> $ok:ty)?;)*) => {$(
        refused!(@one $method($($ty),*) $($ok)?);
    )*};
    (@one $method:ident($($ty:ty),*)) => {
        refused!(@one $method($($ty),*) ());
    };
    (@one $method:ident() $ok:ty) => {
        fn $method(self) -> Result<$ok, Refusal> {
            Err(UNNAMED)
        }
    };
    (@one $method:ident($a:ty) $ok:ty) => {
        fn $method(self, _: $a) -> Result<$ok, Refusal> {
            Err(UNNAMED)
        }
    };
    (@one $method:ident($a:ty, $b:ty) $ok:ty) => {
        fn $method(self, _: $a, _: $b) -> Result<$ok, Refusal> {
            Err(UNNAMED)
        }
    };
    (@one $method:ident($a:ty, $b:ty, $c:ty) $ok:ty) => {
        fn $method(self, _: $a, _: $b, _: $c) -> Result<$ok, Refusal> {
            Err(UNNAMED)
        }
    };
    (@one $method:ident($a:ty, $b:ty, $c:ty, $d:ty) $ok:ty) => {
        fn $method(self, _: $a, _: $b, _: $c, _: $d) -> Result<$ok, Refusal> {
            Err(UNNAMED)
        }
    };
}

/// What has no names, or names but no fields.
macro_rules! refuse_the_unnamed {
    () => {
        type Ok = ();
        type Error = Refusal;
        type SerializeSeq = Impossible<(), Refusal>;
        type SerializeTuple = Impossible<(), Refusal>;
        type SerializeTupleStruct = Impossible<(), Refusal>;
        type SerializeTupleVariant = Impossible<(), Refusal>;
        type SerializeStructVariant = Impossible<(), Refusal>;

        refused! {
            serialize_bool(bool);
            serialize_i8(i8);
            serialize_i16(i16);
            serialize_i32(i32);
            serialize_i64(i64);
            serialize_i128(i128);
            serialize_u8(u8);
            serialize_u16(u16);
            serialize_u32(u32);
            serialize_u64(u64);
            serialize_u128(u128);
            serialize_f32(f32);
            serialize_f64(f64);
            serialize_char(char);
            serialize_bytes(&[u8]);
            serialize_none();
            serialize_unit();
            serialize_unit_struct(&'static str);
            serialize_unit_variant(&'static str, u32, &'static str);
            serialize_seq(Option<usize>) -> Self::SerializeSeq;
            serialize_tuple(usize) -> Self::SerializeTuple;
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }

        fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Refusal> {
            Err(UNNAMED)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            value: &T,
        ) -> Result<(), Refusal> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<(), Refusal> {
            Err(UNNAMED)
        }
    };
}

impl<S: Sink> Serializer for Named<S> {
    type SerializeMap = Entries<S>;
    type SerializeStruct = Self;

    refuse_the_unnamed!();
    refused! {
        serialize_str(&str);
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<S>, Refusal> {
        Ok(Entries {
            sink: self.0,
            key: String::new(),
        })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refusal> {
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

impl<S: Sink> SerializeStruct for Named<S> {
    type Ok = ();
    type Error = Refusal;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        self.0.field(name, value)
    }

    fn end(self) -> Result<(), Refusal> {
        Ok(())
    }
}

impl<S: Sink> SerializeMap for Entries<S> {
    type Ok = ();
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        self.key.clear();
        key.serialize(Key(&mut self.key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.sink.field(&self.key, value)
    }

    fn end(self) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Takes text and nothing else.
struct Key<'a>(&'a mut String);

impl Serializer for Key<'_> {
    type SerializeMap = Impossible<(), Refusal>;
    type SerializeStruct = Impossible<(), Refusal>;

    refuse_the_unnamed!();
    refused! {
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }

    fn serialize_str(self, text: &str) -> Result<(), Refusal> {
        self.0.push_str(text);
        Ok(())
    }
}
