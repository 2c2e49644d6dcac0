//! One call for several keys: one look at all of them, one body for those that are missing, each filled under its own
//! lease.
//!
//! Who loads is decided at the smallest missing key, exactly as for a single one; whoever has it claims the others as
//! well. So of many equal batches one loads, and the rest wait for it holding nothing: nobody waits while he has a
//! lease, hence no two batches wait for each other. A key that turns out to be under way elsewhere is loaded along and
//! not stored, because the body runs once and its rows cost less together than another round.

mod finish;
mod lead;
mod look;

use core::future::Future;
use core::pin::Pin;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::patience::{Left, Patience};
use super::plan::{ROUNDS, no_runtime};
use super::{Admission, Engine, EntryBytes, Hit, Reload, Request, Ticket};
use crate::codec::{Entry, Format, read};
use crate::error::Error;
use crate::site::{LoadPermit, Site};
use crate::ttl::Lifetimes;

/// One call of a function that reads several keys, as the protocol sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) site: &'static Site,
    /// Each once, but for those that are loaded along from the start.
    pub(crate) keys: &'a [String],
    pub(crate) lifetimes: Lifetimes,
    pub(crate) format: Format,
    pub(crate) fingerprint: u64,
    pub(crate) admission: Admission,
}

impl<'a> Batch<'a> {
    fn request(&self, at: usize) -> Request<'a> {
        Request {
            site: self.site,
            key: &self.keys[at],
            lifetimes: self.lifetimes,
            format: self.format,
            fingerprint: self.fingerprint,
            admission: self.admission,
        }
    }
}

/// Where the search for one key stands.
#[derive(Debug)]
enum State {
    /// To be looked at.
    Unknown,
    /// The key held this, and no answer for this call.
    Seen(Option<Bytes>, Reload),
    /// This call loads it.
    Load(Ticket),
    Answered,
}

/// The search for the keys of one batch. Keys are named by their places.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    engine: &'a Engine,
    batch: Batch<'a>,
    states: Vec<State>,
    /// The places in the order of their keys, which is the same for everybody.
    order: Vec<usize>,
    forced: bool,
    /// Whatever is not found is loaded and not stored.
    read_only: bool,
    waited: bool,
    rounds: u32,
    /// From the first look on.
    patience: Option<Patience>,
    /// The one that the body needs, unless the flight of the first key has it.
    permit: Option<LoadPermit>,
}

/// What a search came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// Entries for these places; the search goes on for the rest.
    Hits(Vec<(usize, Hit)>),
    /// Nothing more is to be found: load these.
    Load(Vec<(usize, Ticket)>),
}

impl Engine {
    pub(crate) fn search<'a>(&'a self, batch: Batch<'a>, reload: Reload) -> Search<'a> {
        let mut order: Vec<_> = (0..batch.keys.len()).collect();
        order.sort_unstable_by_key(|&at| &batch.keys[at]);
        let mut search = Search {
            engine: self,
            batch,
            states: Vec::new(),
            order,
            forced: reload == Reload::Forced,
            read_only: false,
            waited: false,
            rounds: 0,
            patience: None,
            permit: None,
        };
        search
            .states
            .resize_with(batch.keys.len(), || State::Unknown);
        search
    }
}

impl Search<'_> {
    /// Whatever is not found is loaded and not stored.
    pub(crate) fn stores_nothing(&mut self) {
        self.read_only = true;
    }

    /// This key is loaded and not stored, whatever it holds.
    pub(crate) fn load_along(&mut self, at: usize) {
        self.states[at] = State::Load(Ticket::Uncached);
    }

    /// Goes on to the next answer. Boxed, so that it has no room in the caller's future.
    ///
    /// # Cancel safety
    /// Dropped, the search gives back what it claimed, and turns go to the next in line.
    pub(crate) fn step(&mut self) -> Pin<Box<dyn Future<Output = Step> + Send + '_>> {
        Box::pin(self.next_answer())
    }

    async fn next_answer(&mut self) -> Step {
        if self.forced && !self.states.is_empty() {
            // Its body runs whatever is found, so it stands in line before it looks, while it holds nothing.
            self.admit().await;
        }
        while self.rounds < ROUNDS {
            self.rounds += 1;
            match self.round().await {
                Ok(hits) if hits.is_empty() => {}
                Ok(hits) => return Step::Hits(hits),
                Err(error) => {
                    let first = self.batch.request(0);
                    self.engine.uncached(first, &error);
                    self.load_the_rest();
                }
            }
            if self.is_settled() {
                break;
            }
        }
        self.load_the_rest();
        if !self
            .states
            .iter()
            .all(|state| matches!(state, State::Answered))
        {
            self.admit().await;
        }
        Step::Load(self.loads())
    }

    /// Takes the one permit for the body, if the search has none. Without one it has claimed nothing yet.
    async fn admit(&mut self) {
        if self.batch.admission != Admission::Free {
            self.permit = self.engine.permit(self.batch.request(0)).await;
            self.batch.admission = Admission::Free;
        }
    }

    /// What [`admit`](Self::admit) took, and how long the call may still wait for the store.
    pub(crate) fn end(self) -> (Option<LoadPermit>, Left) {
        let left = self.patience.map(|patience| patience.left());
        (self.permit, left.unwrap_or(Left::NOTHING))
    }

    /// The entry at this place did not decode: it is replaced, or if another call has only just made it, loaded along.
    pub(crate) fn undecodable(&mut self, at: usize, hit: Hit) {
        if hit.secondhand {
            self.states[at] = State::Unknown;
            return;
        }
        let nonce = match read(&hit.bytes) {
            Entry::Value { head, .. } | Entry::Absent { head } if !hit.joined => head.nonce,
            _ => {
                self.states[at] = State::Load(Ticket::Uncached);
                return;
            }
        };
        let bytes = match hit.bytes {
            EntryBytes::Own(bytes) => Bytes::from(bytes),
            EntryBytes::Shared(bytes) => bytes,
        };
        self.states[at] = State::Seen(Some(bytes), Reload::Undecodable(nonce));
    }

    /// One round: a look, or else the decision who loads.
    async fn round(&mut self) -> Result<Vec<(usize, Hit)>, Error> {
        let hits = self.look().await;
        if !hits.is_empty() {
            return Ok(hits);
        }
        if self.read_only {
            self.load_the_rest();
        }
        if Handle::try_current().is_err() && !self.is_settled() {
            drop(no_runtime(self.batch.site));
            self.load_the_rest();
        }
        if !self.batch.site.lock().waits() {
            self.pass_leases();
        }
        let Some(first) = self.first() else {
            return Ok(Vec::new());
        };
        match self.lead(first).await? {
            Some(hit) => Ok(vec![(first, hit)]),
            None if self.leads(first) => {
                let mut hits = self.look().await;
                hits.extend(self.follow().await);
                Ok(hits)
            }
            None => Ok(Vec::new()),
        }
    }

    fn patience(&mut self) -> Patience {
        let (engine, site) = (self.engine, self.batch.site);
        let new = || Patience::since(&engine.settings, engine.wait_of(site), None);
        *self.patience.get_or_insert_with(new)
    }

    /// Another call has answered for the first key, and probably for the rest.
    fn look_again(&mut self) {
        self.waited = true;
        for state in &mut self.states {
            if matches!(state, State::Seen(_, Reload::No)) {
                *state = State::Unknown;
            }
        }
    }

    fn load_the_rest(&mut self) {
        for state in &mut self.states {
            if matches!(state, State::Unknown | State::Seen(..)) {
                *state = State::Load(Ticket::Uncached);
            }
        }
    }

    fn is_settled(&self) -> bool {
        let mut states = self.states.iter();
        states.all(|state| matches!(state, State::Load(_) | State::Answered))
    }

    fn loads(&mut self) -> Vec<(usize, Ticket)> {
        let states = self.states.iter_mut().enumerate();
        let loads =
            states.filter_map(
                |(at, state)| match core::mem::replace(state, State::Answered) {
                    State::Load(ticket) => Some((at, ticket)),
                    _ => None,
                },
            );
        loads.collect()
    }
}
