//! What there is: a key, a tag, a source, and who works on them.

use core::fmt;

/// The unit of time.
pub(super) const LEASE: u8 = 1;
/// Long enough for a registration to end while somebody is still at work, and for the entry to be there after that.
pub(super) const END: u8 = 10;

pub(super) const CALLERS: usize = 2;
pub(super) const WRITERS: usize = 2;

/// `of` is the caller whose nonce it carries; [`CALLERS`] for what was there to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Missing,
    Lease { of: usize, until: u8 },
    Value { of: usize, version: u8, until: u8 },
}

/// A load that may be stored over the nonce of `over`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Load {
    pub(super) over: usize,
    /// When it last put its key under the tag.
    pub(super) registered: Option<u8>,
    /// What it has read.
    pub(super) version: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    Idle,
    Loading(Load),
    /// The fill is on its way, and so may be a renewal of the lease.
    Filling {
        over: usize,
        version: u8,
        renews: bool,
    },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Writer {
    Idle,
    Committed(u8),
    /// It has read the tag and found the key.
    Found(u8),
    /// It has deleted the key and takes it out of the tag.
    Deleted,
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) now: u8,
    pub(super) source: u8,
    /// What was read before this version may no longer be there.
    pub(super) invalidated: u8,
    pub(super) slot: Slot,
    /// Until when the key is a member.
    pub(super) member: Option<u8>,
    pub(super) callers: [Stage; CALLERS],
    pub(super) writers: [Writer; WRITERS],
}

impl World {
    pub(super) fn register(&mut self, life: u8) {
        self.member = self.member.max(Some(self.now + life));
    }

    pub(super) fn renew_lease(&mut self, own: usize) {
        if let Slot::Lease { of, until } = &mut self.slot
            && *of == own
        {
            *until = self.now + LEASE;
        }
    }

    pub(super) fn fill(&mut self, at: usize, over: usize, version: u8, ttl: u8) {
        let carries =
            matches!(self.slot, Slot::Lease { of, .. } | Slot::Value { of, .. } if of == over);
        if carries {
            self.slot = Slot::Value {
                of: at,
                version,
                until: self.now + ttl,
            };
        }
    }

    /// One unit later, without what has expired.
    pub(super) fn tick(&mut self) {
        self.now += 1;
        if let Slot::Lease { until, .. } | Slot::Value { until, .. } = self.slot
            && until < self.now
        {
            self.slot = Slot::Missing;
        }
        self.member = self.member.filter(|until| *until >= self.now);
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, source) = (self.now, self.source);
        write!(f, "at {now}: v{source}, {:?}, ", self.slot)?;
        match self.member {
            Some(until) => write!(f, "member until {until}"),
            None => f.write_str("no member"),
        }
    }
}
