//! The deserializer without data.

use serde::de::value::{BorrowedStrDeserializer, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Probe, Refused};

macro_rules! leaves {
    ($($method:ident $kind:literal $visit:ident($($value:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
            self.note($kind, "", &[])?;
            visitor.$visit($($value)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Refused;

    // What the values are matters to those who refuse some: 1 is a number, a text with a number, and not zero.
    leaves! {
        deserialize_bool "bool" visit_bool(true);
        deserialize_i8 "i8" visit_i8(1);
        deserialize_i16 "i16" visit_i16(1);
        deserialize_i32 "i32" visit_i32(1);
        deserialize_i64 "i64" visit_i64(1);
        deserialize_i128 "i128" visit_i128(1);
        deserialize_u8 "u8" visit_u8(1);
        deserialize_u16 "u16" visit_u16(1);
        deserialize_u32 "u32" visit_u32(1);
        deserialize_u64 "u64" visit_u64(1);
        deserialize_u128 "u128" visit_u128(1);
        deserialize_f32 "f32" visit_f32(1.0);
        deserialize_f64 "f64" visit_f64(1.0);
        deserialize_char "char" visit_char('1');
        deserialize_str "str" visit_str("1");
        deserialize_string "str" visit_str("1");
        deserialize_bytes "bytes" visit_bytes(&[1; 16]);
        deserialize_byte_buf "bytes" visit_bytes(&[1; 16]);
        deserialize_unit "unit" visit_unit();
    }

    // The positional formats cannot read these either.
    fn deserialize_any<V: Visitor<'de>>(mut self, _: V) -> Result<V::Value, Refused> {
        self.note("any", "", &[])?;
        Err(Refused)
    }

    serde::forward_to_deserialize_any! { identifier ignored_any }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note("unit struct", name, &[])?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.note("option", "", &[])?;
        if !self.is_filled() {
            return visitor.visit_none();
        }
        self.fill(|probe| visitor.visit_some(probe.below("some")))
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.note("seq", "", &[])?;
        let len = usize::from(self.is_filled());
        self.fill(|probe| probe.visit_items(len, visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.note("map", "", &[])?;
        let len = usize::from(self.is_filled());
        self.fill(|probe| {
            visitor.visit_map(Entries {
                probe: probe.at(probe.at),
                left: len,
            })
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note("newtype", name, &[])?;
        self.inside::<V, _>(|probe| visitor.visit_newtype_struct(probe.below("0")))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        mut self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note("tuple", &len.to_string(), &[])?;
        self.visit_items(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note("tuple struct", name, &[&len.to_string()])?;
        self.inside::<V, _>(|probe| probe.visit_items(len, visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note("struct", name, fields)?;
        self.inside::<V, _>(|probe| probe.visit_fields(fields, visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note("enum", name, variants)?;
        self.inside::<V, _>(|probe| probe.visit_variants(variants, visitor))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// A sequence, a tuple, or a struct's fields without their names.
pub(super) struct InOrder<'s> {
    pub(super) probe: Probe<'s>,
    pub(super) names: &'static [&'static str],
    pub(super) len: usize,
    pub(super) next: usize,
}

impl<'de> SeqAccess<'de> for InOrder<'_> {
    type Error = Refused;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        if self.next == self.len {
            return Ok(None);
        }
        let index = self.next;
        self.next += 1;
        match self.names.get(index) {
            Some(name) => seed.deserialize(self.probe.below(name)).map(Some),
            None => seed
                .deserialize(self.probe.below(&index.to_string()))
                .map(Some),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.next)
    }
}

/// A struct's fields with their names, from any of them on.
pub(super) struct ByName<'s> {
    pub(super) probe: Probe<'s>,
    pub(super) fields: &'static [&'static str],
    pub(super) first: usize,
    pub(super) next: usize,
}

impl ByName<'_> {
    fn field(&self, index: usize) -> &'static str {
        self.fields[(self.first + index) % self.fields.len()]
    }
}

impl<'de> MapAccess<'de> for ByName<'_> {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        if self.next == self.fields.len() {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new(self.field(self.next)))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let field = self.field(self.next);
        self.next += 1;
        seed.deserialize(self.probe.below(field))
    }
}

struct Entries<'s> {
    probe: Probe<'s>,
    left: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.probe.below("key")).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        seed.deserialize(self.probe.below("value"))
    }
}

pub(super) struct Variant<'s> {
    pub(super) probe: Probe<'s>,
    pub(super) variants: &'static [&'static str],
    pub(super) index: usize,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<(S::Value, Self), Refused> {
        let index = u32::try_from(self.index).map_err(Refused::custom)?;
        let value = seed.deserialize(U32Deserializer::new(index))?;
        self.probe.at = self
            .probe
            .at
            .below(self.variants.get(self.index).unwrap_or(&""));
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Refused;

    fn unit_variant(mut self) -> Result<(), Refused> {
        self.probe.note("unit variant", "", &[])
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<S::Value, Refused> {
        self.probe.note("newtype variant", "", &[])?;
        seed.deserialize(self.probe.below("0"))
    }

    fn tuple_variant<V: Visitor<'de>>(
        mut self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.probe.note("tuple variant", &len.to_string(), &[])?;
        self.probe.visit_items(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.probe.note("struct variant", "", fields)?;
        self.probe.visit_fields(fields, visitor)
    }
}
