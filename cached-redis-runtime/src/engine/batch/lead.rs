//! Who loads a batch: it is decided at the smallest missing key, and whoever has that claims the others.

use core::ops::ControlFlow;

use super::{Search, State};
use crate::codec::{Entry, Nonce, read};
use crate::engine::invalidate::outage;
use crate::engine::patience::Series;
use crate::engine::plan::{Seen, Way};
use crate::engine::{Admission, EntryBytes, Hit, Plan, Reload, Ticket};
use crate::error::{Error, ErrorKind};
use crate::lease::{self, Claim};
use crate::store::{BATCH, Expect};
use crate::sync::Arc;

impl Search<'_> {
    /// The smallest key that is neither found nor claimed.
    pub(super) fn first(&self) -> Option<usize> {
        let mut order = self.order.iter().copied();
        order.find(|&at| matches!(self.states[at], State::Seen(..)))
    }

    /// With `lock = false`: what others are loading is loaded along.
    pub(super) fn pass_leases(&mut self) {
        for state in &mut self.states {
            if let State::Seen(Some(bytes), Reload::No | Reload::Undecodable(_)) = state
                && matches!(read(bytes), Entry::Lease(_))
            {
                *state = State::Load(Ticket::Uncached);
            }
        }
    }

    /// Does for the smallest key what a call for it alone would do.
    pub(super) async fn lead(&mut self, first: usize) -> Result<Option<Hit>, Error> {
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

    pub(super) fn leads(&self, first: usize) -> bool {
        matches!(
            self.states[first],
            State::Load(Ticket::Lead(_) | Ticket::Replace(_))
        )
    }

    /// Claims the keys behind the first, without waiting for any.
    pub(super) async fn follow(&mut self) -> Vec<(usize, Hit)> {
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
                                sent: None,
                                secondhand: false,
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
        let store = &self.engine.store;
        let lease = self.engine.lease_of(self.batch.site);
        let family = &self.engine.counters(self.batch.site).shared();
        let later = wanted.split_off(wanted.len().min(BATCH));
        let (first, rest) = (wanted.len(), later.len());
        let mut patience = self.patience();
        let mut series = Series::of(&mut patience);
        let claims = async { Ok(lease::claim_many(store, wanted, lease, family).await) };
        let claims = series.spend(claims).await;
        let mut claims =
            claims.unwrap_or_else(|error| (0..first).map(|_| Err(error.clone())).collect());
        match outage(&claims) {
            // The next would fail as these did, and wait as long to find out.
            Some(error) => claims.extend((0..rest).map(|_| Err(error.clone()))),
            None if rest > 0 => claims.extend(lease::claim_many(store, later, lease, family).await),
            None => {}
        }
        drop(series);
        self.patience = Some(patience);
        claims
    }
}
