//! Single fields of entries, as `backend/redis/hash_scripts.rs` has them.
//!
//! An entry that is held is its lease, and what follows a header: to whoever reads it as one run of bytes, a lease alone.

use core::time::Duration;

use super::{MemoryStore, State};
use crate::clock::{self, Instant};
use crate::codec::fields::{Fields, push};
use crate::codec::{Entry, HEADER, LEASE, Nonce, lease, read};
use crate::store::{FieldStore, Glimpse, Reply, TakenOver, Updating};

impl FieldStore for MemoryStore {
    fn glimpse<'a>(&'a self, key: &'a str, name: &'a str) -> Reply<'a, Glimpse> {
        self.with(|state| {
            let bytes = state.read(key).unwrap_or_default();
            let (header, payload) = bytes.split_at_checked(HEADER).unwrap_or((&bytes, &[]));
            let field = Fields::of(payload).find(|(field, _)| *field == name.as_bytes());
            Glimpse {
                header: Some(header.to_vec()),
                field: field.map(|(_, value)| value.to_vec()),
            }
        })
    }

    fn hold<'a>(
        &'a self,
        key: &'a str,
        kind: [u8; 10],
        nonce: Nonce,
        duration: Duration,
    ) -> Reply<'a, Option<TakenOver>> {
        let capacity = self.capacity;
        self.with(|state| {
            let slot = state.get(key)?;
            let header = *slot.bytes.first_chunk::<HEADER>()?;
            let is_value = matches!(read(&header), Entry::Value { .. });
            if !is_value || header[LEASE..LEASE + kind.len()] != kind {
                return None;
            }
            let (payload, expires) = (slot.bytes[HEADER..].to_vec(), slot.expires);
            state.put(key, lease(nonce).to_vec(), Some(duration), capacity);
            state.bytes += payload.len();
            // Unless there was no room for it.
            match state.entries.get_mut(key) {
                Some(slot) => slot.held = payload,
                None => state.bytes -= payload.len(),
            }
            Some(TakenOver {
                header,
                left: expires.map(millis_until),
            })
        })
    }

    fn update<'a>(&'a self, key: &'a str, update: &'a Updating<'a>) -> Reply<'a, bool> {
        let capacity = self.capacity;
        self.with(|state| state.update(key, update, capacity))
    }
}

fn millis_until(end: Instant) -> u64 {
    let left = end.saturating_duration_since(clock::now());
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
}

impl State {
    fn update(&mut self, key: &str, update: &Updating<'_>, capacity: usize) -> bool {
        let header = self.bytes_of(key).and_then(<[u8]>::first_chunk::<HEADER>);
        // A second try, after a reply that was lost.
        if header == Some(&update.header) {
            return true;
        }
        if self.bytes_of(key) != Some(lease(update.expect).as_slice()) {
            return false;
        }
        let payload = self.get(key).map(|slot| slot.held.clone());
        let payload = payload.unwrap_or_default();
        let mut bytes = update.header.to_vec();
        let others = Fields::of(&payload).filter(|(name, _)| *name != update.name.as_bytes());
        let new = (update.name.as_bytes(), update.value);
        if !others
            .chain([new])
            .all(|(name, value)| push(&mut bytes, name, value))
        {
            return false;
        }
        let life = update.life.map(Duration::from_millis);
        self.put(key, bytes, life, capacity);
        true
    }
}
