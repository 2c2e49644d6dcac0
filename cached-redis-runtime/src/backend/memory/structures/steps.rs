//! The steps of structures that have a source.

use core::time::Duration;

use super::data::{List, Ranked};
use super::{Kind, Structure, wrong_type};
use crate::backend::memory::State;
use crate::codec::{HEADER, LEASE, Nonce};
use crate::error::Error;
use crate::store::{Pushing, Ranking, Settling};

impl State {
    /// A writer ends. Says whether he was there, and for a ranking whether nobody has begun to write the member since.
    fn ended(&mut self, key: &str, token: Nonce, member: Option<&str>) -> bool {
        let writers = self.writing.of(key);
        let mut mine = writers.end(token);
        if let Some(member) = member {
            mine &= writers.end_member(member, token);
        }
        self.writing.tidy(key);
        mine
    }

    pub(super) fn rank(
        &mut self,
        key: &str,
        token: Nonce,
        change: &Ranking<'_>,
        capacity: usize,
    ) -> Result<bool, Error> {
        let mine = self.ended(key, token, Some(change.member));
        let kind = self.kind(key);
        match kind {
            Kind::None | Kind::Text => return Ok(true),
            Kind::List | Kind::Other => return Err(wrong_type()),
            Kind::Ranked | Kind::Lease(_) | Kind::Empty => {}
        }
        let is_built = matches!(kind, Kind::Lease(_));
        if !mine || (change.score.is_none() && is_built) {
            self.remove(key);
            return Ok(false);
        }
        let Some(score) = change.score else {
            self.change(key, capacity, |structure| {
                if let Structure::Ranked(ranked) = structure {
                    ranked.remove(change.member);
                }
            });
            self.drop_empty(key);
            return Ok(true);
        };
        if matches!(kind, Kind::Empty) {
            let mut ranked = Ranked::default();
            ranked.put(change.member, score);
            let end = self.entries.get(key).and_then(|slot| slot.expires);
            let structure = Structure::Ranked(ranked);
            self.put_structure(key, Vec::new(), structure, (None, usize::MAX));
            if let Some(slot) = self.entries.get_mut(key) {
                slot.expires = end;
            }
            self.evict(capacity);
            return Ok(true);
        }
        self.staged(key, || Structure::Ranked(Ranked::default()));
        self.change(key, capacity, |structure| {
            if let Structure::Ranked(ranked) = structure {
                ranked.put(change.member, score);
            }
        });
        Ok(true)
    }

    /// There is no empty sorted set.
    fn drop_empty(&mut self, key: &str) {
        let slot = self.entries.get(key);
        let structure = slot.and_then(|slot| slot.structure.as_deref());
        if matches!(structure, Some(Structure::Ranked(ranked)) if ranked.len() == 0) {
            self.remove(key);
        }
    }

    pub(super) fn push(
        &mut self,
        key: &str,
        token: Nonce,
        change: &Pushing<'_>,
        capacity: usize,
    ) -> Result<bool, Error> {
        let mine = self.ended(key, token, None);
        match self.kind(key) {
            Kind::None | Kind::Text | Kind::Empty => return Ok(true),
            Kind::Ranked | Kind::Other => return Err(wrong_type()),
            Kind::Lease(_) => {
                self.remove(key);
                return Ok(false);
            }
            Kind::List => {}
        }
        let head = self.head(key);
        let fits = mine
            && head.get(1..LEASE) == change.seen.as_ref().map(|nonce| nonce.0.as_slice())
            && head.get(LEASE..LEASE + change.kind.len()) == Some(change.kind);
        if !fits {
            self.remove(key);
            return Ok(false);
        }
        let most = usize::try_from(change.cap).map_or(usize::MAX, |cap| cap.saturating_add(1));
        self.change(key, capacity, |structure| {
            if let Structure::List(list) = structure {
                list.push(change.item, most);
            }
        });
        Ok(true)
    }

    /// The first element of a list.
    pub(super) fn head(&mut self, key: &str) -> Vec<u8> {
        let slot = self.get(key);
        match slot.and_then(|slot| slot.structure.as_deref()) {
            Some(Structure::List(list)) => list.head().to_vec(),
            _ => Vec::new(),
        }
    }

    pub(super) fn stage_rows(
        &mut self,
        key: &str,
        lease: Nonce,
        (before, rows): (u64, &[(&str, f64)]),
        capacity: usize,
    ) -> bool {
        if !matches!(self.kind(key), Kind::Lease(nonce) if nonce == lease) {
            return false;
        }
        self.staged(key, || Structure::Ranked(Ranked::default()));
        let mut fits = false;
        self.change(key, capacity, |structure| {
            if let Structure::Ranked(ranked) = structure
                && ranked.staged == before
            {
                for (member, score) in rows {
                    ranked.put_new(member, *score);
                }
                ranked.staged += rows.len() as u64;
                fits = true;
            }
        });
        fits
    }

    pub(super) fn stage_items(
        &mut self,
        key: &str,
        lease: Nonce,
        (before, head, added): (u64, &[u8], &[Vec<u8>]),
        capacity: usize,
    ) -> bool {
        if !matches!(self.kind(key), Kind::Lease(nonce) if nonce == lease) {
            return false;
        }
        self.staged(key, || Structure::List(List::of(head)));
        let mut fits = false;
        self.change(key, capacity, |structure| {
            if let Structure::List(list) = structure {
                fits = list.len() == before && list.head() == head;
                if fits {
                    list.extend(added);
                }
            }
        });
        fits
    }

    pub(super) fn settle(&mut self, key: &str, settling: &Settling<'_>, capacity: usize) -> bool {
        if !matches!(self.kind(key), Kind::Lease(nonce) if nonce == settling.lease) {
            return false;
        }
        let Some(slot) = self.take(key) else {
            return false;
        };
        let life = (settling.life.map(Duration::from_millis), capacity);
        match slot.structure.map(|structure| *structure) {
            Some(Structure::Ranked(ranked)) if ranked.staged == settling.staged => {
                let is_empty = ranked.len() == 0;
                let structure = Structure::Ranked(ranked);
                if is_empty {
                    self.put(key, settling.head.to_vec(), life.0, capacity);
                } else {
                    self.put_structure(key, Vec::new(), structure, life);
                }
                true
            }
            Some(Structure::List(list)) if list.len() == settling.staged => {
                self.put_structure(key, Vec::new(), Structure::List(list), life);
                true
            }
            None if settling.staged == 0 && !settling.is_list => {
                debug_assert_eq!(settling.head.len(), HEADER, "an entry without a payload");
                self.put(key, settling.head.to_vec(), life.0, capacity);
                true
            }
            _ => false,
        }
    }
}
