//! What the referee knows about one life of a process.

use crate::deletions::Missed;
use crate::past::Who;

/// More writes than that are not under way in one process: the oldest were dropped before the source had answered.
const OPEN: usize = 200;

/// A write after its commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) key: u32,
    pub(crate) version: u64,
    pub(crate) at: u64,
}

/// One life of a process.
#[derive(Debug)]
pub(crate) struct Session {
    who: Who,
    /// What this process has written itself, per key.
    own: Vec<u64>,
    /// Those whose deletions are not known to have been executed.
    owed: Vec<Commit>,
    /// Those whose writes have not returned.
    open: Vec<Commit>,
}

impl Session {
    pub(crate) fn new(who: Who, keys: u32) -> Self {
        Self {
            who,
            own: vec![0; keys as usize],
            owed: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(crate) fn who(&self) -> Who {
        self.who
    }

    /// How many deletions are not known to have been executed.
    pub(crate) fn owed(&self) -> u64 {
        self.owed.len() as u64
    }

    /// Keys and versions of commits whose writes have not returned.
    pub(crate) fn unreturned(&self) -> impl ExactSizeIterator<Item = (u32, u64)> {
        self.open.iter().map(|commit| (commit.key, commit.version))
    }

    pub(crate) fn committed(&mut self, commit: Commit) {
        if self.open.len() == OPEN {
            self.open.remove(0);
        }
        self.open.push(commit);
    }

    /// The write has returned, or was dropped.
    pub(crate) fn returned(&mut self, key: u32, version: u64) -> Commit {
        let own = &mut self.own[key as usize];
        *own = version.max(*own);
        // One that is not among them any more was committed at some time.
        let lost = Commit {
            key,
            version,
            at: 0,
        };
        take(&mut self.open, key, version).unwrap_or(lost)
    }

    pub(crate) fn owe(&mut self, commit: Commit) {
        self.owed.push(commit);
    }

    /// When the write was committed whose deletion has been executed now.
    pub(crate) fn made_good(&mut self, key: u32, version: u64) -> u64 {
        take(&mut self.owed, key, version).map_or(0, |commit| commit.at)
    }

    /// The newest version that this process has written.
    pub(crate) fn own(&self, key: u32) -> u64 {
        self.own[key as usize]
    }

    /// Whether this process must see more than `missed.seen` because it bypasses the key.
    pub(crate) fn owes(&self, missed: &Missed) -> bool {
        let mut owed = self.owed.iter().filter(|owed| owed.key == missed.key);
        owed.any(|owed| missed.seen < owed.version && owed.version <= missed.floor)
    }
}

fn take(commits: &mut Vec<Commit>, key: u32, version: u64) -> Option<Commit> {
    let is_it = |commit: &Commit| (commit.key, commit.version) == (key, version);
    let place = commits.iter().position(is_it)?;
    Some(commits.remove(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deletions::Span;

    #[test]
    fn no_failover_accounts_for_a_key_that_its_process_bypasses() {
        let who = Who {
            process: 0,
            incarnation: 0,
        };
        let mut session = Session::new(who, 1);
        let (key, version, at) = (0, 2, 5);
        session.committed(Commit { key, version, at });
        let missed = |seen, floor| Missed {
            key,
            seen,
            floor,
            read: Span { from: 7, to: 8 },
        };
        assert!(!session.owes(&missed(1, 2)), "the write has not returned");
        let commit = session.returned(key, version);
        session.owe(commit);
        assert!(session.owes(&missed(1, 2)));
        assert!(!session.owes(&missed(0, 1)), "the read began before");
        assert!(!session.owes(&missed(2, 3)), "another's write");
        assert_eq!(session.made_good(key, version), at);
        assert!(!session.owes(&missed(1, 2)));
    }
}
