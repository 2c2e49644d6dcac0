//! With `layout = hash`: the same shape, whose value is stored by field.

use core::fmt;
use core::marker::PhantomData;

use serde::Serialize;

use super::{Shape, Storable, Unencodable, Verdict};
use crate::codec::fields::{decode_fields, encode_fields, fingerprint_of};
use crate::codec::{Cacheable, Format};
use crate::site::Site;

/// The shape `S`, stored by field.
pub struct Hashed<S>(PhantomData<fn() -> S>);

impl<S> Hashed<S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S> Clone for Hashed<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Hashed<S> {}

impl<S> fmt::Debug for Hashed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed")
    }
}

/// A shape that can be put together from what was read.
pub trait Whole: Shape {
    /// The output that has this value.
    fn whole(stored: Self::Stored) -> Self::Output;
}

impl<S: Shape> Shape for Hashed<S> {
    type Output = S::Output;
    type Value = S::Value;
    type Stored = S::Stored;

    fn verdict(output: &S::Output) -> Verdict<'_, S::Value> {
        S::verdict(output)
    }
}

impl<S> Storable for Hashed<S>
where
    S: Storable + Whole,
    S::Stored: Cacheable,
    S::Value: Serialize,
{
    fn fingerprint(site: &Site, format: Format) -> u64 {
        fingerprint_of(S::fingerprint(site, format))
    }

    fn encode(format: Format, value: &S::Value, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        Ok(encode_fields(format, value, out)?)
    }

    fn decode(format: Format, payload: &[u8]) -> Option<S::Output> {
        decode_fields(format, payload).ok().map(S::whole)
    }

    fn absent() -> Option<S::Output> {
        S::absent()
    }
}
