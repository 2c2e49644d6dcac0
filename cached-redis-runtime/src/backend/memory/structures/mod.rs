//! Structures, as `backend/redis/scripts/structures.rs` has them. Writers here need no end of their time: they die with the
//! store, and a deletion forgets them.

mod counts;
mod data;
mod steps;

pub(super) use data::Structure;

use core::time::Duration;
use std::collections::HashMap;

use self::data::{Ranked, Writers};
use super::{MemoryStore, State};
use crate::codec::{Entry, LEASE, Nonce, read};
use crate::error::{Error, ErrorKind};
use crate::size::Size;
use crate::store::{
    Admitted, Counting, Held, Names, Pushing, Ranking, Reply, Row, Settling, Standing, Structures,
};

/// The writers of each structure that has some.
#[derive(Debug, Default)]
pub(super) struct Writing(HashMap<String, Writers>);

impl Writing {
    pub(super) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn of(&mut self, key: &str) -> &mut Writers {
        self.0.entry(key.to_owned()).or_default()
    }

    fn tidy(&mut self, key: &str) {
        if self.0.get(key).is_some_and(Writers::is_empty) {
            self.0.remove(key);
        }
    }
}

/// What stands under a structure's key.
enum Kind {
    None,
    Ranked,
    List,
    /// Somebody builds it.
    Lease(Nonce),
    /// The mark of a ranking without rows.
    Empty,
    /// A string that is none of ours.
    Text,
    Other,
}

pub(super) fn wrong_type() -> Error {
    let message = "the key holds something else than what the cache keeps there";
    Error::new(ErrorKind::WrongType, message)
}

impl State {
    fn kind(&mut self, key: &str) -> Kind {
        let Some(slot) = self.get(key) else {
            return Kind::None;
        };
        match (&slot.structure, read(&slot.bytes)) {
            (_, Entry::Lease(nonce)) => Kind::Lease(nonce),
            (Some(structure), _) => match **structure {
                Structure::Ranked(_) => Kind::Ranked,
                Structure::List(_) => Kind::List,
                _ => Kind::Other,
            },
            (None, Entry::Absent { .. }) => Kind::Empty,
            (None, _) => Kind::Text,
        }
    }

    /// What a read finds.
    fn held<T>(
        &mut self,
        key: &str,
        data: impl FnOnce(&Structure) -> Option<T>,
    ) -> Result<Held<T>, Error> {
        let Some(slot) = self.touch(key) else {
            return Ok(Held::Nothing);
        };
        match &slot.structure {
            Some(structure) if slot.bytes.is_empty() => {
                data(structure).map(Held::Data).ok_or_else(wrong_type)
            }
            _ => Ok(Held::Text(slot.bytes.clone())),
        }
    }

    /// Changes a structure where it stands.
    fn change(&mut self, key: &str, capacity: usize, act: impl FnOnce(&mut Structure)) {
        if let Some(slot) = self.entries.get_mut(key)
            && let Some(structure) = &mut slot.structure
        {
            self.bytes -= structure.cost();
            act(structure);
            self.bytes += structure.cost();
        }
        self.evict(capacity);
    }

    /// Puts a structure beside a lease, or in place of whatever is there.
    fn put_structure(
        &mut self,
        key: &str,
        bytes: Vec<u8>,
        structure: Structure,
        (life, capacity): (Option<Duration>, usize),
    ) {
        self.put(key, bytes, life, usize::MAX);
        if let Some(slot) = self.entries.get_mut(key) {
            self.bytes += structure.cost();
            slot.structure = Some(Box::new(structure));
        }
        self.evict(capacity);
    }

    /// What is being built beside a lease.
    fn staged(&mut self, key: &str, empty: impl FnOnce() -> Structure) {
        if let Some(slot) = self.entries.get_mut(key)
            && slot.structure.is_none()
        {
            let structure = empty();
            self.bytes += structure.cost();
            slot.structure = Some(Box::new(structure));
        }
    }
}

impl Structures for MemoryStore {
    fn top<'a>(&'a self, key: &'a str, n: u64, _size: Size) -> Reply<'a, Held<Vec<Row>>> {
        self.attempt(|state| {
            state.held(key, |structure| match structure {
                Structure::Ranked(ranked) => Some(ranked.rows(0, n)),
                _ => None,
            })
        })
    }

    fn standing<'a>(
        &'a self,
        key: &'a str,
        member: Option<&'a str>,
        around: Option<u64>,
    ) -> Reply<'a, Held<Standing>> {
        self.attempt(|state| {
            state.held(key, |structure| match structure {
                Structure::Ranked(ranked) => Some(standing(ranked, member, around)),
                _ => None,
            })
        })
    }

    fn items<'a>(&'a self, key: &'a str, n: u64, _size: Size) -> Reply<'a, Held<Vec<Vec<u8>>>> {
        let most = usize::try_from(n).map_or(usize::MAX, |n| n.saturating_add(1));
        self.attempt(|state| {
            state.held(key, |structure| match structure {
                Structure::List(list) => Some(list.first(most)),
                _ => None,
            })
        })
    }

    fn begin<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        member: Option<&'a str>,
        _lease: Duration,
    ) -> Reply<'a, Option<Nonce>> {
        self.attempt(|state| {
            let is_ranking = member.is_some();
            match state.kind(names.key) {
                Kind::Other => return Err(wrong_type()),
                Kind::List if is_ranking => return Err(wrong_type()),
                Kind::Ranked if !is_ranking => return Err(wrong_type()),
                _ => {}
            }
            state.writing.of(names.key).begin(token, member);
            let head = state.head(names.key);
            let nonce = head.get(1..LEASE).and_then(|nonce| nonce.try_into().ok());
            Ok(nonce.map(Nonce))
        })
    }

    fn withdraw<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        member: Option<&'a str>,
        _life: Option<u64>,
    ) -> Reply<'a, ()> {
        self.with(|state| {
            let writers = state.writing.of(names.key);
            writers.end(token);
            if let Some(member) = member {
                writers.withdraw_member(member, token);
            }
            state.writing.tidy(names.key);
        })
    }

    fn rank<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        change: Ranking<'a>,
        _life: Option<u64>,
    ) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.attempt(|state| state.rank(names.key, token, &change, capacity))
    }

    fn push<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        change: Pushing<'a>,
        _life: Option<u64>,
    ) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.attempt(|state| state.push(names.key, token, &change, capacity))
    }

    fn stage_rows<'a>(
        &'a self,
        names: Names<'a>,
        (lease, _stay): (Nonce, Duration),
        before: u64,
        rows: &'a [(&'a str, f64)],
    ) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.with(|state| state.stage_rows(names.key, lease, (before, rows), capacity))
    }

    fn stage_items<'a>(
        &'a self,
        names: Names<'a>,
        (lease, _stay): (Nonce, Duration),
        (before, head): (u64, &'a [u8]),
        items: &'a [Vec<u8>],
    ) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.with(|state| state.stage_items(names.key, lease, (before, head, items), capacity))
    }

    fn settle<'a>(&'a self, names: Names<'a>, settling: Settling<'a>) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.with(|state| state.settle(names.key, &settling, capacity))
    }

    fn add<'a>(&'a self, key: &'a str, by: i64, life: Option<u64>) -> Reply<'a, i64> {
        let capacity = self.capacity;
        self.attempt(|state| state.add(key, by, life.map(Duration::from_millis), capacity))
    }

    fn include<'a>(
        &'a self,
        key: &'a str,
        how: Counting,
        member: &'a str,
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        let life = (life.map(Duration::from_millis), self.capacity);
        self.attempt(|state| state.include(key, how, member, life))
    }

    fn included<'a>(&'a self, key: &'a str, how: Counting) -> Reply<'a, u64> {
        self.attempt(|state| state.included(key, how))
    }

    fn admit<'a>(&'a self, key: &'a str, limit: u64, window: Duration) -> Reply<'a, Admitted> {
        let capacity = self.capacity;
        self.attempt(|state| state.admit(key, limit, window, capacity))
    }
}

fn standing(ranked: &Ranked, member: Option<&str>, around: Option<u64>) -> Standing {
    let found = member.and_then(|member| ranked.find(member));
    let (first, rows) = match (found, around) {
        (Some((rank, _)), Some(around)) => {
            let first = rank.saturating_sub(around);
            let n = rank.saturating_add(around).saturating_add(1) - first;
            (first, ranked.rows(first, n))
        }
        _ => (0, Vec::new()),
    };
    Standing {
        members: ranked.len(),
        found,
        first,
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::lease;
    use crate::store::Store as _;

    const NAMES: Names<'static> = Names {
        key: "board",
        writers: "w",
        until: "u",
        next: "n",
    };

    #[tokio::test]
    async fn what_is_built_counts_and_goes_with_its_lease() {
        let store = MemoryStore::new(1 << 20);
        let (nonce, stay) = (Nonce([7; 16]), Duration::from_secs(10));
        let expect = crate::store::Expect::Missing;
        store.claim("board", expect, nonce, stay).await.unwrap();
        assert!(
            store
                .stage_rows(NAMES, (nonce, stay), 0, &[("ada", 1.0)])
                .await
                .unwrap()
        );
        assert_eq!(
            store.get("board", Size::Ordinary).await.unwrap().bytes,
            Some(lease(nonce).to_vec())
        );
        assert!(store.state.lock().bytes > 0);
        store.delete(&["board".to_owned()]).await.unwrap();
        assert_eq!(store.state.lock().bytes, 0);
    }
}
