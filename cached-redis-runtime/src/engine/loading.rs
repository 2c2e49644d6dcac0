//! A body under way, as far as it is counted and timed.

use super::Engine;
use crate::clock::{self, Instant};
use crate::observe::Count;
use crate::site::{Family, FamilyRef, Site};
use crate::ttl::Lifetimes;

/// A body that runs as a load. Dropped before its end (cancelled, panicked), it counts as failed.
#[derive(Debug)]
pub(crate) struct Loading {
    family: FamilyRef<'static>,
    began: Instant,
    ended: bool,
}

impl Engine {
    /// A body is about to run.
    pub(crate) fn loading(&self, site: &'static Site, lifetimes: &Lifetimes) -> Loading {
        let family = self.counters(site);
        note_life(&family, lifetimes);
        Loading::begin(family)
    }
}

/// Says how long the family's entries live, if that is one number.
pub(super) fn note_life(family: &Family, lifetimes: &Lifetimes) {
    if let Some(life) = lifetimes.of_all() {
        family.lives(life.millis());
    }
}

impl Loading {
    pub(super) fn begin(family: FamilyRef<'static>) -> Self {
        family.count(Count::Load);
        Self {
            family,
            began: clock::now(),
            ended: false,
        }
    }

    /// The body has ended. Says how many milliseconds it took.
    pub(crate) fn end(&mut self, failed: bool) -> u64 {
        self.ended = true;
        if failed {
            self.family.count(Count::LoadFailed);
        }
        let took = clock::now().saturating_duration_since(self.began);
        self.family.loaded(took);
        u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn count(&self, what: Count) {
        self.family.count(what);
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        if !self.ended {
            self.end(true);
        }
    }
}
