//! How commands reach the server that has their keys: the one there is, or a node of a cluster.

use core::future::Future;
use core::num::NonZero;
use core::time::Duration;

use redis::{Cmd, Pipeline, RedisError, Value};

use super::cluster::{Cluster, is_split, slot_of};
use super::error::convert;
use super::policy::Policy;
use super::route::{Route, Sent};
use super::server::{Lane, Server};
use super::together::join;
use crate::clock::{self, Instant};
use crate::error::Error;
use crate::observe::ServerInfo;
use crate::size::Size;
use crate::sync::Arc;

/// One server, or many.
#[derive(Debug)]
pub(super) enum Wire {
    One(Arc<Server>),
    Cluster(Arc<Cluster>),
}

/// A command, and where it goes.
pub(super) type Routed = (Result<Route, Error>, Cmd);

impl Wire {
    /// Where commands for this key go: those that carry no value, or an ordinary one.
    ///
    /// # Errors
    /// At once, when there is no connection.
    pub(super) fn route(&self, key: &str) -> Result<Route, Error> {
        self.route_of(key, Size::Ordinary)
    }

    /// Where commands go that carry a value of this size.
    ///
    /// # Errors
    /// As for [`route`](Self::route).
    pub(super) fn route_of(&self, key: &str, size: Size) -> Result<Route, Error> {
        self.route_by(key, Lane::of(key, size, self.connections()))
    }

    /// Where deletions go.
    ///
    /// # Errors
    /// As for [`route`](Self::route).
    pub(super) fn route_of_deletion(&self, key: &str) -> Result<Route, Error> {
        if self.policy().confirm.is_none() {
            return self.route(key);
        }
        self.route_by(key, Lane::Confirmed)
    }

    /// Whether answers may come from replicas.
    pub(super) fn reads_replicas(&self) -> bool {
        matches!(self, Self::Cluster(_)) && self.policy().reads_replicas
    }

    /// Where this key can be read on a replica, if it can. Large values are read where they are stored: a replica has no
    /// connection for them alone.
    pub(super) fn route_of_reader(&self, key: &str, size: Size) -> Option<Route> {
        match self {
            Self::Cluster(cluster) if self.reads_replicas() && size.is_ordinary() => {
                cluster.route_of_reader(key, Lane::of(key, size, self.connections()))
            }
            _ => None,
        }
    }

    /// Waits for what follows a command that was sent when it `began`, as long as a call waits for both.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout), besides its own.
    pub(super) async fn in_time<T>(
        &self,
        began: Instant,
        rest: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        match self {
            Self::One(_) => rest.await,
            Self::Cluster(cluster) => cluster.in_time((began, Lane::FIRST), rest).await,
        }
    }

    /// For what belongs to one connection: always the same, as long as it is there.
    ///
    /// # Errors
    /// As for [`route`](Self::route).
    pub(super) fn first_route(&self, key: &str) -> Result<Route, Error> {
        self.route_by(key, Lane::FIRST)
    }

    fn route_by(&self, key: &str, lane: Lane) -> Result<Route, Error> {
        match self {
            Self::One(server) => Route::to(server, lane),
            Self::Cluster(cluster) => cluster.route(key, lane),
        }
    }

    fn connections(&self) -> NonZero<u8> {
        self.policy().connections
    }

    /// For all that a call waits for the server.
    pub(super) fn deadline(&self) -> Duration {
        self.policy().deadline
    }

    fn policy(&self) -> &Policy {
        match self {
            Self::One(server) => server.policy(),
            Self::Cluster(cluster) => cluster.policy(),
        }
    }

    /// The server of this key has large values.
    pub(super) fn expect_large(&self, key: &str) {
        if let Some(server) = self.server(key) {
            server.open_large();
        }
    }

    /// Waits until a large value can be sent for this key, or what hinders it is known, for the deadline at most.
    pub(super) async fn large(&self, key: &str) {
        if let Some(server) = self.server(key) {
            server.large().await;
        }
    }

    fn server(&self, key: &str) -> Option<Arc<Server>> {
        match self {
            Self::One(server) => Some(Arc::clone(server)),
            Self::Cluster(cluster) => cluster.server(key),
        }
    }

    /// Sends one command and follows redirects. `route` becomes that of the reply.
    pub(super) async fn send(&self, route: &mut Route, command: &Cmd) -> Sent {
        let began = clock::now();
        match route.send(command).await? {
            Err(error) => self.follow(error, route, command, began).await,
            reply => Ok(reply),
        }
    }

    /// What an error comes to when it is a redirect. The command has one deadline in all from when it `began`.
    pub(super) async fn follow(
        &self,
        error: RedisError,
        route: &mut Route,
        command: &Cmd,
        began: Instant,
    ) -> Sent {
        match self {
            Self::One(_) => Ok(Err(error)),
            // Rare, and as large as a command under way: not to lie in the future of each.
            Self::Cluster(cluster) => Box::pin(cluster.follow(error, route, command, began)).await,
        }
    }

    /// Sends each command where it goes, all at the same time and those for one place in one go.
    ///
    /// # Errors
    /// When it is the same for all: no server could be reached.
    pub(super) async fn send_each(&self, commands: Vec<Routed>) -> Result<Vec<Sent>, Error> {
        let sent = self.send_each_alone(commands).await;
        match sent.first() {
            Some(Err(error)) if sent.iter().all(Result::is_err) => Err(error.clone()),
            _ => Ok(sent),
        }
    }

    /// [`send_each`](Self::send_each) for those whose errors are their own, even if all have the same.
    pub(super) async fn send_each_alone(&self, commands: Vec<Routed>) -> Vec<Sent> {
        self.send_since(None, commands).await
    }

    /// `began` if that is when others were sent in place of which these are.
    async fn send_since(&self, began: Option<Instant>, commands: Vec<Routed>) -> Vec<Sent> {
        let mut sent: Vec<_> = commands.iter().map(|_| None).collect();
        let mut parcels: Vec<Parcel> = Vec::new();
        for (at, (route, command)) in commands.into_iter().enumerate() {
            match route {
                Ok(route) => Parcel::add(&mut parcels, route, at, command),
                Err(error) => sent[at] = Some(Err(error)),
            }
        }
        let replies = join(
            parcels
                .into_iter()
                .map(|parcel| parcel.deliver(self, began)),
        )
        .await;
        for (at, reply) in replies.into_iter().flatten() {
            sent[at] = Some(reply);
        }
        let sent = sent
            .into_iter()
            .map(|one| one.unwrap_or_else(|| Err(super::steps::unexpected())));
        sent.collect()
    }

    /// Sends a command that takes any number of keys, with as many as go together, each by its `route`. Says for each which
    /// they were.
    ///
    /// # Errors
    /// As for [`send_each`](Self::send_each).
    pub(super) async fn send_grouped<'a>(
        &self,
        name: &str,
        keys: impl Iterator<Item = &'a str>,
        route: impl Fn(&str) -> Result<Route, Error>,
    ) -> Result<Vec<(Vec<usize>, Sent)>, Error> {
        let keys: Vec<_> = keys.collect();
        let groups = self.groups(&keys);
        let began = clock::now();
        let sent = self.send_each(name_groups(name, &keys, &groups, &route));
        let mut replies: Vec<_> = groups.into_iter().zip(sent.await?).collect();
        let is_torn = |(group, sent): &(Vec<usize>, Sent)| {
            group.len() > 1 && matches!(sent, Ok(Err(error)) if is_split(error))
        };
        if replies.iter().any(is_torn) {
            let (torn, whole): (Vec<_>, _) = replies.into_iter().partition(is_torn);
            let torn = torn.into_iter().flat_map(|(group, _)| group);
            let each: Vec<_> = torn.map(|at| vec![at]).collect();
            let commands = name_groups(name, &keys, &each, &route);
            replies = whole;
            replies.extend(
                each.into_iter()
                    .zip(self.send_since(Some(began), commands).await),
            );
        }
        Ok(replies)
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        match self {
            Self::One(server) => {
                let route = Route::to(server, Lane::FIRST)?;
                let sent = route.send(&redis::cmd("PING")).await?;
                sent.map(drop).map_err(convert)
            }
            Self::Cluster(cluster) => cluster.ping().await,
        }
    }

    pub(super) fn info(&self) -> Option<ServerInfo> {
        match self {
            Self::One(server) => server.info(),
            Self::Cluster(cluster) => cluster.info(),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        match self {
            Self::One(server) => server.is_live(),
            Self::Cluster(cluster) => cluster.is_ready(),
        }
    }

    /// The places of keys that one command may name together. None is empty.
    fn groups(&self, keys: &[&str]) -> Vec<Vec<usize>> {
        let all = 0..keys.len();
        match self {
            _ if keys.is_empty() => Vec::new(),
            Self::One(_) => vec![all.collect()],
            Self::Cluster(_) => {
                let mut slots: Vec<_> = all.map(|at| (slot_of(keys[at]), at)).collect();
                slots.sort_unstable();
                let groups = slots.chunk_by(|(a, _), (b, _)| a == b);
                let places = groups.map(|group| group.iter().map(|(_, at)| *at).collect());
                places.collect()
            }
        }
    }
}

/// A command for each group.
fn name_groups(
    name: &str,
    keys: &[&str],
    groups: &[Vec<usize>],
    route: impl Fn(&str) -> Result<Route, Error>,
) -> Vec<Routed> {
    let commands = groups.iter().map(|group| {
        let mut command = redis::cmd(name);
        for &at in group {
            command.arg(keys[at]);
        }
        (route(keys[group[0]]), command)
    });
    commands.collect()
}

/// Commands for one place.
struct Parcel {
    route: Route,
    places: Vec<usize>,
    commands: Pipeline,
}

impl Parcel {
    fn add(parcels: &mut Vec<Self>, route: Route, at: usize, command: Cmd) {
        // A handful at most.
        let known = parcels
            .iter_mut()
            .find(|parcel| parcel.route.is_same(&route));
        if let Some(parcel) = known {
            parcel.places.push(at);
            parcel.commands.add_command(command);
        } else {
            let mut commands = Pipeline::new();
            commands.add_command(command);
            parcels.push(Self {
                route,
                places: vec![at],
                commands,
            });
        }
    }

    async fn deliver(self, wire: &Wire, began: Option<Instant>) -> Vec<(usize, Sent)> {
        let replies = self.route.send_all(&self.commands);
        let (began, replies) = match (wire, began) {
            (Wire::Cluster(cluster), Some(began)) => {
                let lane = self.route.lane;
                (began, cluster.in_time((began, lane), replies).await)
            }
            _ => (clock::now(), replies.await),
        };
        let replies = match replies {
            Ok(replies) => replies,
            Err(error) => {
                let lost = self.places.into_iter().map(|at| (at, Err(error.clone())));
                return lost.collect();
            }
        };
        let mut sent: Vec<Sent> = replies.into_iter().map(Ok).collect();
        let refused = sent.iter_mut().zip(self.commands.cmd_iter());
        let refused = refused.filter(|(sent, _)| matches!(sent, Ok(Err(_))));
        let followed = refused.map(|(sent, command)| {
            let mut route = self.route.clone();
            async move {
                if let Ok(Err(error)) = core::mem::replace(sent, Ok(Ok(Value::Nil))) {
                    *sent = wire.follow(error, &mut route, command, began).await;
                }
            }
        });
        join(followed).await;
        self.places.into_iter().zip(sent).collect()
    }
}
