//! What a server must be able to do for structures: sorted sets, lists, sets and counters, each step one command.
//!
//! A structure that has a source is a key like any other: a lease stands under it while it is built, a `DEL` takes it away
//! whatever it is, and what is built is stored only where that lease still stands. Beside it, in its slot, stand the keys of
//! [`Names`].

use core::fmt;
use core::time::Duration;

use super::Reply;
use crate::codec::Nonce;
use crate::size::Size;

/// A structure's key, and those beside it. All are in one slot of a cluster.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "redis"),
    expect(
        dead_code,
        reason = "a store in this process needs no more than the key"
    )
)]
pub(crate) struct Names<'a> {
    pub(crate) key: &'a str,
    /// A hash: who has begun to write which member, the last of each by his token.
    pub(crate) writers: &'a str,
    /// A sorted set: until when each writer counts, and when the structure ends by itself. It never outlives the first of them.
    pub(crate) until: &'a str,
    /// What is being built.
    pub(crate) next: &'a str,
}

/// What stands under a structure's key.
#[derive(Clone, Debug)]
pub(crate) enum Held<T> {
    Nothing,
    /// The structure.
    Data(T),
    /// A string: a lease, the mark of an empty ranking, or something foreign.
    Text(Vec<u8>),
}

/// A member, as bytes from the server, and its score.
pub(crate) type Row = (Vec<u8>, f64);

/// Where a member stands in a ranking.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// How many members there are.
    pub(crate) members: u64,
    /// The member's rank, from 0, and its score. `None`: it has none, or was not asked for.
    pub(crate) found: Option<(u64, f64)>,
    /// The rank of the first of `rows`.
    pub(crate) first: u64,
    /// It and its neighbours, if they were asked for.
    pub(crate) rows: Vec<Row>,
}

/// A change of a ranking.
#[derive(Clone, Copy)]
pub(crate) struct Ranking<'a> {
    pub(crate) member: &'a str,
    /// `None`: it is taken out.
    pub(crate) score: Option<f64>,
}

/// An item for the front of a list.
#[derive(Clone, Copy)]
pub(crate) struct Pushing<'a> {
    /// Which list it was when the writer began.
    pub(crate) seen: Option<Nonce>,
    /// The format, flags and fingerprint that the list must have.
    pub(crate) kind: &'a [u8],
    pub(crate) item: &'a [u8],
    pub(crate) cap: u64,
}

/// What is to take a lease's place, once all of it has been staged.
#[derive(Clone, Copy)]
pub(crate) struct Settling<'a> {
    pub(crate) lease: Nonce,
    /// So many rows or items.
    pub(crate) staged: u64,
    pub(crate) life: Option<u64>,
    /// The first element of a list; of a ranking, what stands for one without rows.
    pub(crate) head: &'a [u8],
    pub(crate) is_list: bool,
}

/// How different members are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// Each is kept.
    Exact,
    /// By `HyperLogLog`.
    Approximate,
}

/// What a rate limit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) allowed: bool,
    /// How often it was allowed in this window.
    pub(crate) count: u64,
    /// Until the window ends.
    pub(crate) left: Duration,
}

/// Structures of a store. A life is in milliseconds; `None` is no expiry.
pub(crate) trait Structures: fmt::Debug + Send + Sync {
    /// The first `n` of a ranking, the highest score first.
    fn top<'a>(&'a self, key: &'a str, n: u64, size: Size) -> Reply<'a, Held<Vec<Row>>>;

    /// Where `member` stands in a ranking, with so many on either side.
    fn standing<'a>(
        &'a self,
        key: &'a str,
        member: Option<&'a str>,
        around: Option<u64>,
    ) -> Reply<'a, Held<Standing>>;

    /// The head of a list and the `n` elements after it.
    fn items<'a>(&'a self, key: &'a str, n: u64, size: Size) -> Reply<'a, Held<Vec<Vec<u8>>>>;

    /// A writer begins: until `withdraw`, `rank` or `push` the structure lives no longer than `lease`, so that it does not
    /// outlive him. Of a list it says which one it is. Whoever else writes `member` finds his token gone.
    fn begin<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        member: Option<&'a str>,
        lease: Duration,
    ) -> Reply<'a, Option<Nonce>>;

    /// A writer ends that has changed nothing.
    fn withdraw<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        member: Option<&'a str>,
        life: Option<u64>,
    ) -> Reply<'a, ()>;

    /// A writer of a ranking ends. `false`: somebody else wrote the member meanwhile, he took too long, or what is being built
    /// has been lost; and the ranking has been deleted.
    fn rank<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        change: Ranking<'a>,
        life: Option<u64>,
    ) -> Reply<'a, bool>;

    /// A writer of a list ends. `false`: it is another list by now, or he took too long, and it has been deleted.
    fn push<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        change: Pushing<'a>,
        life: Option<u64>,
    ) -> Reply<'a, bool>;

    /// Adds rows to what is being built under `lease`, of which `before` are there. What writers have put there stays. Without
    /// rows it lets that begin, for which the source has to wait: what writers would put there is not to be lost.
    /// `false`: the lease is gone, or what was there.
    fn stage_rows<'a>(
        &'a self,
        names: Names<'a>,
        lease: (Nonce, Duration),
        before: u64,
        rows: &'a [(&'a str, f64)],
    ) -> Reply<'a, bool>;

    /// The same for the items of a list that begins with `head`.
    fn stage_items<'a>(
        &'a self,
        names: Names<'a>,
        lease: (Nonce, Duration),
        before_and_head: (u64, &'a [u8]),
        items: &'a [Vec<u8>],
    ) -> Reply<'a, bool>;

    /// Puts what was built in the place of its lease. `false`: the lease is gone, or not all of it is there.
    fn settle<'a>(&'a self, names: Names<'a>, settling: Settling<'a>) -> Reply<'a, bool>;

    /// Adds to a counter, whose life begins with the first addition.
    fn add<'a>(&'a self, key: &'a str, by: i64, life: Option<u64>) -> Reply<'a, i64>;

    /// Adds to a set, whose life begins with the first addition. Says whether it was new.
    fn include<'a>(
        &'a self,
        key: &'a str,
        how: Counting,
        member: &'a str,
        life: Option<u64>,
    ) -> Reply<'a, bool>;

    /// How many different members were added.
    fn included<'a>(&'a self, key: &'a str, how: Counting) -> Reply<'a, u64>;

    /// Lets something happen at most `limit` times in a window that begins with the first time.
    fn admit<'a>(&'a self, key: &'a str, limit: u64, window: Duration) -> Reply<'a, Admitted>;
}

/// Without what would tell a member, a score or a value.
macro_rules! opaque {
    ($($ty:ident)*) => {$(
        impl fmt::Debug for $ty<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($ty)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque! { Ranking Pushing Settling }
