//! One state: the source, the key on the server, the processes and their callers.

use core::fmt;

use crate::rules::{Faults, Setup};

pub(crate) type Process = u8;
pub(crate) type Nonce = u8;
/// How many writes the source had seen.
pub(crate) type Version = u8;

pub(crate) const PROCESSES: u8 = 2;
pub(crate) const READERS: usize = 4;
pub(crate) const WRITERS: usize = 2;

/// What the key holds. A cached "not found" is a value like any other here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Slot {
    Missing,
    Lease(Nonce),
    Value {
        nonce: Nonce,
        version: Version,
    },
    /// Of the writers that are listed.
    Guard,
}

impl Slot {
    pub(crate) fn nonce(self) -> Option<Nonce> {
        match self {
            Self::Missing | Self::Guard => None,
            Self::Lease(nonce) | Self::Value { nonce, .. } => Some(nonce),
        }
    }
}

/// The server's answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Answer {
    Mine,
    Other(Slot),
}

/// What a dropped caller has left on the wire, or sends in the background; a release follows each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Wire {
    Claim,
    Fill(Version),
    Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    Idle,
    /// This was in the store; the caller has not acted on it yet.
    Seen(Slot),
    /// In the lane to the claim; `behind` a command that was sent since.
    Queued {
        behind: bool,
    },
    Claiming {
        nonce: Nonce,
        answer: Option<Answer>,
    },
    /// Another one in the lane got the lease.
    Told(Nonce),
    Aboard(Nonce),
    /// Has the turn of a load elsewhere.
    Polling {
        nonce: Nonce,
        saw: Option<Slot>,
    },
    /// Has the turn and the right: the body runs.
    Body(Nonce),
    Filling {
        nonce: Nonce,
        version: Version,
    },
    Releasing(Nonce),
    /// The body runs, and its result is stored nowhere.
    Uncached,
    /// The body runs, to replace what was there.
    Replacing(Slot),
    Storing {
        over: Slot,
        version: Version,
    },
    Parting {
        nonce: Nonce,
        wire: Wire,
    },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Reader {
    pub(crate) home: Process,
    pub(crate) refreshes: bool,
    pub(crate) waits: bool,
    pub(crate) keeps: bool,
    /// The newest write that had returned when the call began.
    pub(crate) floor: Version,
    pub(crate) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Writer {
    Idle,
    /// Has deleted, and not written yet.
    Deleted,
    Committed(Version),
    Guarding(Guarding),
    /// Writes through, under the lease with this nonce.
    Leased {
        nonce: Nonce,
        committed: Option<Version>,
    },
    /// In the guard, whose process has ended.
    Dead,
    Over,
}

/// A writer with `before`, from its entering to its leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Guarding {
    /// It is in the guard that the key holds.
    pub(crate) listed: bool,
    /// Neither expiry nor flush has taken it out.
    pub(crate) sheltered: bool,
    pub(crate) committed: Option<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verdict {
    Entry(Version),
    Over,
    Alone,
}

/// A flight of one process. Its seats are the readers whose stage names its nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Flight {
    pub(crate) home: Process,
    pub(crate) nonce: Nonce,
    /// The right to load is in it.
    pub(crate) armed: bool,
    pub(crate) turn_is_free: bool,
    pub(crate) verdict: Option<Verdict>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) source: Version,
    pub(crate) slot: Slot,
    /// The source's version when a deletion was last carried out.
    pub(crate) deleted: Version,
    /// The newest write that has returned.
    pub(crate) returned: Version,
    pub(crate) stale_answer: bool,
    /// What had a life of zero was stored.
    pub(crate) kept_zero: bool,
    pub(crate) readers: [Reader; READERS],
    pub(crate) writers: [Writer; WRITERS],
    pub(crate) flights: [Option<Flight>; READERS],
    pub(crate) faults: Faults,
}

impl World {
    pub(crate) fn start(setup: &Setup) -> Self {
        let nobody = Reader {
            home: PROCESSES,
            refreshes: false,
            waits: true,
            keeps: true,
            floor: 0,
            stage: Stage::Over,
        };
        let mut readers = [nobody; READERS];
        for (reader, caller) in readers.iter_mut().zip(setup.readers) {
            reader.home = caller.home;
            reader.refreshes = caller.refreshes;
            reader.waits = caller.waits;
            reader.keeps = caller.keeps;
            reader.stage = Stage::Idle;
        }
        let mut writers = [Writer::Over; WRITERS];
        writers[..setup.writers].fill(Writer::Idle);
        let slot = if setup.warm {
            Slot::Value {
                nonce: PROCESSES,
                version: 0,
            }
        } else {
            Slot::Missing
        };
        Self {
            source: 0,
            slot,
            deleted: 0,
            returned: 0,
            stale_answer: false,
            kept_zero: false,
            readers,
            writers,
            flights: [None; READERS],
            faults: setup.faults,
        }
    }

    /// A nonce that is known nowhere any more is as good as a new one.
    pub(crate) fn fresh(&self) -> Nonce {
        let mut used = 0_u32;
        self.clone().rename(&mut |nonce| {
            used |= 1 << nonce;
            nonce
        });
        // The first numbers are the tokens of the processes.
        let fresh = (PROCESSES..32).find(|nonce| used & (1 << nonce) == 0);
        fresh.expect("fewer nonces than bits")
    }

    fn rename(&mut self, name: &mut impl FnMut(Nonce) -> Nonce) {
        rename_slot(&mut self.slot, name);
        for reader in &mut self.readers {
            match &mut reader.stage {
                Stage::Seen(slot) | Stage::Replacing(slot) | Stage::Storing { over: slot, .. } => {
                    rename_slot(slot, name);
                }
                Stage::Claiming { nonce, answer } => {
                    *nonce = name(*nonce);
                    if let Some(Answer::Other(slot)) = answer {
                        rename_slot(slot, name);
                    }
                }
                Stage::Polling { nonce, saw } => {
                    *nonce = name(*nonce);
                    if let Some(slot) = saw {
                        rename_slot(slot, name);
                    }
                }
                Stage::Told(nonce)
                | Stage::Aboard(nonce)
                | Stage::Body(nonce)
                | Stage::Filling { nonce, .. }
                | Stage::Releasing(nonce)
                | Stage::Parting { nonce, .. } => *nonce = name(*nonce),
                Stage::Idle | Stage::Queued { .. } | Stage::Uncached | Stage::Over => {}
            }
        }
        for writer in &mut self.writers {
            if let Writer::Leased { nonce, .. } = writer {
                *nonce = name(*nonce);
            }
        }
        for flight in self.flights.iter_mut().flatten() {
            flight.nonce = name(flight.nonce);
        }
    }

    /// Readers of one process, writers, and nonces are as good as each other: names in the order of appearance.
    pub(crate) fn canonical(mut self, nonces_are_alike: bool) -> Self {
        self.readers.sort_unstable();
        self.writers.sort_unstable();
        if nonces_are_alike {
            let mut names = [0; 32];
            let mut next = PROCESSES;
            self.rename(&mut |nonce| {
                let known = &mut names[usize::from(nonce)];
                if *known == 0 {
                    *known = next;
                    next += 1;
                }
                *known
            });
        }
        self.flights.sort_unstable();
        // Once more, by the new names of their leases.
        self.writers.sort_unstable();
        self
    }
}

fn rename_slot(slot: &mut Slot, name: &mut impl FnMut(Nonce) -> Nonce) {
    match slot {
        Slot::Missing | Slot::Guard => {}
        Slot::Lease(nonce) | Slot::Value { nonce, .. } => *nonce = name(*nonce),
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("nothing"),
            Self::Lease(nonce) => write!(f, "lease #{nonce}"),
            Self::Value { nonce, version } => write!(f, "v{version} #{nonce}"),
            Self::Guard => f.write_str("guard"),
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source v{}, key: {}", self.source, self.slot)
    }
}
