//! One call for several keys: one look at all of them, one body for those that are missing, each filled under its own
//! lease.
//!
//! Who loads is decided at the smallest missing key, exactly as for a single one; whoever has it claims the others as
//! well. So of many equal batches one loads, and the rest wait for it holding nothing: nobody waits while he has a
//! lease, hence no two batches wait for each other. A key that turns out to be under way elsewhere is loaded along and
//! not stored, because the body runs once and its rows cost less together than another round.

mod finish;

use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::invalidate::outage;
use super::patience::{Left, Patience, Series};
use super::plan::{ROUNDS, Seen, Way, no_runtime};
use super::{Admission, Engine, EntryBytes, Hit, Plan, Reload, Request, Ticket};
use crate::clock;
use crate::codec::{Entry, Format, Nonce, read};
use crate::error::{Error, ErrorKind};
use crate::lease::{self, Claim};
use crate::observe::Count;
use crate::site::{LoadPermit, Site};
use crate::store::{BATCH, BATCH_BYTES, Expect};
use crate::sync::Arc;
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

/// As many keys are read before the size of the values is known.
const FEW: usize = 50;

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

    /// Reads everything that is unknown.
    async fn look(&mut self) -> Vec<(usize, Hit)> {
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
            let look = engine.store.get_many(&keys);
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
            let lengths = found.iter().flatten().flatten().map(Vec::len);
            if let Some(mean) = lengths.clone().sum::<usize>().checked_div(lengths.count()) {
                length = mean;
                self.batch.site.encoded(mean);
            }
            for (&at, found) in some.iter().zip(found) {
                match found {
                    Ok(bytes) => hits.extend(self.see(at, bytes).map(|hit| (at, hit))),
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

    fn see(&mut self, at: usize, bytes: Option<Vec<u8>>) -> Option<Hit> {
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
                });
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

    /// The smallest key that is neither found nor claimed.
    fn first(&self) -> Option<usize> {
        let mut order = self.order.iter().copied();
        order.find(|&at| matches!(self.states[at], State::Seen(..)))
    }

    /// Does for the smallest key what a call for it alone would do.
    async fn lead(&mut self, first: usize) -> Result<Option<Hit>, Error> {
        let (engine, key) = (self.engine, Arc::from(self.batch.keys[first].as_str()));
        let mut patience = self.patience();
        let State::Seen(bytes, reload) = &self.states[first] else {
            return Ok(None);
        };
        let (bytes, reload) = (bytes.clone(), *reload);
        let request = self.batch.request(first);
        let is_lease = matches!(bytes.as_deref().map(read), Some(Entry::Lease(_)));
        let stepped = engine
            .step(request, reload, &key, bytes, &mut patience)
            .await;
        self.patience = Some(patience);
        match stepped {
            Ok(ControlFlow::Break(Plan::Hit(hit))) => {
                self.states[first] = State::Answered;
                self.look_again();
                return Ok(Some(hit));
            }
            Ok(ControlFlow::Break(plan)) => {
                self.states[first] = State::Load(match plan {
                    Plan::Load(ticket) => ticket,
                    // A round is for one key; the body of a batch runs for several.
                    Plan::Hit(_) | Plan::Round(_) => Ticket::Uncached,
                });
                if self.leads(first) {
                    // Its flight has the permit.
                    self.batch.admission = Admission::Free;
                }
                if is_lease && self.leads(first) {
                    // Taken over: whoever loaded the first key had probably claimed the rest, and gives that back.
                    self.look_again();
                } else if is_lease && patience.has_ended() {
                    self.load_the_rest();
                }
            }
            Ok(ControlFlow::Continue(bytes)) => {
                if is_lease {
                    self.look_again();
                }
                self.states[first] = State::Seen(bytes, reload);
            }
            // A key of another Redis type says nothing about the others.
            Err(error) if error.kind() == ErrorKind::WrongType => {
                self.states[first] = State::Load(engine.uncached(request, &error));
            }
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    fn leads(&self, first: usize) -> bool {
        matches!(
            self.states[first],
            State::Load(Ticket::Lead(_) | Ticket::Replace(_))
        )
    }

    /// Claims the keys behind the first, without waiting for any.
    async fn follow(&mut self) -> Vec<(usize, Hit)> {
        let engine = self.engine;
        let (mut places, mut turns, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..self.states.len() {
            let State::Seen(bytes, reload) = &mut self.states[at] else {
                continue;
            };
            let (bytes, reload) = (bytes.take(), *reload);
            match engine.way(self.batch.request(at), reload, bytes) {
                Way::Plan(Plan::Load(ticket)) => self.states[at] = State::Load(ticket),
                Way::Plan(Plan::Hit(_) | Plan::Round(_)) | Way::Guarded | Way::Wait(_) => {
                    self.states[at] = State::Load(Ticket::Uncached);
                }
                Way::Claim(expect) => {
                    let key = Arc::from(self.batch.keys[at].as_str());
                    let nonce = Nonce::fresh();
                    places.push(at);
                    turns.push(engine.flights.open(&key, nonce));
                    wanted.push((key, expect, nonce));
                }
            }
        }
        let claims = self.claim_all(wanted).await;
        let mut hits = Vec::new();
        for ((at, turn), claim) in places.into_iter().zip(turns).zip(claims) {
            let request = self.batch.request(at);
            let ticket = match claim {
                Ok(Claim::Mine(lease)) => {
                    turn.arm(lease);
                    Ticket::Lead(turn)
                }
                Ok(Claim::Other(bytes)) => {
                    if let Seen::Usable { absent } = engine.see(&bytes, request, Reload::No)
                        && !self.forced
                    {
                        let bytes = EntryBytes::Own(bytes);
                        self.states[at] = State::Answered;
                        hits.push((
                            at,
                            Hit {
                                bytes,
                                absent,
                                joined: true,
                            },
                        ));
                        continue;
                    }
                    Ticket::Uncached
                }
                Err(error) => engine.uncached(request, &error),
            };
            self.states[at] = State::Load(ticket);
        }
        hits
    }

    async fn claim_all(
        &mut self,
        mut wanted: Vec<(Arc<str>, Expect, Nonce)>,
    ) -> Vec<Result<Claim, Error>> {
        let (store, lease) = (&self.engine.store, self.engine.settings.lease);
        let later = wanted.split_off(wanted.len().min(BATCH));
        let (first, rest) = (wanted.len(), later.len());
        let mut patience = self.patience();
        let mut series = Series::of(&mut patience);
        let claims = async { Ok(lease::claim_many(store, wanted, lease).await) };
        let claims = series.spend(claims).await;
        let mut claims =
            claims.unwrap_or_else(|error| (0..first).map(|_| Err(error.clone())).collect());
        match outage(&claims) {
            // The next would fail as these did, and wait as long to find out.
            Some(error) => claims.extend((0..rest).map(|_| Err(error.clone()))),
            None if rest > 0 => claims.extend(lease::claim_many(store, later, lease).await),
            None => {}
        }
        drop(series);
        self.patience = Some(patience);
        claims
    }

    fn patience(&mut self) -> Patience {
        let settings = &self.engine.settings;
        *self.patience.get_or_insert_with(|| Patience::new(settings))
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
