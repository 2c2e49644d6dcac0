//! The last few operations on one key, to be shown with a violation.

use std::collections::VecDeque;
use std::fmt;

use crate::call::{Reading, Seen, Way, Writing};

/// How many are kept.
const KEPT: usize = 60;

/// Who did it: a process, and which of its lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) process: u64,
    pub(crate) incarnation: u64,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}.{}", self.process, self.incarnation)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Loaded(u64),
    Committed(u64),
    Wrote {
        version: u64,
        writing: Writing,
        ended: bool,
        executed: bool,
    },
    MadeGood(u64),
    /// The process is gone, and what guarded the key for it as well.
    GuardExpired(u64),
    Read {
        began: u64,
        floor: u64,
        seen: Seen,
        reading: Reading,
        way: Way,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Loaded(version) => write!(f, "body reads v{version}"),
            Self::Committed(version) => write!(f, "body commits v{version}"),
            Self::Wrote {
                version,
                writing,
                ended,
                executed,
            } => {
                let how = if ended { "returned" } else { "did not end" };
                let deletion = if executed {
                    "deleted"
                } else {
                    "deletion pending"
                };
                write!(f, "write of v{version} ({writing}) {how}, {deletion}")
            }
            Self::GuardExpired(version) => write!(f, "guard of v{version} has expired"),
            Self::MadeGood(version) => write!(f, "deletion of v{version} made good"),
            Self::Read {
                began,
                floor,
                seen,
                reading,
                way,
            } => {
                write!(
                    f,
                    "read ({reading}, {way}) from {began} ms, at least v{floor}: {seen}"
                )
            }
        }
    }
}

/// A ring of [`KEPT`] events.
#[derive(Debug, Default)]
pub(crate) struct Past(VecDeque<(u64, Who, Event)>);

impl Past {
    pub(crate) fn add(&mut self, now: u64, who: Who, event: Event) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((now, who, event));
    }

    /// When the oldest one that is kept happened.
    pub(crate) fn since(&self) -> u64 {
        self.0.front().map_or(0, |&(at, ..)| at)
    }
}

impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, who, event) in &self.0 {
            writeln!(f, "  {at:>8} ms  {who:<6} {event}")?;
        }
        Ok(())
    }
}
