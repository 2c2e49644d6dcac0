//! What the keys of a batch hold.

use bytes::Bytes;

use super::{Search, State};
use crate::clock;
use crate::engine::plan::{ROUNDS, Seen};
use crate::engine::{EntryBytes, Hit, Reload, Ticket};
use crate::error::Error;
use crate::observe::Count;
use crate::size::Size;
use crate::store::{BATCH, BATCH_BYTES, Reply, Sighted, Store};

/// Only the first look is for an answer and nothing else.
fn sight<'a>(
    store: &'a dyn Store,
    keys: &'a [&'a str],
    size: Size,
    is_first: bool,
) -> Reply<'a, Vec<Result<Sighted, Error>>> {
    if is_first {
        return store.look_many(keys, size);
    }
    Box::pin(async move {
        let found = store.get_many(keys, size).await?.into_iter();
        Ok(found.map(|one| one.map(|bytes| (bytes, false))).collect())
    })
}

/// As many keys are read before the size of the values is known.
const FEW: usize = 50;

impl Search<'_> {
    /// Reads everything that is unknown.
    pub(super) async fn look(&mut self) -> Vec<(usize, Hit)> {
        let engine = self.engine;
        let mut hits = Vec::new();
        let unknown = self.unknown();
        if unknown.is_empty() {
            return hits;
        }
        // A clock is read here even for what may be a hit: several keys are looked at in several rounds.
        let is_first = self.patience.is_none();
        let patience = self.patience();
        let (mut began, mut failed) = (None, None);
        let size = self.batch.site.size();
        let (mut rest, mut length) = (&unknown[..], self.batch.site.expected_len());
        while !rest.is_empty() {
            // Of values whose size nobody knows yet, a few are read first.
            let most = BATCH_BYTES
                .checked_div(length)
                .map_or(FEW, |most| most.clamp(1, BATCH));
            let (some, later) = rest.split_at(most.min(rest.len()));
            rest = later;
            let keys = some.iter().map(|&at| self.batch.keys[at].as_str());
            let keys: Vec<&str> = keys.collect();
            let look = sight(&*engine.store, &keys, size, is_first && !self.forced);
            let found = match began {
                None if !is_first => patience.spend(look).await,
                // More keys than one command names have a deadline for each command. The first command needs no other:
                // its own is the same, and leaves what other servers have answered by then.
                _ => look.await,
            };
            began.get_or_insert_with(clock::now);
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    // What was found before is an answer; for the rest nothing more is asked of the store.
                    engine.uncached(self.batch.request(0), &error);
                    self.load_the_rest();
                    self.rounds = ROUNDS;
                    break;
                }
            };
            let lengths = found.iter().flatten();
            let lengths = lengths.filter_map(|(bytes, _)| bytes.as_ref().map(Vec::len));
            lengths.clone().for_each(|len| self.batch.site.saw(len));
            if let Some(mean) = lengths.clone().sum::<usize>().checked_div(lengths.count()) {
                length = mean;
                self.batch.site.encoded(mean);
            }
            for (&at, found) in some.iter().zip(found) {
                match found {
                    Ok(sighted) => hits.extend(self.see(at, sighted).map(|hit| (at, hit))),
                    // Other servers have their keys, and of its own each would say the same.
                    Err(error) => {
                        self.states[at] = State::Load(Ticket::Uncached);
                        failed.get_or_insert((at, error));
                    }
                }
            }
        }
        if let (Some(patience), Some(began)) = (&mut self.patience, began) {
            patience.stood(began);
        }
        if let Some((at, error)) = failed {
            engine.uncached(self.batch.request(at), &error);
        }
        hits
    }

    /// What is to be read; what the cache is not to be trusted with is loaded.
    fn unknown(&mut self) -> Vec<usize> {
        let mut unknown = Vec::new();
        for at in 0..self.states.len() {
            if !matches!(self.states[at], State::Unknown) {
                continue;
            }
            if self.engine.is_trusted(self.batch.request(at)) {
                unknown.push(at);
            } else {
                self.states[at] = State::Load(Ticket::Uncached);
            }
        }
        unknown
    }

    fn see(&mut self, at: usize, (bytes, secondhand): Sighted) -> Option<Hit> {
        let request = self.batch.request(at);
        let reload = if self.forced {
            Reload::Forced
        } else {
            Reload::No
        };
        if let Some(bytes) = bytes {
            if let Seen::Usable { absent } = self.engine.see(&bytes, request, reload) {
                self.states[at] = State::Answered;
                return Some(Hit {
                    bytes: EntryBytes::Own(bytes),
                    absent,
                    joined: self.waited,
                    sent: None,
                    secondhand,
                });
            }
            if secondhand {
                // To be looked at once more, where it is decided about.
                return None;
            }
            self.states[at] = State::Seen(Some(Bytes::from(bytes)), reload);
        } else {
            self.states[at] = State::Seen(None, reload);
        }
        if !self.forced && !self.waited {
            self.engine.count(request.site, Count::Miss);
        }
        None
    }
}
