//! The steps for entries that are kept by field (`layout = hash`).

use core::time::Duration;

use super::{Reply, Store};
use crate::codec::{HEADER, Nonce};

/// A look at one field.
#[derive(Clone, Debug)]
pub(crate) struct Glimpse {
    /// What is there of a header.
    pub(crate) header: Option<Vec<u8>>,
    pub(crate) field: Option<Vec<u8>>,
}

/// An entry whose header a lease has taken the place of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakenOver {
    pub(crate) header: [u8; HEADER],
    /// How many milliseconds it had left; `None` is for ever.
    pub(crate) left: Option<u64>,
}

/// A new value for one field of an entry that is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Updating<'a> {
    /// The nonce of the lease by which it is held.
    pub(crate) expect: Nonce,
    /// What takes the lease's place: with a nonce that was never there before.
    pub(crate) header: [u8; HEADER],
    pub(crate) name: &'a str,
    pub(crate) value: &'a [u8],
    pub(crate) life: Option<u64>,
}

/// A place for entries that are kept by field: what its methods take and give as one run of bytes is a header and
/// [fields](crate::codec::fields).
pub(crate) trait FieldStore: Store {
    /// Reads the header, and one field.
    fn glimpse<'a>(&'a self, key: &'a str, name: &'a str) -> Reply<'a, Glimpse>;

    /// Puts a lease with `nonce` in place of the header of a value, if that is of this kind: format, flags and fingerprint. The
    /// fields stay, for as long as the lease does. `None`: there is no such value, or this is a second try.
    fn hold<'a>(
        &'a self,
        key: &'a str,
        kind: [u8; 10],
        nonce: Nonce,
        lease: Duration,
    ) -> Reply<'a, Option<TakenOver>>;

    /// Writes one field of an entry that is still held, and its header. Says whether it did.
    fn update<'a>(&'a self, key: &'a str, update: &'a Updating<'a>) -> Reply<'a, bool>;
}
