//! The key, its election, and who takes part.

use core::fmt;

pub(super) type Nonce = u8;
pub(super) type Version = u8;

pub(super) const CALLERS: usize = 3;
pub(super) const WRITERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Slot {
    Missing,
    Lease(Nonce),
    Value(Nonce, Version),
}

impl Slot {
    pub(super) fn nonce(self) -> Option<Nonce> {
        match self {
            Self::Missing => None,
            Self::Lease(nonce) | Self::Value(nonce, _) => Some(nonce),
        }
    }
}

/// When the load of a due entry is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// In place of the very entry that was due.
    IfNonce,
    /// If its caller is the elected one still.
    IfElected,
    Always,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) fill: Fill,
    /// Who is elected looks at the entry once more.
    pub(super) looks: bool,
    /// Who finds nothing, and whose source fails, returns what its process has read last.
    pub(super) keeps_a_copy: bool,
}

pub(super) const OURS: Rules = Rules {
    fill: Fill::IfNonce,
    looks: true,
    keeps_a_copy: false,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stage {
    Idle,
    Seen(Slot),
    /// Has found the entry due; who loads in its own call has the answer to give yet.
    Due {
        over: Nonce,
        owes: Option<Version>,
    },
    Elected {
        over: Nonce,
        owes: Option<Version>,
    },
    Reloading {
        over: Nonce,
        owes: Option<Version>,
    },
    Storing {
        over: Nonce,
        owes: Option<Version>,
        version: Version,
    },
    /// Gives up the election.
    Leaving,
    Claiming,
    Body(Nonce),
    Filling(Nonce, Version),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Caller {
    /// The newest write that had returned when the call began.
    pub(super) floor: Version,
    pub(super) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Writer {
    Idle,
    Committed(Version),
    /// Writes through, under this lease.
    Leased(Nonce, Option<Version>),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Faults {
    /// The election's key is lost while the elected one lives.
    pub(super) elections: u8,
    /// The entry or the lease expires, or is evicted.
    pub(super) expiries: u8,
    /// All keys are gone.
    pub(super) flushes: u8,
    /// A source fails, or a caller is dropped.
    pub(super) mishaps: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) source: Version,
    pub(super) slot: Slot,
    /// Who stands in the election's key.
    pub(super) elected: Option<u8>,
    /// What had been committed when the key was last deleted.
    pub(super) deleted: Version,
    pub(super) returned: Version,
    pub(super) copy: Option<Version>,
    pub(super) fresh: Nonce,
    /// The entries that a reload has replaced, as bits.
    pub(super) replaced: u32,
    pub(super) stale_answer: bool,
    pub(super) reloaded_twice: bool,
    pub(super) callers: [Caller; CALLERS],
    pub(super) writers: [Writer; WRITERS],
    pub(super) faults: Faults,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "source v{}, key: {:?}, elected: {:?}",
            self.source, self.slot, self.elected
        )
    }
}

impl World {
    pub(super) fn nonce(&mut self) -> Nonce {
        self.fresh += 1;
        self.fresh
    }

    pub(super) fn answer(&mut self, at: usize, version: Version) {
        self.stale_answer |= version < self.callers[at].floor;
    }

    /// The end of a reload: who loads in its own call answers.
    pub(super) fn end(&mut self, at: usize, answer: Option<Version>) {
        if let Some(version) = answer {
            self.answer(at, version);
        }
        self.callers[at].stage = Stage::Leaving;
    }
}
