//! What a structure consists of, and what it costs.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::codec::Nonce;
use crate::store::Row;

/// What an element costs besides its bytes.
const OVERHEAD: usize = 64;

#[derive(Debug)]
pub(in crate::backend::memory) enum Structure {
    Ranked(Ranked),
    List(List),
    Set(Members),
    /// In place of `HyperLogLog`: exact.
    Estimate(Members),
}

impl Structure {
    pub(in crate::backend::memory) fn cost(&self) -> usize {
        match self {
            Self::Ranked(ranked) => ranked.bytes,
            Self::List(list) => list.bytes,
            Self::Set(members) | Self::Estimate(members) => members.bytes,
        }
    }
}

/// Elements from the front, the first of which is a header.
#[derive(Debug, Default)]
pub(in crate::backend::memory) struct List {
    items: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl List {
    pub(super) fn of(head: &[u8]) -> Self {
        let mut list = Self::default();
        list.extend(&[head.to_vec()]);
        list
    }

    pub(super) fn extend(&mut self, items: &[Vec<u8>]) {
        self.bytes += items
            .iter()
            .map(|item| item.len() + OVERHEAD)
            .sum::<usize>();
        self.items.extend(items.iter().cloned());
    }

    /// Puts an item behind the header, and takes away what is beyond so many elements.
    pub(super) fn push(&mut self, item: &[u8], most: usize) {
        self.bytes += item.len() + OVERHEAD;
        self.items.insert(1, item.to_vec());
        while self.items.len() > most {
            let last = self.items.pop_back();
            self.bytes -= last.map_or(0, |item| item.len() + OVERHEAD);
        }
    }

    pub(super) fn head(&self) -> &[u8] {
        self.items.front().map_or(&[], Vec::as_slice)
    }

    pub(super) fn first(&self, n: usize) -> Vec<Vec<u8>> {
        self.items.iter().take(n).cloned().collect()
    }

    /// How many there are behind the header.
    pub(super) fn len(&self) -> u64 {
        self.items.len() as u64 - 1
    }
}

#[derive(Debug, Default)]
pub(in crate::backend::memory) struct Members {
    members: HashSet<String>,
    bytes: usize,
}

impl Members {
    pub(super) fn insert(&mut self, member: &str) -> bool {
        let new = self.members.insert(member.to_owned());
        self.bytes += if new { member.len() + OVERHEAD } else { 0 };
        new
    }

    pub(super) fn len(&self) -> u64 {
        self.members.len() as u64
    }
}

/// Members by score, and of equal scores by their bytes, as Redis has them.
#[derive(Debug, Default)]
pub(in crate::backend::memory) struct Ranked {
    scores: HashMap<String, f64>,
    order: BTreeSet<Place>,
    bytes: usize,
    /// While it is being built: how many rows were staged.
    pub(super) staged: u64,
}

#[derive(Debug, PartialEq)]
struct Place(f64, String);

impl Eq for Place {}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        // No score is NaN, and none is -0.
        self.0
            .total_cmp(&other.0)
            .then_with(|| self.1.cmp(&other.1))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ranked {
    pub(super) fn put(&mut self, member: &str, score: f64) {
        self.remove(member);
        // Zero has one sign here.
        let score = score + 0.0;
        self.scores.insert(member.to_owned(), score);
        self.order.insert(Place(score, member.to_owned()));
        self.bytes += 2 * (member.len() + OVERHEAD);
    }

    pub(super) fn put_new(&mut self, member: &str, score: f64) {
        if !self.scores.contains_key(member) {
            self.put(member, score);
        }
    }

    pub(super) fn remove(&mut self, member: &str) {
        if let Some(score) = self.scores.remove(member) {
            self.order.remove(&Place(score, member.to_owned()));
            self.bytes -= 2 * (member.len() + OVERHEAD);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.scores.len() as u64
    }

    /// Its rank from above, and its score. Counts those above it.
    pub(super) fn find(&self, member: &str) -> Option<(u64, f64)> {
        let score = *self.scores.get(member)?;
        let above = self.order.range(Place(score, member.to_owned())..);
        Some((above.count() as u64 - 1, score))
    }

    /// So many from this rank on.
    pub(super) fn rows(&self, first: u64, n: u64) -> Vec<Row> {
        let place = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let rows = self.order.iter().rev().skip(place(first)).take(place(n));
        let rows = rows.map(|Place(score, member)| (member.as_bytes().to_vec(), *score));
        rows.collect()
    }
}

/// Those who have begun to write a structure and not ended.
#[derive(Debug, Default)]
pub(super) struct Writers {
    tokens: HashSet<[u8; 16]>,
    members: HashMap<String, Nonce>,
}

impl Writers {
    pub(super) fn begin(&mut self, token: Nonce, member: Option<&str>) {
        self.tokens.insert(token.0);
        if let Some(member) = member {
            self.members.insert(member.to_owned(), token);
        }
    }

    /// Takes a writer out. Says whether he was there.
    pub(super) fn end(&mut self, token: Nonce) -> bool {
        self.tokens.remove(&token.0)
    }

    /// Takes out whoever was the last to begin to write this member. Says whether it was this one.
    pub(super) fn end_member(&mut self, member: &str, token: Nonce) -> bool {
        self.members.remove(member) == Some(token)
    }

    pub(super) fn withdraw_member(&mut self, member: &str, token: Nonce) {
        if self.members.get(member) == Some(&token) {
            self.members.remove(member);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.members.is_empty()
    }
}
