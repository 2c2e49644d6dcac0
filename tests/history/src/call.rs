//! The kinds of calls that workers make, and what came of a read.

use std::fmt;

/// What may travel as a number.
pub(crate) trait Numbered: Copy + 'static {
    const ALL: &[Self];

    fn numbered(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }
}

macro_rules! kinds {
    ($(#[$doc:meta])* $name:ident { $($(#[$kind_doc:meta])* $kind:ident $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$kind_doc])* $kind),+ }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),+];

            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$kind => $text),+ }
            }

            pub(crate) fn number(self) -> u64 {
                self as u64
            }

        }

        impl $crate::call::Numbered for $name {
            const ALL: &[Self] = Self::ALL;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.text())
            }
        }
    };
}
pub(crate) use kinds;

kinds! {
    /// How a worker reads.
    Reading {
        /// One row that lives for an hour.
        Single "single",
        /// The same key, but what this function stores lives for a fraction of a second.
        Brief "brief",
        /// The same for a moment only, with `refresh_ahead`: reloaded in the background.
        Ahead "refresh_ahead",
        /// With `early`: reloaded in a reader's own call.
        Early "early",
        /// With `stale`: used after its life, while a reader reloads it.
        Stale "stale",
        /// With `lock = false`: it waits for nobody's load.
        Unlocked "unlocked",
        /// With `ttl = |row| …`, which is zero for some rows, and `stale`: a reload may bring what is not to be stored.
        PerValue "per value",
        /// With a lease and a wait that some bodies outlast.
        Short "short lease",
        /// Several rows at once.
        Batch "batch",
        /// A forced reload.
        Refresh "refresh",
        /// Inside a transaction, where nothing is stored.
        InTransaction "in transaction",
    }
}

kinds! {
    /// How a worker writes.
    Writing {
        /// `#[cache_invalidate]`.
        Plain "plain",
        /// With `each`: several rows, one `DEL`.
        Many "many",
        /// With `always`: the row is written, and the function returns an error.
        Always "always",
        /// The function returns an error and has written nothing.
        Refused "refused",
        /// Noted inside a transaction, committed at its end.
        Transaction "transaction",
        /// With `before`: nobody stores anything while the write is under way.
        Before "before",
        /// Noted with `before` inside a transaction.
        GuardedTransaction "guarded transaction",
        /// With `on_error = "fail"`: it tells whether the deletion was executed.
        Telling "on_error",
        /// `#[write_through]`.
        Through "through",
        /// Written, then `Cache::invalidate`, which tells whether the `DEL` was executed.
        ByHand "by hand",
    }
}

kinds! {
    /// How a read was served.
    Way {
        Hit "hit",
        Miss "miss",
        Joined "joined",
        Stale "stale",
        Refreshed "refreshed",
        Bypassed "bypassed",
        Uncached "uncached",
        Other "other",
    }
}

kinds! {
    /// How a read ended that brought nothing.
    Unseen {
        Failed "errors of the body",
        Dropped "dropped",
        Panicked "panics of the body",
    }
}

/// What a read brought back for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The row, of this version.
    Row(u64),
    /// There is no such row.
    Absent,
    /// The row of another key.
    OtherKey,
}

/// Rows of these versions do not exist: the write deleted them.
pub(crate) const ABSENT_EVERY: u64 = 7;

/// Whether a row exists at this version.
pub(crate) fn exists(version: u64) -> bool {
    !version.is_multiple_of(ABSENT_EVERY)
}

impl Seen {
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Row(version) => version + 2,
            Self::Absent => 0,
            Self::OtherKey => 1,
        }
    }

    pub(crate) fn numbered(number: u64) -> Self {
        match number {
            0 => Self::Absent,
            1 => Self::OtherKey,
            version => Self::Row(version - 2),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(version) => write!(f, "v{version}"),
            Self::Absent => f.write_str("no row"),
            Self::OtherKey => f.write_str("the row of another key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back() {
        for seen in [Seen::Absent, Seen::OtherKey, Seen::Row(0), Seen::Row(9)] {
            assert_eq!(Seen::numbered(seen.number()), seen);
        }
        for &kind in Writing::ALL {
            assert_eq!(Writing::numbered(kind.number()), Some(kind));
        }
        assert_eq!(Way::numbered(99), None);
    }
}
