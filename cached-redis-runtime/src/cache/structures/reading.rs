//! A read of a structure that has a source: from Redis, or from the source, which is asked once for all who wait.

use core::any::TypeId;
use core::future::Future;
use core::pin::Pin;

use super::super::context::{Context, Served};
use super::handle::Handle;
use crate::engine::{Built, Engine, Patience, Said, Seen, Shared, Taken, seen};
use crate::error::ErrorKind;
use crate::lease::Lease;
use crate::observe::{Count, Trace};
use crate::store::{Expect, Held, Reply, Structures};
use crate::sync::Arc;

pub(super) type Loading<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What is asked of a structure whose source says an `S`.
pub(super) trait Question<S> {
    type Raw;
    type Answer;

    fn ask<'a>(&'a self, store: &'a dyn Structures, key: &'a str) -> Reply<'a, Held<Self::Raw>>;

    /// The answer by what stands in Redis. `None`: it is not what this structure consists of.
    fn read(&self, raw: Self::Raw) -> Option<Self::Answer>;

    /// The answer by what marks an empty structure. `None`: this one has no such mark.
    fn empty(&self) -> Option<Self::Answer>;

    /// The answer by what the source says.
    fn of(&self, source: &S) -> Self::Answer;
}

/// How a structure is read.
pub(super) struct Reading<'a, S, E> {
    pub(super) handle: &'a Handle,
    pub(super) load: &'a (dyn Fn() -> Loading<Result<S, E>> + Send + Sync),
    /// What is stored of what the source says. `None`: it cannot be.
    pub(super) build: &'a (dyn Fn(&S) -> Option<Built> + Send + Sync),
    /// Whether changes that come meanwhile go to what is being built.
    pub(super) takes_changes: bool,
}

/// What is to be done next by who found no answer.
enum Next {
    Claim(Expect),
    /// Another process builds it.
    Wait,
    /// To ask the source, and store nothing.
    Source,
}

impl<S, E> Reading<'_, S, E>
where
    S: Send + Sync + 'static,
{
    pub(super) async fn answer<Q: Question<S>>(&self, question: Q) -> Result<Q::Answer, E> {
        let context = Context::current();
        if !self.handle.is_open(&context) {
            return self.alone(&question, &context, Served::Bypassed).await;
        }
        let patience = self.handle.engine().patience();
        let next = match self.look(&question, &patience).await {
            Ok(answer) => {
                self.handle.place.count(Count::Hit);
                context.report(Served::Hit);
                return Ok(answer);
            }
            Err(next) => next,
        };
        self.handle.place.count(Count::Miss);
        if context.transaction().is_some() {
            // What it reads may be rolled back.
            return self.alone(&question, &context, Served::Bypassed).await;
        }
        Box::pin(self.shared(question, &context, next, patience)).await
    }

    /// Looks at what stands in Redis.
    async fn look<Q: Question<S>>(
        &self,
        question: &Q,
        patience: &Patience,
    ) -> Result<Q::Answer, Next> {
        let (engine, place) = (self.handle.engine(), &self.handle.place);
        let asked = question.ask(engine.structures(), place.key());
        let Ok(held) = engine.hear(place, patience, asked).await else {
            return Err(Next::Source);
        };
        match seen(held) {
            Seen::Data(raw) => {
                if let Some(answer) = question.read(raw) {
                    return Ok(answer);
                }
                place.count(Count::Mismatch);
                match engine.delete_place(place, patience).await {
                    // A failure has been counted, and the deletion will be made good. Until then nothing else comes of looking.
                    Err(error) if error.kind() != ErrorKind::Unconfirmed => Err(Next::Source),
                    _ => Err(Next::Claim(Expect::Missing)),
                }
            }
            other => self.read(question, other),
        }
    }

    fn read<Q: Question<S>, T>(&self, question: &Q, seen: Seen<T>) -> Result<Q::Answer, Next> {
        Err(match seen {
            Seen::Empty(nonce) => match question.empty() {
                Some(answer) => return Ok(answer),
                None => Next::Claim(Expect::Nonce(nonce)),
            },
            Seen::Leased => Next::Wait,
            Seen::Guarded | Seen::Data(_) => Next::Source,
            Seen::Missing(expect) => {
                if matches!(expect, Expect::Foreign { .. }) {
                    self.handle.place.count(Count::Foreign);
                }
                Next::Claim(expect)
            }
        })
    }

    /// Waits for its turn, or for what the source tells another.
    async fn shared<Q: Question<S>>(
        &self,
        question: Q,
        context: &Context,
        mut next: Next,
        mut patience: Patience,
    ) -> Result<Q::Answer, E> {
        let (engine, place) = (self.handle.engine(), &self.handle.place);
        let end = engine.end_of_wait();
        loop {
            match engine.share(place, TypeId::of::<S>(), end).await {
                Shared::Said(said) => {
                    if let Ok(source) = said.downcast::<S>() {
                        place.count(Count::Joined);
                        context.report(Served::Joined);
                        return Ok(question.of(&source));
                    }
                    break;
                }
                Shared::Head(mut head) => {
                    let led = self.lead(&question, &mut next, (&mut patience, end)).await;
                    return match led {
                        Led::Answer(answer) => {
                            // They find it there as well.
                            head.disband();
                            place.count(Count::Joined);
                            context.report(Served::Joined);
                            Ok(answer)
                        }
                        Led::Source(lease) => {
                            head.begin();
                            let is_ours = lease.is_some();
                            let source = self.ask_source(lease, &patience, |said| head.end(said));
                            let answer = question.of(&*source.await?);
                            context.report(if is_ours {
                                Served::Miss
                            } else {
                                Served::Uncached
                            });
                            Ok(answer)
                        }
                    };
                }
                Shared::Disbanded if !Engine::has_ended(end) => {
                    patience = engine.patience();
                    match self.look(&question, &patience).await {
                        Ok(answer) => {
                            place.count(Count::Joined);
                            context.report(Served::Joined);
                            return Ok(answer);
                        }
                        Err(other) => next = other,
                    }
                }
                Shared::Disbanded | Shared::TooLong => {
                    place.count(Count::WaitExpired);
                    break;
                }
            }
        }
        self.alone(&question, context, Served::Uncached).await
    }

    /// Finds an answer, or the right to store what the source says, or out that there is neither.
    async fn lead<Q: Question<S>>(
        &self,
        question: &Q,
        next: &mut Next,
        (patience, end): (&mut Patience, Moment),
    ) -> Led<Q::Answer> {
        let (engine, place) = (self.handle.engine(), &self.handle.place);
        let (mut turn, mut waiting) = (0, None);
        loop {
            let found = match core::mem::replace(next, Next::Source) {
                Next::Source => return Led::Source(None),
                Next::Claim(expect) => match engine.take(place, expect, patience).await {
                    Err(_) => return Led::Source(None),
                    Ok(Taken::Lease(lease)) if self.takes_changes => {
                        return Led::Source(engine.begin_ranking(place, lease, patience).await);
                    }
                    Ok(Taken::Lease(lease)) => return Led::Source(Some(lease)),
                    Ok(Taken::Structure) => self.look(question, patience).await,
                    Ok(Taken::Text(seen)) => self.read(question, seen),
                },
                Next::Wait if Engine::has_ended(end) => {
                    place.count(Count::WaitExpired);
                    return Led::Source(None);
                }
                Next::Wait => {
                    waiting.get_or_insert_with(|| place.waiting());
                    Engine::rest(patience, turn).await;
                    turn += 1;
                    self.look(question, patience).await
                }
            };
            match found {
                Ok(answer) => return Led::Answer(answer),
                Err(other) => *next = other,
            }
        }
    }

    /// Runs the source, tells the others what it says, and stores it if there is the right to.
    async fn ask_source(
        &self,
        lease: Option<Lease>,
        patience: &Patience,
        tell: impl FnOnce(Said),
    ) -> Result<Arc<S>, E> {
        let (engine, place) = (self.handle.engine(), &self.handle.place);
        // What the source takes is not the store's doing.
        let left = patience.left();
        let source = self.load().await;
        let patience = engine.patience_of_rest(left);
        let source = match source {
            Ok(source) => Arc::new(source),
            Err(error) => {
                if let Some(lease) = lease {
                    engine.give_back(lease, &patience).await;
                }
                return Err(error);
            }
        };
        tell(Arc::clone(&source) as Said);
        let Some(lease) = lease else {
            return Ok(source);
        };
        if let Some(built) = (self.build)(&source) {
            let built = (built, self.handle.life);
            engine.build(place, lease, built, &patience).await;
        } else {
            place.count(Count::Unstored);
            engine.give_back(lease, &patience).await;
        }
        Ok(source)
    }

    async fn load(&self) -> Result<S, E> {
        let place = &self.handle.place;
        let mut body = place.loading();
        let context = Context::current().of_body(None);
        let traced = context.traced(Trace::load(place.template()));
        let loaded = traced.run_body(Box::pin((self.load)())).await;
        body.end(loaded.is_err());
        loaded
    }

    /// Asks the source for this call alone.
    async fn alone<Q: Question<S>>(
        &self,
        question: &Q,
        context: &Context,
        served: Served,
    ) -> Result<Q::Answer, E> {
        let source = self.load().await;
        context.report_end(served, source.is_err());
        Ok(question.of(&source?))
    }
}

/// The end of a wait.
type Moment = crate::clock::Instant;

enum Led<A> {
    Answer(A),
    /// The source is to be asked, and what it says stored under this lease.
    Source(Option<Lease>),
}
