//! How the standard library's types look inside a key.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use super::{CacheKey, KeyName, KeyWriter};

/// Decimal digits by hand: a key is rendered on each call, and `fmt` costs three times as much.
fn push_decimal(out: &mut String, negative: bool, mut magnitude: u64) {
    const DIGITS: usize = 20;
    let mut digits = [0_u8; DIGITS];
    let mut start = DIGITS;
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(magnitude % 10).unwrap_or_default();
        magnitude /= 10;
        if magnitude == 0 {
            break;
        }
    }
    if negative {
        out.push('-');
    }
    out.push_str(std::str::from_utf8(&digits[start..]).unwrap_or_default());
}

macro_rules! unsigned {
    ($($ty:ty)*, $widen:expr) => {$(
        impl CacheKey for $ty {
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                push_decimal(out.buffer(), false, $widen(*self));
            }
        }
    )*};
}

macro_rules! signed {
    ($($ty:ty)*, $widen:expr) => {$(
        impl CacheKey for $ty {
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                push_decimal(out.buffer(), *self < 0, $widen(self.unsigned_abs()));
            }
        }
    )*};
}

macro_rules! wide {
    ($($ty:ty)*) => {$(
        impl CacheKey for $ty {
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                // Writing into a `String` cannot fail.
                let _ = write!(out.buffer(), "{self}");
            }
        }
    )*};
}

unsigned!(u8 u16 u32, u64::from);
signed!(i8 i16 i32, u64::from);
unsigned!(u64, core::convert::identity);
signed!(i64, core::convert::identity);
unsigned!(usize, |n| n as u64);
signed!(isize, |n| n as u64);
wide!(u128 i128);

macro_rules! non_zero {
    ($($ty:ty)*) => {$(
        impl CacheKey for NonZero<$ty> {
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                self.get().write_key(out);
            }
        }
    )*};
}

non_zero!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl CacheKey for bool {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.raw(if *self { "true" } else { "false" });
    }
}

impl CacheKey for char {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.text(self.encode_utf8(&mut [0; 4]));
    }
}

impl CacheKey for str {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.text(self);
    }
}

impl CacheKey for String {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.text(self);
    }
}

impl CacheKey for () {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.raw("()");
    }
}

macro_rules! transparent {
    ($($ty:ty),*) => {$(
        impl<T: CacheKey + ?Sized> CacheKey for $ty {
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                T::write_key(self, out);
            }
        }
    )*};
}

transparent!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: CacheKey + ToOwned + ?Sized> CacheKey for Cow<'_, T> {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        T::write_key(self, out);
    }
}

impl<T: CacheKey> CacheKey for Option<T> {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        match self {
            Some(value) => out.some(value),
            None => out.none(),
        }
    }
}

impl<T: CacheKey> CacheKey for [T] {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.list(self.iter().map(|item| item as &dyn CacheKey));
    }
}

impl<T: CacheKey, const N: usize> CacheKey for [T; N] {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        self.as_slice().write_key(out);
    }
}

impl<T: CacheKey> CacheKey for Vec<T> {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        self.as_slice().write_key(out);
    }
}

/// In their order, as a list.
impl<T: CacheKey> CacheKey for BTreeSet<T> {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        out.list(self.iter().map(|item| item as &dyn CacheKey));
    }
}

/// In the order of the keys, as a list of pairs. A hash map has no order and is no key part.
impl<K: CacheKey, V: CacheKey> CacheKey for BTreeMap<K, V> {
    fn write_key(&self, out: &mut KeyWriter<'_>) {
        let pairs: Vec<_> = self.iter().collect();
        pairs.write_key(out);
    }
}

macro_rules! addresses {
    ($($ty:ty)*) => {$(
        impl CacheKey for $ty {
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                // The colons of a version 6 address are escaped.
                out.text(&self.to_string());
            }
        }
    )*};
}

addresses!(IpAddr Ipv4Addr Ipv6Addr);

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<$($name: CacheKey),+> CacheKey for ($($name,)+) {
            #[allow(non_snake_case, reason = "a part is called as its type, so that one list names both")]
            fn write_key(&self, out: &mut KeyWriter<'_>) {
                let ($($name,)+) = self;
                out.tuple(&[$($name),+]);
            }
        }
    )*};
}

tuples! {
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}

macro_rules! names {
    ($($ty:ty => $name:literal)*) => {$(
        impl KeyName for $ty {
            const KEY_NAME: &'static str = $name;
        }
    )*};
}

names! {
    bool => "bool"
    char => "char"
    str => "str"
    String => "String"
    u8 => "u8"
    u16 => "u16"
    u32 => "u32"
    u64 => "u64"
    u128 => "u128"
    usize => "usize"
    i8 => "i8"
    i16 => "i16"
    i32 => "i32"
    i64 => "i64"
    i128 => "i128"
    isize => "isize"
    f32 => "f32"
    f64 => "f64"
    () => "unit"
}
