//! The innermost part of a return type: a value, or a value behind an `Arc`.

use core::fmt;
use core::marker::PhantomData;

use serde::Serialize;

use super::Unencodable;
use crate::codec::{Cacheable, Format, decode, encode_readable};
use crate::site::Site;
use crate::sync::Arc;

/// How a value is held.
pub trait Leaf: Copy {
    /// As the function returns it.
    type Held;
    /// What would be stored.
    type Value: ?Sized;
    /// As it is read back. It has a name so that `Cacheable` can be asked of the user's own type.
    type Stored;

    /// The value inside.
    fn value(held: &Self::Held) -> &Self::Value;

    /// A value that was read, as it is held.
    fn held(stored: Self::Stored) -> Self::Held;
}

/// A leaf whose value can be stored.
pub trait StoredLeaf: Leaf {
    /// See [`Storable::fingerprint`](super::Storable::fingerprint).
    fn fingerprint(site: &Site, format: Format) -> u64;
    /// See [`Storable::encode`](super::Storable::encode).
    ///
    /// # Errors
    /// When the format cannot write the value.
    fn encode(format: Format, value: &Self::Value, out: &mut Vec<u8>) -> Result<(), Unencodable>;
    /// See [`Storable::decode`](super::Storable::decode).
    fn decode(format: Format, payload: &[u8]) -> Option<Self::Held>;
}

macro_rules! leaf {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<T: ?Sized>(PhantomData<fn() -> Box<T>>);

        impl<T: ?Sized> $name<T> {
            pub(crate) const fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<T: ?Sized> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: ?Sized> Copy for $name<T> {}

        impl<T: ?Sized> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

leaf! {
    /// `T`.
    OwnedLeaf
}
leaf! {
    /// `Arc<T>`: stored as the `T`, so that readers that return `T` share its entries.
    SharedLeaf
}
leaf! {
    /// `Arc<str>`, `Arc<[T]>`: read back through a `Box`.
    UnsizedLeaf
}

impl<T> Leaf for OwnedLeaf<T> {
    type Held = T;
    type Value = T;
    type Stored = T;

    fn value(held: &T) -> &T {
        held
    }

    fn held(stored: T) -> T {
        stored
    }
}

impl<T: Cacheable> StoredLeaf for OwnedLeaf<T> {
    fn fingerprint(site: &Site, format: Format) -> u64 {
        site.fingerprint::<T, T>(format)
    }

    fn encode(format: Format, value: &T, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        Ok(encode_readable::<T, T>(format, value, out)?)
    }

    fn decode(format: Format, payload: &[u8]) -> Option<T> {
        decode(format, payload).ok()
    }
}

impl<T> Leaf for SharedLeaf<T> {
    type Held = Arc<T>;
    type Value = T;
    type Stored = T;

    fn value(held: &Arc<T>) -> &T {
        held
    }

    fn held(stored: T) -> Arc<T> {
        Arc::new(stored)
    }
}

impl<T: Cacheable> StoredLeaf for SharedLeaf<T> {
    fn fingerprint(site: &Site, format: Format) -> u64 {
        site.fingerprint::<T, T>(format)
    }

    fn encode(format: Format, value: &T, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        Ok(encode_readable::<T, T>(format, value, out)?)
    }

    fn decode(format: Format, payload: &[u8]) -> Option<Arc<T>> {
        decode(format, payload).ok().map(Arc::new)
    }
}

impl<T: ?Sized> Leaf for UnsizedLeaf<T> {
    type Held = Arc<T>;
    type Value = T;
    type Stored = Box<T>;

    fn value(held: &Arc<T>) -> &T {
        held
    }

    fn held(stored: Box<T>) -> Arc<T> {
        Arc::from(stored)
    }
}

impl<T: Serialize + ?Sized> StoredLeaf for UnsizedLeaf<T>
where
    Box<T>: Cacheable,
{
    fn fingerprint(site: &Site, format: Format) -> u64 {
        site.fingerprint::<T, Box<T>>(format)
    }

    fn encode(format: Format, value: &T, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        Ok(encode_readable::<T, Box<T>>(format, value, out)?)
    }

    fn decode(format: Format, payload: &[u8]) -> Option<Arc<T>> {
        decode::<Box<T>>(format, payload).ok().map(Arc::from)
    }
}
