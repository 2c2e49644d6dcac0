//! What a server must be able to do for the protocol: bytes under one key, compared by nonce.
//!
//! Every step but the claim is safe to send twice: after a lost reply a fill and a release find their own nonce. A claim
//! finds its own as well, but if its lease is gone by then it brings back a nonce that others may still wait for.

mod fields;
mod structures;

pub(crate) use fields::{FieldStore, Glimpse, TakenOver, Updating};
pub(crate) use structures::{
    Admitted, Counting, Held, Names, Pushing, Ranking, Row, Settling, Standing, Structures,
};

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use crate::clock::Sent;
use crate::codec::{Nonce, Renewal};
use crate::error::Error;
use crate::observe::{Examination, ServerInfo};
use crate::size::Size;
use crate::sync::Arc;

/// A command under way. Boxed so that stores are interchangeable: one allocation beside a network round trip.
pub(crate) type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// What a claim may replace.
#[derive(Clone, Debug)]
pub(crate) enum Expect {
    /// Nothing: the key is believed to be missing.
    Missing,
    /// Missing, or an entry with this nonce: one that the caller cannot read.
    Nonce(Nonce),
    /// Missing, or a string that is no entry of ours, told by its length and its beginning. Entries of ours never
    /// match: their nonce lies within the beginning.
    Foreign { start: Vec<u8>, len: usize },
}

impl Expect {
    /// Enough to tell a foreign string from every entry of ours, and little enough to send.
    const START: usize = 64;

    pub(crate) fn foreign(bytes: &[u8]) -> Self {
        Self::Foreign {
            start: bytes[..bytes.len().min(Self::START)].to_vec(),
            len: bytes.len(),
        }
    }
}

/// What a look at one key brought.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) bytes: Option<Vec<u8>>,
    /// When it was sent; `None` if it took no time. The time since is missing to the call's next command. A
    /// hit reads no clock for it.
    pub(crate) sent: Option<Sent>,
    /// A replica said it, which may be behind: good for an answer, and for no decision.
    pub(crate) secondhand: bool,
}

/// What one of several keys holds, and whether a replica said it.
pub(crate) type Sighted = (Option<Vec<u8>>, bool);

/// The outcome of a claim.
#[derive(Clone, Debug)]
pub(crate) enum Claimed {
    /// The lease is in place.
    Mine,
    /// The key holds this instead.
    Other(Vec<u8>),
}

/// One claim of several.
#[derive(Clone, Debug)]
pub(crate) struct Claiming<'a> {
    pub(crate) key: &'a str,
    pub(crate) expect: Expect,
    pub(crate) nonce: Nonce,
}

/// One fill of several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filling<'a> {
    pub(crate) key: &'a str,
    pub(crate) expect: Nonce,
    pub(crate) entry: &'a [u8],
    pub(crate) life: Option<u64>,
}

/// Members of one tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tagging<'a> {
    pub(crate) tag: &'a str,
    /// Up to [`BATCH`] full keys.
    pub(crate) members: &'a [String],
}

/// How certain it is that a key that was deleted stays deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// As certain as was asked for.
    Surely,
    /// Fewer replicas than were asked for have said in time that they know.
    Unconfirmed,
}

impl Gone {
    pub(crate) fn is_unconfirmed(self) -> bool {
        self == Self::Unconfirmed
    }
}

/// What a deletion of several keys came to. The places are those of one call.
#[derive(Debug, Default)]
pub(crate) struct Deleted {
    /// How many keys there were.
    pub(crate) count: u64,
    /// The places of keys that are deleted, and of which too few replicas said so.
    pub(crate) unconfirmed: Vec<usize>,
    /// The places of keys that could not be deleted, and why.
    pub(crate) failed: Vec<(usize, Error)>,
}

impl Deleted {
    /// What became of each of so many keys.
    pub(crate) fn each(self, keys: usize) -> Vec<Result<Gone, Error>> {
        let mut each: Vec<_> = (0..keys).map(|_| Ok(Gone::Surely)).collect();
        for at in self.unconfirmed {
            each[at] = Ok(Gone::Unconfirmed);
        }
        for (at, error) in self.failed {
            each[at] = Err(error);
        }
        each
    }
}

/// Where the reading of a tag's members stands. It is good for the connection it came from: another server may keep the
/// same members in another order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// 0 at the beginning, and when there is nothing more.
    pub(crate) at: u64,
    /// The number of the connection.
    pub(crate) of: u64,
}

/// As many keys as one command or one round of commands names: more would make others wait behind its replies.
pub(crate) const BATCH: usize = 500;

/// And as many bytes, as far as they are known: each round has one deadline.
pub(crate) const BATCH_BYTES: usize = 256 << 10;

/// A place for entries. Every method fails with an [`Error`] rather than wait longer than the store's deadline.
///
/// Where a method takes several keys and has a result for each, an error of the whole is one that befell all of them.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// `size` is what the value is thought to be: a wrong guess costs time.
    fn get<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look>;

    /// [`get`](Self::get) for somebody who only wants an answer: if a replica may be asked, what it has of a value or of a "not
    /// found" will do.
    fn look<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look> {
        self.get(key, size)
    }

    /// Puts a lease with `nonce` in place of what `expect` allows, to expire after `lease`.
    fn claim<'a>(
        &'a self,
        key: &'a str,
        expect: Expect,
        nonce: Nonce,
        lease: Duration,
    ) -> Reply<'a, Claimed>;

    /// Puts a lease with `nonce` in place of whatever the key holds, to expire after `lease`. `false` under a guard, which
    /// stays.
    fn seize<'a>(&'a self, key: &'a str, nonce: Nonce, lease: Duration) -> Reply<'a, bool>;

    /// Stores `entry` for `life` milliseconds if the key carries the nonce `expect`, or the entry's own after a lost
    /// reply. Says whether it did.
    fn fill<'a>(
        &'a self,
        key: &'a str,
        expect: Nonce,
        entry: &'a [u8],
        life: Option<u64>,
    ) -> Reply<'a, bool>;

    /// Lets the lease with `nonce` live for another `lease`. Says whether it is still there.
    fn renew<'a>(&'a self, key: &'a str, nonce: Nonce, lease: Duration) -> Reply<'a, bool>;

    /// Lets an entry that has not changed live for another life, and dates it anew. Says whether it did: a second try after a
    /// lost reply finds the new date.
    fn slide<'a>(&'a self, key: &'a str, renewal: &'a Renewal) -> Reply<'a, bool>;

    /// Deletes the lease with `nonce`; a value stored under the same nonce stays. Says whether it did. `size` is that of a
    /// value that may be on its way to take the lease's place, and is not to be overtaken.
    fn release<'a>(&'a self, key: &'a str, nonce: Nonce, size: Size) -> Reply<'a, bool>;

    /// Reads up to [`BATCH`] keys in one go. A key of another Redis type reads as missing.
    fn get_many<'a>(
        &'a self,
        keys: &'a [&'a str],
        size: Size,
    ) -> Reply<'a, Vec<Result<Option<Vec<u8>>, Error>>> {
        Box::pin(async move {
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                found.push(self.get(key, size).await.map(|look| look.bytes));
            }
            Ok(found)
        })
    }

    /// [`get_many`](Self::get_many) as [`look`](Self::look) is [`get`](Self::get). Says besides of each whether a replica said it.
    fn look_many<'a>(
        &'a self,
        keys: &'a [&'a str],
        size: Size,
    ) -> Reply<'a, Vec<Result<Sighted, Error>>> {
        Box::pin(async move {
            let found = self.get_many(keys, size).await?;
            let first_hand = |bytes| (bytes, false);
            Ok(found.into_iter().map(|one| one.map(first_hand)).collect())
        })
    }

    /// Up to [`BATCH`] claims in one go, each for itself.
    fn claim_many<'a>(
        &'a self,
        claims: &'a [Claiming<'a>],
        lease: Duration,
    ) -> Reply<'a, Vec<Result<Claimed, Error>>> {
        Box::pin(async move {
            let mut claimed = Vec::with_capacity(claims.len());
            for one in claims {
                let expect = one.expect.clone();
                claimed.push(self.claim(one.key, expect, one.nonce, lease).await);
            }
            Ok(claimed)
        })
    }

    /// Up to [`BATCH`] fills in one go, each for itself.
    fn fill_many<'a>(&'a self, fills: &'a [Filling<'a>]) -> Reply<'a, Vec<Result<bool, Error>>> {
        Box::pin(async move {
            let mut filled = Vec::with_capacity(fills.len());
            for one in fills {
                filled.push(self.fill(one.key, one.expect, one.entry, one.life).await);
            }
            Ok(filled)
        })
    }

    /// Up to [`BATCH`] renewals in one go, each for itself.
    fn renew_many<'a>(
        &'a self,
        leases: &'a [(&'a str, Nonce)],
        lease: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>> {
        Box::pin(async move {
            let mut renewed = Vec::with_capacity(leases.len());
            for (key, nonce) in leases {
                renewed.push(self.renew(key, *nonce, lease).await);
            }
            Ok(renewed)
        })
    }

    /// Up to [`BATCH`] releases in one go, each for itself.
    fn release_many<'a>(
        &'a self,
        leases: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<(), Error>>> {
        Box::pin(async move {
            let mut released = Vec::with_capacity(leases.len());
            for (key, nonce) in leases {
                let gone = self.release(key, *nonce, Size::Ordinary).await;
                released.push(gone.map(drop));
            }
            Ok(released)
        })
    }

    /// Puts the writer `token` into the guards of up to [`BATCH`] keys, or renews it there: it counts for another `stay`. A
    /// guard takes the place of whatever the key holds, with this nonce, and keeps the other writers in it whose time is
    /// not over. `false`: there is no room for it, and the key is deleted unless a guard stands there.
    fn guard_many<'a>(
        &'a self,
        keys: &'a [(&'a str, Nonce)],
        token: Nonce,
        stay: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>>;

    /// Takes writers, given by their tokens, out of the guards of up to [`BATCH`] keys. A guard that holds another writer
    /// whose time is not over stays; whatever else the key holds is deleted.
    fn unguard_many<'a>(
        &'a self,
        leaving: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<Gone, Error>>>;

    /// Deletes the keys, whatever they hold.
    fn delete<'a>(&'a self, keys: &'a [String]) -> Reply<'a, Deleted>;

    /// Puts members under their tags, for `life` milliseconds from now or as long as they are there already, and forgets
    /// those whose time is over.
    fn register<'a>(&'a self, tags: &'a [Tagging<'a>], life: u64) -> Reply<'a, ()>;

    /// Some members of a tag, from `cursor` on, and the next cursor. A member that is there all the while is named at least
    /// once. Fails when the cursor came from another connection: the reading has to begin anew.
    fn members<'a>(&'a self, tag: &'a str, cursor: Cursor) -> Reply<'a, (Cursor, Vec<String>)>;

    /// The same place, for structures.
    fn structures(&self) -> &dyn Structures;

    /// Asks for a sign of life.
    fn ping(&self) -> Reply<'_, ()>;

    /// How many deletions were not confirmed so far.
    fn unconfirmed(&self) -> u64 {
        0
    }

    /// Asks each server behind it about itself: what fails there is part of the answer. One deadline for what a server says,
    /// and some for how long it takes to say anything.
    fn examine(&self) -> Reply<'_, Examination>;

    /// What stands behind it, as far as it is known right now.
    fn server(&self) -> Option<ServerInfo>;

    /// Whether commands have a chance right now.
    fn is_ready(&self) -> bool;

    /// The same place, with entries that are kept by field. Each step is what it is here; an entry of the other layout is one
    /// that cannot be read.
    fn hashes(self: Arc<Self>) -> Arc<dyn FieldStore>;
}
