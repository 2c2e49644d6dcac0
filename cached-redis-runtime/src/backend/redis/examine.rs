//! Asking servers about themselves, over the connections and with the rights that everything else has.

use core::time::Duration;

use redis::{Pipeline, RedisError, Value};

use super::error::convert;
use super::route::Route;
use super::server::{Lane, Server};
use super::together::join;
use super::wire::Wire;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::observe::{Answers, Examination, Examined, Place};

/// What `CONFIG GET` is asked for, one by one: servers before 7.0 take one name.
const SETTINGS: [&str; 7] = [
    "maxmemory",
    "maxmemory-policy",
    "maxclients",
    "timeout",
    "tcp-keepalive",
    "save",
    "appendonly",
];
/// Enough for a median.
const GETS: usize = 32;
/// No more of them begins after this: the deadline of each may be long.
const PATIENCE: Duration = Duration::from_secs(1);

impl Wire {
    /// Asks all servers that hold entries, at the same time.
    pub(super) async fn examine(&self) -> Result<Examination, Error> {
        match self {
            Self::One(server) => {
                let place = if server.may_move() {
                    Place::Sentinel
                } else {
                    Place::Server
                };
                Ok(Examination {
                    place,
                    nodes: vec![examine(server, None).await],
                    is_covered: true,
                })
            }
            Self::Cluster(cluster) => {
                let primaries = cluster.primaries();
                let mut nodes = join(
                    primaries
                        .iter()
                        .map(|(address, server)| examine(server, Some(address))),
                )
                .await;
                let is_covered = nodes.is_empty() || cluster.is_covered();
                if nodes.is_empty() {
                    let message = "none of these nodes has said yet who owns which slots";
                    nodes.push(Examined {
                        address: cluster.seeds(),
                        answers: Err(Error::new(ErrorKind::Unavailable, message)),
                    });
                }
                Ok(Examination {
                    place: Place::Cluster,
                    nodes,
                    is_covered,
                })
            }
        }
    }
}

/// `address` if it is known by another than the one it was connected to by.
async fn examine(server: &Server, address: Option<&String>) -> Examined {
    let route = Route::to(server, Lane::FIRST);
    let address = match (address, &route) {
        (Some(address), _) => address.clone(),
        (None, Ok(route)) => route.live.address().to_string(),
        (None, Err(_)) => server.address(),
    };
    let answers = match route {
        Ok(route) => ask(&route, server.probe()).await,
        // Why there is no connection says more than that there is none.
        Err(error) => Err(server.trouble().unwrap_or(error)),
    };
    Examined { address, answers }
}

async fn ask(route: &Route, probe: &str) -> Result<Answers, Error> {
    let mut questions = Pipeline::with_capacity(1 + SETTINGS.len());
    questions.cmd("INFO");
    for name in SETTINGS {
        questions.cmd("CONFIG").arg("GET").arg(name);
    }
    let mut replies = route.send_all(&questions).await?.into_iter();
    let mut next = || replies.next().unwrap_or(Ok(Value::Nil));
    let info = next().map(|reply| text(&reply).unwrap_or_default().to_owned());
    let settings = SETTINGS.map(|name| (name, setting(next(), name)));
    let (gets, is_silent) = time_gets(route, probe).await;
    Ok(Answers {
        server: route.live.info().clone(),
        info: info.map_err(convert),
        settings: settings.into(),
        gets,
        is_silent,
    })
}

fn setting(reply: Result<Value, RedisError>, name: &str) -> Result<Option<String>, Error> {
    let value = match reply.map_err(convert)? {
        Value::Map(pairs) => {
            let mut pairs = pairs.into_iter();
            pairs
                .find(|(key, _)| text(key) == Some(name))
                .map(|(_, value)| value)
        }
        Value::Array(items) => {
            let mut items = items.into_iter();
            let is_there = items.any(|key| text(&key) == Some(name));
            is_there.then(|| items.next()).flatten()
        }
        _ => None,
    };
    Ok(value.as_ref().and_then(text).map(str::to_owned))
}

/// One after another, as a call does it. Says whether one was not answered. An error is an answer, too: the slot may have
/// moved meanwhile, or the cluster be down.
async fn time_gets(route: &Route, probe: &str) -> (Vec<Duration>, bool) {
    let mut get = redis::cmd("GET");
    get.arg(probe);
    let mut gets = Vec::with_capacity(GETS);
    let began = clock::now();
    while gets.len() < GETS && clock::now() - began < PATIENCE {
        let sent = clock::now();
        if route.send(&get).await.is_err() {
            return (gets, true);
        }
        gets.push(clock::now() - sent);
    }
    (gets, false)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => core::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}
