//! Putting what the source said in the place of a lease: in parts, and visible at once when all are there.

use core::mem;
use core::time::Duration;

use super::super::Engine;
use super::super::patience::{Patience, see_off};
use super::Place;
use crate::clock;
use crate::codec::{Head, Nonce, State};
use crate::error::Error;
use crate::lease::Lease;
use crate::observe::Count;
use crate::store::{BATCH, BATCH_BYTES, Names, Settling};
use crate::sync::{Arc, spread};
use crate::ttl::Life;

/// By how much at most a structure's life is shortened.
const JITTER: f64 = 0.1;

/// How long changes are kept for a ranking whose source has not answered yet; of one that takes longer nothing is stored. Of one
/// that was given up this is what stays.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// What is to be stored.
#[derive(Debug)]
pub(crate) enum Built {
    /// Members and scores.
    Ranking(Vec<(String, f64)>),
    /// Items, the first of which is the newest, written in a format by somebody who reads them by this fingerprint.
    List {
        items: Vec<Vec<u8>>,
        format: u8,
        fingerprint: u64,
    },
}

impl Built {
    /// So many elements fit into one command.
    fn lengths(&self) -> Vec<usize> {
        match self {
            Self::Ranking(rows) => rows.iter().map(|(member, _)| member.len() + 16).collect(),
            Self::List { items, .. } => items.iter().map(Vec::len).collect(),
        }
    }

    /// The header that stands in front of a list, or alone for a ranking without rows.
    fn head(&self, life: Life) -> Vec<u8> {
        let (state, format, fingerprint) = match self {
            Self::Ranking(_) => (State::Absent, 0, 0),
            Self::List {
                format,
                fingerprint,
                ..
            } => (State::Value, *format, *fingerprint),
        };
        let head = Head {
            nonce: Nonce::fresh(),
            format,
            flags: 0,
            fingerprint,
            written_at_ms: clock::unix_ms(),
            life_ms: life.millis().unwrap_or(0),
            cost_ms: 0,
        };
        head.write(state).to_vec()
    }
}

impl Engine {
    /// Lets a ranking be built under `lease`, before its source is asked. `None`: nothing can be stored.
    ///
    /// # Cancel safety
    /// The lease is given back in the background.
    pub(crate) async fn begin_ranking(
        &self,
        place: &Place,
        lease: Lease,
        patience: &Patience,
    ) -> Option<Lease> {
        let (_, nonce) = lease.name();
        let begun = self
            .structures()
            .stage_rows(place.names()?, (nonce, KEPT), 0, &[]);
        let begun = self.hear(place, patience, begun).await;
        begun.is_ok_and(|begun| begun).then_some(lease)
    }

    /// Stores what was built under `lease`. What the store has not answered when there is no patience left goes on in the
    /// background. Must be called in a runtime.
    pub(crate) async fn build(
        self: &Arc<Self>,
        place: &Arc<Place>,
        lease: Lease,
        (built, life): (Built, Life),
        patience: &Patience,
    ) {
        let (engine, place) = (Arc::clone(self), Arc::clone(place));
        let building = async move {
            let life = life.jittered(JITTER, spread());
            match engine.put(&place, &lease, &built, life).await {
                Ok(true) => {
                    lease.filled();
                    place.count(Count::Fill);
                }
                // It may be there still, if a part of what was staged is not: nobody is to wait for it.
                Ok(false) => {
                    lease.release().await;
                    place.count(Count::FillRejected);
                }
                // The lease is given back.
                Err(error) => engine.trouble(&place, &error),
            }
        };
        see_off(patience.left(), building).await;
    }

    async fn put(
        &self,
        place: &Place,
        lease: &Lease,
        built: &Built,
        life: Life,
    ) -> Result<bool, Error> {
        let Some(names) = place.names() else {
            return Ok(false);
        };
        let (_, nonce) = lease.name();
        let head = built.head(life);
        let lengths = built.lengths();
        let mut staged = 0;
        // A list without items is there as well.
        let parts = parts(&lengths, matches!(built, Built::List { .. }));
        for part in parts {
            let end = staged + part;
            let part = staged..end;
            if !self.stage(names, nonce, built, (&head, part)).await? {
                return Ok(false);
            }
            staged = end;
        }
        let settling = Settling {
            lease: nonce,
            staged: staged as u64,
            life: life.millis(),
            head: &head,
            is_list: matches!(built, Built::List { .. }),
        };
        self.structures().settle(names, settling).await
    }

    async fn stage(
        &self,
        names: Names<'_>,
        nonce: Nonce,
        built: &Built,
        (head, part): (&[u8], core::ops::Range<usize>),
    ) -> Result<bool, Error> {
        let lease = (nonce, self.settings.lease);
        let before = part.start as u64;
        match built {
            Built::Ranking(rows) => {
                let rows: Vec<_> = rows[part]
                    .iter()
                    .map(|(member, score)| (member.as_str(), *score))
                    .collect();
                let store = self.structures();
                store.stage_rows(names, lease, before, &rows).await
            }
            Built::List { items, .. } => {
                let (store, items) = (self.structures(), &items[part]);
                store.stage_items(names, lease, (before, head), items).await
            }
        }
    }
}

/// How many elements each command has.
fn parts(lengths: &[usize], at_least_one: bool) -> Vec<usize> {
    let (mut parts, mut count, mut bytes) = (Vec::new(), 0, 0);
    for length in lengths {
        if count == BATCH || (count > 0 && bytes + length > BATCH_BYTES) {
            parts.push(mem::take(&mut count));
            bytes = 0;
        }
        count += 1;
        bytes += length;
    }
    if count > 0 || (parts.is_empty() && at_least_one) {
        parts.push(count);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_few_elements_and_few_bytes() {
        assert_eq!(parts(&[], false), [0; 0]);
        assert_eq!(parts(&[], true), [0]);
        assert_eq!(parts(&[1; 1001], true), [500, 500, 1]);
        assert_eq!(parts(&[BATCH_BYTES + 1, 1, 1], true), [1, 2]);
    }
}
