//! What is asked of a ranking.

use super::member::{Member, parse};
use super::reading::Question;
use super::rows::{Ranked, Rows, score_of};
use crate::size::Size;
use crate::store::{self, Held, Reply, Structures};

/// What a row takes of a reply, as a guess.
const ROW: usize = 48;

pub(super) struct Top {
    pub(super) n: u64,
}

impl<M: Member> Question<Rows<M>> for Top {
    type Raw = Vec<store::Row>;
    type Answer = Vec<Ranked<M>>;

    fn ask<'a>(&'a self, store: &'a dyn Structures, key: &'a str) -> Reply<'a, Held<Self::Raw>> {
        let bytes = usize::try_from(self.n).unwrap_or(usize::MAX);
        let size = Size::of(bytes.saturating_mul(ROW));
        // One at least: a ranking that is there is told from one that is not by its rows.
        store.top(key, self.n.max(1), size)
    }

    fn read(&self, raw: Self::Raw) -> Option<Self::Answer> {
        ranked(
            0,
            raw.into_iter()
                .take(usize::try_from(self.n).unwrap_or(usize::MAX)),
        )
    }

    fn empty(&self) -> Option<Self::Answer> {
        Some(Vec::new())
    }

    fn of(&self, source: &Rows<M>) -> Self::Answer {
        source.slice(0, self.n)
    }
}

pub(super) struct At<'t> {
    pub(super) text: Option<&'t str>,
    pub(super) around: Option<u64>,
}

/// Where a member stands.
pub(super) struct Standing<M> {
    pub(super) members: u64,
    pub(super) found: Option<(u64, f64)>,
    pub(super) rows: Vec<Ranked<M>>,
}

impl<M: Member> Question<Rows<M>> for At<'_> {
    type Raw = store::Standing;
    type Answer = Standing<M>;

    fn ask<'a>(&'a self, store: &'a dyn Structures, key: &'a str) -> Reply<'a, Held<Self::Raw>> {
        store.standing(key, self.text, self.around)
    }

    fn read(&self, raw: Self::Raw) -> Option<Self::Answer> {
        Some(Standing {
            members: raw.members,
            found: raw.found,
            rows: ranked(raw.first, raw.rows.into_iter())?,
        })
    }

    fn empty(&self) -> Option<Self::Answer> {
        Some(Standing {
            members: 0,
            found: None,
            rows: Vec::new(),
        })
    }

    fn of(&self, source: &Rows<M>) -> Self::Answer {
        let found = self.text.and_then(|text| source.find(text));
        let rows = match (found, self.around) {
            (Some((rank, _)), Some(around)) => {
                let first = rank.saturating_sub(around);
                source.slice(first, rank.saturating_add(around).saturating_add(1) - first)
            }
            _ => Vec::new(),
        };
        Standing {
            members: source.len(),
            found,
            rows,
        }
    }
}

/// `None`: a member is none of this ranking's.
fn ranked<M: Member>(first: u64, rows: impl Iterator<Item = store::Row>) -> Option<Vec<Ranked<M>>> {
    let ranked = rows.zip(first..).map(|((member, score), rank)| {
        Some(Ranked {
            member: parse(&member)?,
            score: score_of(score)?,
            rank,
        })
    });
    ranked.collect()
}
