//! The protocol's decisions, each with the ways to get it wrong, and how much may happen in one search.

use crate::world::Process;

/// When a load's result is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// If the key still carries the nonce that was there before the source was read.
    IfNonce,
    /// If the key still has the content that was there. Two versions may have the same.
    IfContent,
    /// Always: `GET`, body, `SET`, without any lease.
    Always,
}

/// How long a nonce lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    PerLoad,
    PerProcess,
}

/// Which loads of its own process a caller joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// Those whose nonce it has read.
    ByNonce,
    /// Any for its key.
    ByKey,
}

/// Whose replies a caller in the lane takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// Of commands that were sent after it came.
    SentSince,
    /// Of whatever is answered next.
    AnyReply,
}

/// What a caller does when its claim's reply is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It does without the cache, and gives back what it may have.
    Never,
    /// It sends the same claim again, with the same nonce.
    SameNonce,
}

/// What becomes of a turn that is dropped without a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    PassedOn,
    Lost,
}

/// What becomes of a lease whose last caller is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// It is given back in the background.
    OnDrop,
    /// It expires.
    Never,
}

/// What becomes of the result of a caller that does not wait for another's lease (`lock = false`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unlocked {
    NotStored,
    /// Stored whatever the key holds.
    Stored,
    /// Stored under the lease that it has seen, as by its owner.
    StoredForTheOwner,
}

/// What becomes of a value that has a life of zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zero {
    /// Those aboard have it, and the lease is given back. An entry that it was to replace is deleted if it is still there.
    NotStored,
    /// The same, but whatever stands there is deleted.
    DeletesAll,
    /// It is stored as any other.
    Stored,
    /// As the first, but the lease stays.
    LeaseLeft,
}

/// What a fill does whose lease has expired while the body ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    Refused,
    /// It stores where nothing stands.
    StoresIfMissing,
}

/// When a writer deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delete {
    AfterCommit,
    BeforeCommit,
    /// Before the commit, and again later.
    Twice,
    /// As with `before`: a guard stands from before the commit until the last of its writers leaves.
    Guarded,
    /// The same, and the first who leaves takes the guard away.
    GuardedAlone,
    /// As `#[write_through]`: takes the lease before the commit, stores under it with another nonce, and deletes if it is
    /// gone.
    Through,
    /// The same, and leaves the key alone if the lease is gone.
    ThroughAlone,
    /// Stores whatever the key holds.
    ThroughAlways,
    /// Stores under the lease, and with its nonce.
    ThroughSameNonce,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) fill: Fill,
    pub(crate) token: Token,
    pub(crate) join: Join,
    pub(crate) share: Share,
    pub(crate) retry: Retry,
    pub(crate) turn: Turn,
    pub(crate) release: Release,
    pub(crate) unlocked: Unlocked,
    pub(crate) zero: Zero,
    pub(crate) late: Late,
    pub(crate) delete: Delete,
}

impl Rules {
    /// What the runtime does.
    pub(crate) const OURS: Self = Self {
        fill: Fill::IfNonce,
        token: Token::PerLoad,
        join: Join::ByNonce,
        share: Share::SentSince,
        retry: Retry::Never,
        turn: Turn::PassedOn,
        release: Release::OnDrop,
        unlocked: Unlocked::NotStored,
        zero: Zero::NotStored,
        late: Late::Refused,
        delete: Delete::AfterCommit,
    };

    /// And with `before`.
    pub(crate) const GUARDED: Self = Self {
        delete: Delete::Guarded,
        ..Self::OURS
    };
}

impl Rules {
    /// And with `#[write_through]`.
    pub(crate) const THROUGH: Self = Self {
        delete: Delete::Through,
        ..Self::OURS
    };
}

/// How often each fault may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Faults {
    /// The lease expires while its owner lives.
    pub(crate) expiries: u8,
    /// The key is removed, whatever it holds.
    pub(crate) flushes: u8,
    /// A caller is dropped, its body fails, or its result is not to be stored or shared.
    pub(crate) mishaps: u8,
    /// A command is carried out, and its sender does not learn of it. Fills and deletions are sent again.
    pub(crate) lost_replies: u8,
    /// A process ends at once, with all it had.
    pub(crate) crashes: u8,
}

/// One caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) home: Process,
    /// It does not take an entry: it replaces it.
    pub(crate) refreshes: bool,
    /// For the load of another one.
    pub(crate) waits: bool,
    /// What its body returns has a life above zero.
    pub(crate) keeps: bool,
}

/// One in the first process.
pub(crate) const P0: Caller = Caller {
    home: 0,
    refreshes: false,
    waits: true,
    keeps: true,
};

/// One call in the second.
pub(crate) const P1: Caller = Caller { home: 1, ..P0 };

/// One that replaces, in the second.
pub(crate) const REFRESH: Caller = Caller {
    refreshes: true,
    ..P1
};

/// One in the first process with `lock = false`.
pub(crate) const UNLOCKED: Caller = Caller { waits: false, ..P0 };

/// One in the first process whose value is not to be stored.
pub(crate) const ZERO: Caller = Caller { keeps: false, ..P0 };

/// Who takes part, and what may happen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) rules: Rules,
    /// At most [`READERS`](crate::world::READERS).
    pub(crate) readers: &'static [Caller],
    /// At most [`WRITERS`](crate::world::WRITERS).
    pub(crate) writers: usize,
    /// The key holds the source's first version to begin with.
    pub(crate) warm: bool,
    pub(crate) faults: Faults,
}
