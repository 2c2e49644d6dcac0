//! After a load: store, share, give back.

use bytes::Bytes;

use super::{Engine, Request, Ticket};
use crate::clock;
use crate::codec::{HEADER, Head, Nonce, State};
use crate::error::Error;
use crate::flight::Verdict;
use crate::observe::Count;
use crate::sync::spread;
use crate::ttl::Life;

/// What a load produced.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A value, encoded behind room for the header.
    Value(Vec<u8>),
    /// "Not found".
    Absent,
    /// A value that must not be stored, encoded likewise if somebody waits for it.
    Unstored(Option<Vec<u8>>),
    /// An error, or a value that cannot be encoded.
    Failed,
}

impl Engine {
    /// Ends a load that ran to its end.
    ///
    /// # Cancel safety
    /// The waiters have the value before the first await; a lease that was not filled is given back.
    pub(crate) async fn finish(
        &self,
        request: Request<'_>,
        ticket: Ticket,
        outcome: Outcome,
        cost_ms: u64,
    ) {
        let (bytes, life) = self.entry(request, outcome, cost_ms);
        match ticket {
            Ticket::Uncached => {}
            Ticket::Replace(nonce) => self.replace(request, nonce, bytes, life).await,
            Ticket::Lead(turn) => {
                let Some(mut bytes) = bytes else {
                    // Errors are not `Clone`: the next in line loads. With nobody in line the lease goes back now, so
                    // that the next caller can load at once.
                    if let Some(lease) = turn.take_alone() {
                        lease.release().await;
                    }
                    return;
                };
                stamp(&mut bytes, turn.nonce());
                let bytes = Bytes::from(bytes);
                let lease = turn.end(Verdict::Entry(bytes.clone()));
                match (lease, life) {
                    (Some(lease), Some(life)) => {
                        let filled = lease.fill(&bytes, life.millis()).await;
                        self.count_fill(request, filled);
                    }
                    (Some(lease), None) => lease.release().await,
                    (None, _) => {}
                }
                // Only now does the flight leave the table: until the entry has replaced the lease, callers who still
                // read the lease find the verdict instead of polling.
                drop(turn);
            }
        }
    }

    /// The entry's bytes without their nonce, and its life if it is to be stored.
    fn entry(
        &self,
        request: Request<'_>,
        outcome: Outcome,
        cost_ms: u64,
    ) -> (Option<Vec<u8>>, Option<Life>) {
        let lifetimes = request.lifetimes;
        let (state, bytes, life) = match outcome {
            Outcome::Failed => return (None, None),
            Outcome::Value(bytes) if bytes.len() <= self.settings.max_value_bytes => {
                (State::Value, Some(bytes), Some(lifetimes.for_value()))
            }
            Outcome::Value(_) => (State::Value, None, None),
            Outcome::Unstored(bytes) => (State::Value, bytes, None),
            Outcome::Absent => (State::Absent, Some(vec![0; HEADER]), lifetimes.for_none()),
        };
        let life = life.map(|life| life.jittered(request.site.jitter_share(), spread()));
        if life.is_none() {
            self.count(request.site, Count::Unstored);
        }
        let bytes = bytes.map(|mut bytes| {
            let head = Head {
                nonce: Nonce::ZERO,
                format: request.format.id(),
                flags: 0,
                fingerprint: request.fingerprint,
                written_at_ms: clock::unix_ms(),
                life_ms: life.and_then(Life::millis).unwrap_or(0),
                cost_ms: u16::try_from(cost_ms).unwrap_or(u16::MAX),
            };
            bytes[..HEADER].copy_from_slice(&head.write(state));
            bytes
        });
        (bytes, life)
    }

    /// Ends a forced reload.
    async fn replace(
        &self,
        request: Request<'_>,
        nonce: Nonce,
        bytes: Option<Vec<u8>>,
        life: Option<Life>,
    ) {
        match (bytes, life) {
            (Some(mut bytes), Some(life)) => {
                stamp(&mut bytes, Nonce::fresh());
                let filled = self
                    .store
                    .fill(request.key, nonce, &bytes, life.millis())
                    .await;
                self.count_fill(request, filled);
            }
            // The source has answered, and its answer is not to be stored: what is there is out of date.
            (Some(_), None) => {
                let keys = [request.key.to_owned()];
                self.delete(request.site, &keys).await.ok();
            }
            // The source failed: the old entry is better than none.
            (None, _) => {}
        }
    }

    fn count_fill(&self, request: Request<'_>, filled: Result<bool, Error>) {
        match filled {
            Ok(true) => self.count(request.site, Count::Fill),
            Ok(false) => self.count(request.site, Count::FillRejected),
            Err(error) => self.failed(request.site, &error),
        }
    }
}

fn stamp(entry: &mut [u8], nonce: Nonce) {
    entry[1..=16].copy_from_slice(&nonce.0);
}
