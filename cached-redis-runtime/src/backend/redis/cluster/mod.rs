//! `redis-cluster://`: an endpoint for each primary, and a map of who owns which slot.
//!
//! The map is what callers read and never wait for. Redirects, lost connections and time have it made anew, by one task
//! in the background. Who is redirected follows at once, if the node that was named has a connection; if not, the call
//! goes on without the cache, as it does while a primary is down.

mod keeper;
mod map;
mod redirect;
mod slots;
mod survey;
mod topology;

use core::fmt;
use core::future::Future;
use core::pin::pin;

use arc_swap::ArcSwap;
use redis::{Cmd, ConnectionInfo, RedisError};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use self::map::Map;
use self::redirect::{HOPS, Redirect, tells_of_change, unserved};
use self::topology::Address;
use super::error::{convert, is_permanent, timeout};
use super::policy::Policy;
use super::route::{Route, Sent};
use super::server::{Lane, Server};
use super::supervisor::{ATTEMPT, Supervisor};
use super::together::join;
use crate::clock::{self, Instant};
use crate::error::Error;
use crate::observe::{ServerInfo, warn};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Mutex, spread_between};

pub(super) use self::redirect::is_split;
pub(super) use self::slots::slot_of;

/// No more nodes than this are connected to on the word of redirects alone.
const NAMED: usize = 16;

/// A Redis Cluster.
pub(super) struct Cluster {
    /// At least one.
    seeds: Vec<ConnectionInfo>,
    policy: Arc<Policy>,
    map: ArcSwap<Map>,
    /// Nodes that redirects have named since the map was made and that own no slot there: new ones.
    named: Mutex<Vec<Address>>,
    /// Rings when the map is to be made anew, or the cluster is gone.
    bell: Arc<Notify>,
    keeper: Supervisor,
    /// Whether it was said that no map can be made.
    said: AtomicBool,
    /// Where this process begins to count replicas: a key that all processes read is read from all of them.
    first_reader: usize,
}

impl Cluster {
    pub(super) fn new(seeds: Vec<ConnectionInfo>, policy: Policy) -> Arc<Self> {
        Arc::new(Self {
            seeds,
            policy: Arc::new(policy),
            map: ArcSwap::from_pointee(Map::empty()),
            named: Mutex::new(Vec::new()),
            bell: Arc::new(Notify::new()),
            keeper: Supervisor::default(),
            said: AtomicBool::new(false),
            first_reader: usize::try_from(spread_between(0, 1000)).unwrap_or(0),
        })
    }

    /// Makes the first map, for a second at most, and has it kept up to date.
    ///
    /// # Errors
    /// Only what will not pass by itself: no node can be asked, or none used, and one refused the user, the password or a
    /// command, or is none of a cluster.
    pub(super) async fn start(self: &Arc<Self>) -> Result<(), Error> {
        let first = clock::within(ATTEMPT, self.refresh()).await;
        let first = first.unwrap_or_else(|_| Err(timeout()));
        self.watch();
        let first = first.and_then(|refusal| refusal.map_or(Ok(()), Err));
        first.or_else(|error| {
            if is_permanent(&error) {
                return Err(error);
            }
            self.say(&error);
            Ok(())
        })
    }

    /// Where the owner of this key's slot is.
    ///
    /// # Errors
    /// At once, when nobody owns it or its owner has no connection.
    pub(super) fn route(self: &Arc<Self>, key: &str, lane: Lane) -> Result<Route, Error> {
        let map = self.map.load();
        let route = match map.owner(slot_of(key)) {
            Some(node) => Route::to(&node.server, lane),
            None => Err(unserved()),
        };
        if route.is_err() {
            self.outdated();
        }
        route
    }

    /// Where this key can be read on a replica: nowhere, unless there is a connection to one.
    pub(super) fn route_of_reader(&self, key: &str, lane: Lane) -> Option<Route> {
        let (map, slot) = (self.map.load(), slot_of(key));
        let number = self.first_reader + usize::from(slot);
        let reader = map.owner(slot)?.reader(number)?;
        Route::to(reader, lane).ok()
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The owner of this key's slot.
    pub(super) fn server(&self, key: &str) -> Option<Arc<Server>> {
        let map = self.map.load();
        map.owner(slot_of(key)).map(|node| Arc::clone(&node.server))
    }

    /// Follows the redirect that a command was answered with, if it is one. `route` becomes that of the last reply. The
    /// command was first sent when it `began`.
    ///
    /// # Errors
    /// As for [`route`](Self::route), and when the redirects do not end, or not in time.
    pub(super) async fn follow(
        self: &Arc<Self>,
        mut error: RedisError,
        route: &mut Route,
        command: &Cmd,
        began: Instant,
    ) -> Sent {
        for _ in 0..HOPS {
            if tells_of_change(&error) {
                self.outdated();
            }
            let redirect = match Redirect::read(&error, &Address::of(route.live.address())) {
                Some(redirect) => redirect,
                None if error.redirect_node().is_some() => return Err(unserved()),
                None => return Ok(Err(error)),
            };
            *route = self.redirected(redirect, route.lane)?;
            let lane = route.lane;
            match self.in_time((began, lane), route.send(command)).await? {
                Err(next) => error = next,
                reply => return Ok(reply),
            }
        }
        Err(unserved())
    }

    /// Waits for what is sent in place of something that was sent when it `began`: for one deadline in all.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`], besides its own.
    pub(super) async fn in_time<T>(
        &self,
        (began, lane): (Instant, Lane),
        rest: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let end = began + self.policy.patience(lane);
        if clock::now() >= end {
            return Err(timeout());
        }
        // A hit needs no runtime, and without one there is no timer: the connection has a deadline of its own.
        if Handle::try_current().is_err() {
            return rest.await;
        }
        let ended = clock::by(end, pin!(rest)).await;
        ended.unwrap_or_else(|| Err(timeout()))
    }

    fn redirected(
        self: &Arc<Self>,
        Redirect { to, ask }: Redirect,
        lane: Lane,
    ) -> Result<Route, Error> {
        let map = self.map.load();
        let known = map.find(&to);
        if !map.primaries().iter().any(|node| node.address == to) {
            // Kept for as long as it is named.
            let mut named = self.named.lock();
            if named.len() < NAMED && !named.contains(&to) {
                named.push(to);
            }
        }
        let route = match known {
            Some(node) => Route::to(&node.server, lane),
            None => Err(unserved()),
        };
        if route.is_err() {
            self.outdated();
        }
        Ok(route?.asking(ask))
    }

    /// Says why no map can be made, once until one is.
    fn say(&self, error: &Error) {
        if !self.said.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "no node of the cluster at {} could be asked ({error}): functions run uncached, trying again",
                self.seeds()
            ));
        }
    }

    /// Has the map made anew, in the background.
    fn outdated(self: &Arc<Self>) {
        self.bell.notify_one();
        self.watch();
    }

    /// Sees to it that the keeper runs.
    fn watch(self: &Arc<Self>) {
        self.keeper
            .ensure(|| keeper::keep(Arc::downgrade(self), Arc::clone(&self.bell)));
    }

    /// Asks every primary for a sign of life.
    ///
    /// # Errors
    /// The first one.
    pub(super) async fn ping(self: &Arc<Self>) -> Result<(), Error> {
        let map = self.map.load_full();
        if map.primaries().is_empty() {
            self.outdated();
            return Err(unserved());
        }
        let ping = redis::cmd("PING");
        let pings = map.primaries().iter().map(|node| async {
            let route = Route::to(&node.server, Lane::FIRST).inspect_err(|_| self.outdated())?;
            route.send(&ping).await?.map_err(convert)
        });
        join(pings)
            .await
            .into_iter()
            .try_for_each(|reply| reply.map(drop))
    }

    /// The primaries, and where they are.
    pub(super) fn primaries(&self) -> Vec<(String, Arc<Server>)> {
        let map = self.map.load();
        let nodes = map.primaries().iter();
        nodes
            .map(|node| (format!("{:?}", node.address), Arc::clone(&node.server)))
            .collect()
    }

    /// Where it was to be found, as the URL says.
    pub(super) fn seeds(&self) -> String {
        let seeds = self.seeds.iter().map(|one| one.addr().to_string());
        seeds.collect::<Vec<_>>().join(",")
    }

    /// Whether every slot has an owner.
    pub(super) fn is_covered(&self) -> bool {
        self.map.load().is_covered()
    }

    /// What the primaries that there is a connection to have in common.
    pub(super) fn info(&self) -> Option<ServerInfo> {
        let map = self.map.load();
        let infos = map.primaries().iter().filter_map(|node| node.server.info());
        ServerInfo::common(infos)
    }

    /// Whether replicas are to be read from, and some primary has none that can be.
    fn lacks_readers(&self) -> bool {
        let map = self.map.load();
        let mut primaries = map.primaries().iter();
        self.policy.reads_replicas && primaries.any(|node| node.reader(0).is_none())
    }

    /// Whether all keys can be served.
    pub(super) fn is_ready(&self) -> bool {
        self.map.load().is_whole()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.bell.notify_one();
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("primaries", &self.map.load().primaries())
            .finish_non_exhaustive()
    }
}
