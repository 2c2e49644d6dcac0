//! An endpoint is where one connection to a server comes and goes. Its supervisor connects, publishes the connection, and
//! replaces it when it is dead.
//!
//! Callers never wait for a reconnect. With no connection published they fail in nanoseconds and run their body; the
//! supervisor tries in the background, at most a second apart. A connection is dead when it breaks, and when two
//! commands in a row are not answered within the deadline: the client itself would keep such a connection for ever.

use core::convert::Infallible;
use core::fmt;
use core::future::{Future as _, pending, poll_fn};
use core::pin::pin;
use core::time::Duration;

use redis::{Cmd, Pipeline, RedisError, Value};
use tokio::sync::watch;

use super::confirm::Confirm;
use super::connected::Connected;
use super::convoy::Convoy;
use super::deadline::Deadlines;
use super::error::{convert, is_dead, is_permanent, is_read_only, timeout, unavailable};
use super::link::{self, Link};
use super::place::Place;
use super::policy::Policy;
use super::server::Lane;
use super::supervisor::{ATTEMPT, Supervised, Supervisor, supervise};
use crate::clock::{self, Sent};
use crate::error::Error;
use crate::observe::{ServerInfo, warn};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Weak};

/// How often sentinels are asked whether the primary is still the primary. They take ten seconds to make a replica of one
/// that was healthy when they replaced it, and what is deleted there until then is not deleted on its successor.
const LOOK: Duration = Duration::from_secs(1);

/// One that callers use.
pub(super) type Live = link::Live<Connected>;

/// One connection to a server, as it comes and goes.
pub(super) struct Endpoint {
    place: Arc<Place>,
    /// The first to that server, if this is another.
    first: Option<Weak<Endpoint>>,
    /// It is slow because of what it carries, which says nothing about others.
    apart: bool,
    /// What goes there goes together, and has to be confirmed.
    convoy: Option<Convoy>,
    deadlines: Arc<Deadlines>,
    link: Arc<Link<Connected>>,
    /// How the latest attempt ended, for those who wait for the first.
    outcome: watch::Sender<Option<Result<(), Error>>>,
    supervisor: Supervisor,
    /// Whether there was a connection once.
    opened: AtomicBool,
}

impl Endpoint {
    pub(super) fn new(place: Arc<Place>) -> Arc<Self> {
        Self::beside(place, None, false, None)
    }

    /// For another connection to the same server.
    pub(super) fn another(self: &Arc<Self>) -> Arc<Self> {
        Self::beside(
            Arc::clone(&self.place),
            Some(Arc::downgrade(self)),
            false,
            None,
        )
    }

    /// For one that carries what no other is to carry.
    pub(super) fn apart(self: &Arc<Self>) -> Arc<Self> {
        Self::beside(
            Arc::clone(&self.place),
            Some(Arc::downgrade(self)),
            true,
            None,
        )
    }

    /// For one that carries deletions that have to be confirmed.
    pub(super) fn confirming(self: &Arc<Self>) -> Arc<Self> {
        let convoy = Some(Convoy::default());
        let place = Arc::clone(&self.place);
        Self::beside(place, Some(Arc::downgrade(self)), true, convoy)
    }

    fn beside(
        place: Arc<Place>,
        first: Option<Weak<Self>>,
        apart: bool,
        convoy: Option<Convoy>,
    ) -> Arc<Self> {
        let policy = &place.policy;
        // The primary is to be asked in the time that a replica leaves.
        let share = if place.is_reader { 2 } else { 1 };
        // The server answers what is sent with a `WAIT` when that ends.
        let confirm = policy.confirm.as_ref().filter(|_| convoy.is_some());
        let deadline = policy.deadline / share + confirm.map_or(Duration::ZERO, Confirm::limit);
        Arc::new(Self {
            deadlines: Arc::new(Deadlines::new(deadline)),
            place,
            first,
            apart,
            convoy,
            link: Arc::new(Link::new()),
            outcome: watch::Sender::new(None),
            supervisor: Supervisor::default(),
            opened: AtomicBool::new(false),
        })
    }

    /// Starts the supervisor and waits for its first attempt, a second at most.
    ///
    /// # Errors
    /// Only what will not pass by itself: the server refused the user or the password, or the settings.
    pub(super) async fn start(self: &Arc<Self>) -> Result<(), Error> {
        let mut outcome = self.outcome.subscribe();
        self.supervise();
        let first = clock::within(ATTEMPT, outcome.wait_for(Option::is_some)).await;
        match first {
            Ok(Ok(outcome)) => match &*outcome {
                Some(Err(error)) if is_permanent(error) => Err(error.clone()),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Sees to it that a supervisor runs.
    pub(super) fn supervise(self: &Arc<Self>) {
        self.supervisor.ensure(|| {
            let (endpoint, link) = (Arc::downgrade(self), Arc::downgrade(&self.link));
            let bell = self.link.bell();
            let deadlines = Arc::clone(&self.deadlines);
            async move {
                // One task, so that the clock of the deadlines never outlives or misses the connections it is for.
                let mut watch = pin!(watch(endpoint.clone()));
                let (mut supervise, mut clock) =
                    (pin!(supervise(endpoint, link, bell)), pin!(deadlines.run()));
                poll_fn(|cx| {
                    let _ = clock.as_mut().poll(cx);
                    let _ = watch.as_mut().poll(cx);
                    supervise.as_mut().poll(cx)
                })
                .await;
            }
        });
    }

    pub(super) fn is_live(&self) -> bool {
        self.link.is_live()
    }

    pub(super) fn link(&self) -> Weak<Link<Connected>> {
        Arc::downgrade(&self.link)
    }

    /// Whether there is a connection, or was one.
    pub(super) fn was_live(&self) -> bool {
        self.opened.load(Ordering::Relaxed)
    }

    pub(super) fn info(&self) -> Option<ServerInfo> {
        self.link.current().map(|live| live.info().clone())
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// How the latest attempt failed.
    pub(super) fn latest_trouble(&self) -> Option<Error> {
        self.outcome.borrow().clone()?.err()
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.place.policy
    }

    pub(super) fn convoy(&self) -> Option<&Convoy> {
        self.convoy.as_ref()
    }

    /// How long somebody waits for a deletion that has to be confirmed.
    pub(super) fn patience(&self) -> Duration {
        self.place.policy.patience(Lane::Confirmed)
    }

    pub(super) fn deadline(&self) -> Duration {
        self.place.policy.deadline
    }

    /// The published connection.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), at once, when there is none.
    pub(super) fn live(self: &Arc<Self>) -> Result<Arc<Live>, Error> {
        if let Some(live) = self.link.current() {
            return Ok(live);
        }
        self.supervise();
        Err(unavailable())
    }

    /// Sends one command and waits for its reply, for the deadline at most. Says when it was sent.
    pub(super) async fn send(
        self: &Arc<Self>,
        live: &Arc<Live>,
        command: &Cmd,
    ) -> Result<(Result<Value, RedisError>, Option<Sent>), Error> {
        let mut connection = live.connection();
        let reply = pin!(connection.send_packed_command(command));
        let mut within = self.deadlines.within(reply);
        let reply = (&mut within).await;
        let sent = within.sent();
        // An error reply comes as a value here.
        let reply = self.settle(live, reply)?.and_then(Value::extract_error);
        self.look_for_refusals(live, core::slice::from_ref(&reply));
        Ok((reply, sent))
    }

    /// Sends several commands in one go and waits for all replies, for one deadline at most.
    pub(super) async fn send_all(
        self: &Arc<Self>,
        live: &Arc<Live>,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RedisError>>, Error> {
        let mut connection = live.connection();
        let replies = pin!(connection.send_packed_commands(commands, 0, commands.len()));
        let replies = self.deadlines.within(replies).await;
        let replies = self.settle(live, replies)?.map_err(convert)?;
        let replies: Vec<_> = replies.into_iter().map(Value::extract_error).collect();
        self.look_for_refusals(live, &replies);
        Ok(replies)
    }

    /// A primary that has become a replica answers reads from what it had then, and refuses writes: the connection is of no
    /// more use, and the next goes to where the primary is now.
    fn look_for_refusals(
        self: &Arc<Self>,
        live: &Arc<Live>,
        replies: &[Result<Value, RedisError>],
    ) {
        let refused = |reply: &Result<_, _>| reply.as_ref().is_err_and(is_read_only);
        if replies.iter().any(refused) {
            if self.place.is_first_refusal() {
                warn(format_args!(
                    "{} is a read-only replica: functions run uncached until the primary is there (said once)",
                    live.address()
                ));
            }
            self.link.retire(live);
            self.supervise();
        }
    }

    /// What the end of a command says about its connection.
    fn settle<T>(
        self: &Arc<Self>,
        live: &Arc<Live>,
        reply: Option<Result<T, RedisError>>,
    ) -> Result<Result<T, RedisError>, Error> {
        match reply {
            Some(Err(error)) if is_dead(&error) => {
                self.link.retire(live);
                self.supervise();
                Err(convert(error))
            }
            Some(reply) => {
                live.answered();
                if !self.apart {
                    self.place.answered();
                }
                Ok(reply)
            }
            None => {
                if self.link.unanswered(live) {
                    self.supervise();
                }
                if !self.apart {
                    self.place.unanswered();
                }
                Err(timeout())
            }
        }
    }

    /// Leaves a server that is not the one any more. It may well go on answering.
    async fn look_again(&self) {
        let Some(live) = self.link.current() else {
            return;
        };
        if self.first.is_none()
            && let Ok(info) = self.place.locate().await
        {
            self.place.found(info.addr());
        }
        if self.place.has_left(live.address()) {
            self.link.retire(&live);
        }
    }
}

impl Supervised for Endpoint {
    async fn attempt(&self) -> Result<(), Error> {
        let alarm = self.link.alarm();
        let opened = clock::within(ATTEMPT, Connected::open(&self.place, &alarm)).await;
        let outcome = match opened.unwrap_or_else(|_| Err(timeout())) {
            Ok(connected) => {
                if self.first.is_none() {
                    self.place.found(connected.address());
                }
                self.opened.store(true, Ordering::Relaxed);
                self.link.publish(connected, alarm);
                Ok(())
            }
            Err(error) => Err(error),
        };
        self.outcome.send_replace(Some(outcome.clone()));
        outcome
    }

    fn trouble(&self, error: &Error) -> Option<String> {
        let address = self.place.source.address();
        if self.place.is_reader {
            return Some(format!(
                "the replica {address} cannot be read from ({error}): its primary is asked, trying again"
            ));
        }
        let Some(first) = &self.first else {
            return Some(format!(
                "{address} cannot be used ({error}): functions run uncached, reconnecting"
            ));
        };
        // Where the first has the same trouble, it says so.
        let is_alone = first.upgrade().is_some_and(|first| first.is_live());
        is_alone.then(|| {
            format!("another connection to {address} cannot be opened ({error}); trying again")
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.place.source.address())
            .field("live", &self.is_live())
            .finish_non_exhaustive()
    }
}

/// Never ends. Like the supervisor it holds the endpoint weakly between steps.
async fn watch(endpoint: Weak<Endpoint>) -> Infallible {
    let place = endpoint.upgrade().map(|one| Arc::clone(&one.place));
    let Some(place) = place.filter(|place| place.source.may_move()) else {
        return pending().await;
    };
    let mut moves = place.moves();
    loop {
        let _ = clock::within(LOOK, moves.changed()).await;
        if let Some(endpoint) = endpoint.upgrade() {
            endpoint.look_again().await;
        }
    }
}
