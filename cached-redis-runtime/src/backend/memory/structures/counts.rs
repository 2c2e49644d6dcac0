//! Counters, sets and windows.

use super::data::{Members, Structure};
use super::wrong_type;
use crate::backend::memory::State;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::store::{Admitted, Counting};
use core::time::Duration;

impl State {
    /// The number under a key.
    fn count(&mut self, key: &str) -> Result<Option<i64>, Error> {
        let Some(slot) = self.touch(key) else {
            return Ok(None);
        };
        if slot.is_structure() {
            return Err(wrong_type());
        }
        let text = core::str::from_utf8(&slot.bytes).ok();
        let count = text.and_then(|text| text.parse().ok());
        count.map(Some).ok_or_else(wrong_type)
    }

    /// Puts a number in place of another one, whose end it keeps.
    fn put_count(&mut self, key: &str, count: i64, life: Option<Duration>, capacity: usize) {
        let end = self.entries.get(key).and_then(|slot| slot.expires);
        self.put(key, count.to_string().into_bytes(), life, capacity);
        if let (Some(end), Some(slot)) = (end, self.entries.get_mut(key)) {
            slot.expires = Some(end);
        }
    }

    pub(super) fn add(
        &mut self,
        key: &str,
        by: i64,
        life: Option<Duration>,
        capacity: usize,
    ) -> Result<i64, Error> {
        let sum = self.count(key)?.unwrap_or(0).checked_add(by);
        let sum = sum.ok_or_else(|| {
            let message = "the counter would leave the range of a 64-bit integer";
            Error::new(ErrorKind::Overflow, message)
        })?;
        self.put_count(key, sum, life, capacity);
        Ok(sum)
    }

    pub(super) fn admit(
        &mut self,
        key: &str,
        limit: u64,
        window: Duration,
        capacity: usize,
    ) -> Result<Admitted, Error> {
        let count = self.count(key)?.unwrap_or(0);
        let allowed = u64::try_from(count).unwrap_or(0) < limit;
        let count = if allowed { count + 1 } else { count };
        self.put_count(key, count, Some(window), capacity);
        let end = self.entries.get(key).and_then(|slot| slot.expires);
        let left = end.map_or(window, |end| end.saturating_duration_since(clock::now()));
        Ok(Admitted {
            allowed,
            count: u64::try_from(count).unwrap_or(0),
            left,
        })
    }

    pub(super) fn include(
        &mut self,
        key: &str,
        how: Counting,
        member: &str,
        (life, capacity): (Option<Duration>, usize),
    ) -> Result<bool, Error> {
        if self.get(key).is_none() {
            let empty = match how {
                Counting::Exact => Structure::Set(Members::default()),
                Counting::Approximate => Structure::Estimate(Members::default()),
            };
            self.put_structure(key, Vec::new(), empty, (life, usize::MAX));
        }
        self.included(key, how)?;
        let mut new = false;
        self.change(key, capacity, |structure| {
            if let Structure::Set(members) | Structure::Estimate(members) = structure {
                new = members.insert(member);
            }
        });
        Ok(new)
    }

    pub(super) fn included(&mut self, key: &str, how: Counting) -> Result<u64, Error> {
        let Some(slot) = self.touch(key) else {
            return Ok(0);
        };
        match (how, slot.structure.as_deref()) {
            (Counting::Exact, Some(Structure::Set(members)))
            | (Counting::Approximate, Some(Structure::Estimate(members))) => Ok(members.len()),
            _ => Err(wrong_type()),
        }
    }
}
