//! `memory://`: one process, bounded, with expiry, and the same protocol as Redis.

mod eviction;
mod fields;
mod guards;
#[cfg(feature = "test-util")]
mod rehearsal;
mod structures;
mod tags;

#[cfg(feature = "test-util")]
pub(crate) use rehearsal::Failure;

use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use crate::clock::{self, Instant};
use crate::codec::{DATE, LEASE, Nonce, Renewal, lease, read_guard};
use crate::error::Error;
use crate::observe::{Examination, ServerInfo};
use crate::size::Size;
use crate::store::{
    Claimed, Cursor, Deleted, Expect, FieldStore, Gone, Look, Reply, Store, Structures, Tagging,
};
use crate::sync::{Arc, Mutex};
use structures::{Structure, Writing, wrong_type};
use tags::Tags;

/// What an entry costs besides its key and value: two table slots and the bookkeeping.
const OVERHEAD: usize = 128;

/// The store in memory.
///
/// Eviction is CLOCK (second chance: Corbató, "A paging experiment with the Multics system", 1968): keys queue in the
/// order of their arrival, and one that was read since it last came up goes round once more.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    capacity: usize,
    state: Mutex<State>,
    #[cfg(feature = "test-util")]
    trouble: rehearsal::Trouble,
}

#[derive(Debug)]
struct State {
    /// Where the clock of this store begins.
    start: Instant,
    entries: HashMap<String, Slot>,
    tags: Tags,
    writing: Writing,
    /// Every entry stands here once; a key whose entry is gone or newer is skipped when it comes up.
    clock: VecDeque<(String, u64)>,
    bytes: usize,
    arrivals: u64,
}

#[derive(Debug)]
struct Slot {
    bytes: Vec<u8>,
    /// In place of bytes, or being built under the lease that they are.
    structure: Option<Box<Structure>>,
    expires: Option<Instant>,
    arrival: u64,
    read: bool,
    /// The fields that a lease has left in place.
    held: Vec<u8>,
    /// What the entry is registered under: it is forgotten there when it goes.
    tags: Vec<Arc<str>>,
}

impl MemoryStore {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::new(State::new()),
            #[cfg(feature = "test-util")]
            trouble: rehearsal::Trouble::default(),
        }
    }

    /// Every operation is over before it is awaited; the future only fits the trait.
    fn with<T: Send + 'static>(&self, act: impl FnOnce(&mut State) -> T) -> Reply<'_, T> {
        #[cfg(feature = "test-util")]
        if let Some(failing) = self.trouble.failing() {
            return failing;
        }
        let result = act(&mut self.state.lock());
        Box::pin(core::future::ready(Ok(result)))
    }

    /// The same for what may fail.
    fn attempt<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, Error>,
    ) -> Reply<'_, T> {
        let reply = self.with(act);
        Box::pin(async { reply.await? })
    }

    /// The same for what takes the key for that of a string.
    fn with_text<T: Send + 'static>(
        &self,
        key: &str,
        act: impl FnOnce(&mut State) -> T,
    ) -> Reply<'_, T> {
        self.attempt(|state| match state.get(key) {
            Some(slot) if slot.is_structure() => Err(wrong_type()),
            _ => Ok(act(state)),
        })
    }
}

impl State {
    fn new() -> Self {
        Self {
            start: clock::now(),
            entries: HashMap::new(),
            clock: VecDeque::new(),
            bytes: 0,
            arrivals: 0,
            tags: Tags::default(),
            writing: Writing::default(),
        }
    }

    fn get(&mut self, key: &str) -> Option<&Slot> {
        if self.entries.get(key)?.is_expired() {
            self.remove(key);
            return None;
        }
        self.entries.get(key)
    }

    fn read(&mut self, key: &str) -> Option<Vec<u8>> {
        self.touch(key).map(|slot| slot.bytes.clone())
    }

    /// What is read lives longer.
    fn touch(&mut self, key: &str) -> Option<&Slot> {
        self.get(key)?;
        let slot = self.entries.get_mut(key)?;
        slot.read = true;
        Some(slot)
    }

    fn bytes_of(&mut self, key: &str) -> Option<&[u8]> {
        self.get(key).map(|slot| slot.bytes.as_slice())
    }

    fn nonce_of(&mut self, key: &str) -> Option<[u8; 16]> {
        self.bytes_of(key)?.get(1..LEASE)?.try_into().ok()
    }

    fn put(&mut self, key: &str, bytes: Vec<u8>, life: Option<Duration>, capacity: usize) {
        // Whoever loads in place of another puts the key under tags of its own as well.
        let tags = self.take(key).map(|slot| slot.tags).unwrap_or_default();
        self.arrivals += 1;
        let slot = Slot {
            bytes,
            structure: None,
            // A life past the end of the clock is one without end.
            expires: life.and_then(|life| clock::now().checked_add(life)),
            arrival: self.arrivals,
            read: false,
            held: Vec::new(),
            tags,
        };
        self.bytes += slot.cost(key);
        self.clock.push_back((key.to_owned(), self.arrivals));
        self.entries.insert(key.to_owned(), slot);
        self.evict(capacity);
        self.tidy();
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some(slot) = self.take(key) else {
            return false;
        };
        self.tags.forget(key, &slot.tags);
        self.writing.forget(key);
        true
    }

    fn take(&mut self, key: &str) -> Option<Slot> {
        let slot = self.entries.remove(key)?;
        self.bytes -= slot.cost(key);
        Some(slot)
    }

    /// A key that is not there is no member of anything: whoever wanted to fill it has lost the right to.
    fn register(&mut self, tag: &str, key: &str) {
        if self.get(key).is_none() {
            return;
        }
        if let Some(slot) = self.entries.get_mut(key)
            && let Some(tag) = self.tags.add(tag, key)
        {
            self.bytes += tags::cost(&tag, key);
            slot.tags.push(tag);
        }
    }
}

impl Slot {
    fn cost(&self, key: &str) -> usize {
        let tags = self.tags.iter().map(|tag| tags::cost(tag, key));
        let structure = self.structure.as_ref().map_or(0, |one| one.cost());
        2 * key.len()
            + self.bytes.len()
            + self.held.len()
            + OVERHEAD
            + tags.sum::<usize>()
            + structure
    }

    /// A structure that has been built.
    fn is_structure(&self) -> bool {
        self.structure.is_some() && self.bytes.is_empty()
    }

    fn is_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= clock::now())
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str, _size: Size) -> Reply<'a, Look> {
        self.with_text(key, |state| Look {
            bytes: state.read(key),
            sent: None,
            secondhand: false,
        })
    }

    fn claim<'a>(
        &'a self,
        key: &'a str,
        expect: Expect,
        nonce: Nonce,
        duration: Duration,
    ) -> Reply<'a, Claimed> {
        let capacity = self.capacity;
        self.with_text(key, |state| {
            let lease = lease(nonce);
            if let Some(bytes) = state.bytes_of(key)
                && bytes != lease
            {
                let replaceable = match &expect {
                    Expect::Missing => false,
                    Expect::Nonce(nonce) => bytes.get(1..LEASE) == Some(nonce.0.as_slice()),
                    Expect::Foreign { start, len } => {
                        bytes.len() == *len && bytes.starts_with(start)
                    }
                };
                if !replaceable {
                    return Claimed::Other(bytes.to_vec());
                }
            }
            state.put(key, lease.to_vec(), Some(duration), capacity);
            Claimed::Mine
        })
    }

    fn seize<'a>(&'a self, key: &'a str, nonce: Nonce, duration: Duration) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.with_text(key, |state| {
            let is_guarded = state
                .bytes_of(key)
                .is_some_and(|bytes| read_guard(bytes).is_some());
            if !is_guarded {
                state.put(key, lease(nonce).to_vec(), Some(duration), capacity);
            }
            !is_guarded
        })
    }

    fn fill<'a>(
        &'a self,
        key: &'a str,
        expect: Nonce,
        entry: &'a [u8],
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.with_text(key, |state| {
            let current = state.nonce_of(key);
            let fits = current == Some(expect.0)
                || (current.is_some()
                    && current.as_ref().map(<[u8; 16]>::as_slice) == entry.get(1..LEASE));
            if fits {
                state.put(
                    key,
                    entry.to_vec(),
                    life.map(Duration::from_millis),
                    capacity,
                );
            }
            fits
        })
    }

    fn renew<'a>(&'a self, key: &'a str, nonce: Nonce, duration: Duration) -> Reply<'a, bool> {
        self.with_text(key, |state| {
            let held = state.bytes_of(key) == Some(lease(nonce).as_slice());
            if held && let Some(slot) = state.entries.get_mut(key) {
                slot.expires = clock::now().checked_add(duration);
            }
            held
        })
    }

    fn slide<'a>(&'a self, key: &'a str, renewal: &'a Renewal) -> Reply<'a, bool> {
        self.with_text(key, |state| {
            let held = state
                .bytes_of(key)
                .is_some_and(|bytes| bytes.starts_with(&renewal.seen));
            if held && let Some(slot) = state.entries.get_mut(key) {
                slot.bytes[DATE].copy_from_slice(&renewal.date);
                let life = Duration::from_millis(renewal.life_ms);
                slot.expires = clock::now().checked_add(life);
            }
            held
        })
    }

    fn release<'a>(&'a self, key: &'a str, nonce: Nonce, _size: Size) -> Reply<'a, bool> {
        self.with_text(key, |state| {
            state.bytes_of(key) == Some(lease(nonce).as_slice()) && state.remove(key)
        })
    }

    fn guard_many<'a>(
        &'a self,
        keys: &'a [(&'a str, Nonce)],
        token: Nonce,
        stay: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>> {
        let capacity = self.capacity;
        self.with(|state| {
            let guarded = keys.iter().map(|&(key, nonce)| {
                state.guard(key, nonce, token, stay, capacity);
                // Too large for the store, it was evicted at once.
                Ok(state.entries.contains_key(key))
            });
            guarded.collect()
        })
    }

    fn unguard_many<'a>(
        &'a self,
        leaving: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<Gone, Error>>> {
        let capacity = self.capacity;
        self.with(|state| {
            for &(key, token) in leaving {
                state.unguard(key, token, capacity);
            }
            leaving.iter().map(|_| Ok(Gone::Surely)).collect()
        })
    }

    fn delete<'a>(&'a self, keys: &'a [String]) -> Reply<'a, Deleted> {
        self.with(|state| {
            let mut count = 0;
            for key in keys {
                count += u64::from(state.get(key).is_some() && state.remove(key));
                state.writing.forget(key);
            }
            Deleted {
                count,
                ..Deleted::default()
            }
        })
    }

    fn register<'a>(&'a self, tags: &'a [Tagging<'a>], _life: u64) -> Reply<'a, ()> {
        let capacity = self.capacity;
        self.with(|state| {
            for one in tags {
                for key in one.members {
                    state.register(one.tag, key);
                }
            }
            state.evict(capacity);
        })
    }

    fn members<'a>(&'a self, tag: &'a str, _cursor: Cursor) -> Reply<'a, (Cursor, Vec<String>)> {
        self.with(|state| (Cursor::default(), state.tags.members(tag)))
    }

    fn structures(&self) -> &dyn Structures {
        self
    }

    fn ping(&self) -> Reply<'_, ()> {
        self.with(|_| ())
    }

    fn examine(&self) -> Reply<'_, Examination> {
        self.with(|_| Examination::in_memory())
    }

    fn server(&self) -> Option<ServerInfo> {
        Some(ServerInfo {
            kind: "memory".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            role: "master".to_owned(),
            ..ServerInfo::default()
        })
    }

    fn is_ready(&self) -> bool {
        #[cfg(feature = "test-util")]
        if self.trouble.is_away() {
            return false;
        }
        true
    }

    // Here every entry is one run of bytes.
    fn hashes(self: Arc<Self>) -> Arc<dyn FieldStore> {
        self
    }
}

#[cfg(test)]
mod tests;
