//! The protocol's steps as commands.

use core::num::NonZero;
use core::time::Duration;

use redis::{Cmd, Value};

use super::cluster::Cluster;
use super::confirm::{Confirm, Quorum};
use super::dial::Dialer;
use super::error::{convert, is_forbidden, is_unknown_script};
use super::hashes::RedisHashes;
use super::pipelined::{settle, text};
use super::policy::Policy;
use super::route::{Route, Sent};
use super::scripts::Script;
use super::sentinel::Sentinels;
use super::server::Server;
use super::source::Source;
use super::tls_settings::TlsSettings;
use super::url::{self, Target};
use super::wire::Wire;
use crate::clock;
use crate::codec::{Nonce, Renewal, lease};
use crate::error::{Error, ErrorKind};
use crate::observe::{Examination, ServerInfo};
use crate::size::Size;
use crate::store::{
    Claimed, Claiming, Cursor, Deleted, Expect, FieldStore, Filling, Gone, Look, Reply, Sighted,
    Store, Structures, Tagging,
};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// A store on one server, or on a cluster.
#[derive(Debug)]
pub(crate) struct RedisStore {
    pub(super) wire: Wire,
    /// Keys deleted without enough replicas saying so.
    pub(super) unconfirmed: AtomicU64,
}

/// How a store is connected to.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) deadline: Duration,
    pub(crate) connections: NonZero<u8>,
    /// What stands before every key.
    pub(crate) namespace: String,
    pub(crate) tls: TlsSettings,
    /// What deletions wait for, if they do.
    pub(crate) quorum: Option<Quorum>,
    /// Whether answers may come from a cluster's replicas.
    pub(crate) reads_replicas: bool,
}

impl RedisStore {
    /// # Errors
    /// A URL that cannot be used, or a server that refuses the user, the password or the database. A server that does
    /// not answer is no error.
    pub(crate) async fn connect(url: &str, settings: Settings) -> Result<Self, Error> {
        let url = url::parse(url)?;
        let policy = Policy {
            dialer: Dialer::new(url.target.has_tls(), settings.tls).await?,
            deadline: settings.deadline,
            connections: settings.connections,
            namespace: settings.namespace,
            confirm: settings.quorum.map(Confirm::new),
            reads_replicas: settings.reads_replicas,
        };
        let source = match url.target {
            Target::Server(info) => Source::from(info),
            Target::Sentinel {
                sentinels,
                master,
                settings,
            } => Sentinels::new(sentinels, master, settings).into(),
            Target::Cluster { seeds } => {
                let cluster = Cluster::new(seeds, policy);
                cluster.start().await?;
                return Ok(Self::on(Wire::Cluster(cluster)));
            }
        };
        let server = Server::new(source, &Arc::new(policy), None);
        server.start().await?;
        Ok(Self::on(Wire::One(server)))
    }

    fn on(wire: Wire) -> Self {
        Self {
            wire,
            unconfirmed: AtomicU64::new(0),
        }
    }

    /// `EVALSHA`, and `EVAL` where the digest is not known (any more).
    pub(super) async fn eval(
        &self,
        script: Script,
        key: &str,
        args: &[&[u8]],
    ) -> Result<Value, Error> {
        let route = self.wire.route(key)?;
        settle(self.try_eval(route, script, &[key], args).await)
    }

    /// The keys are in one slot.
    pub(super) async fn try_eval(
        &self,
        mut route: Route,
        script: Script,
        keys: &[&str],
        args: &[&[u8]],
    ) -> Sent {
        if let Some(digest) = route.digest(script) {
            let command = scripted("EVALSHA", digest, keys, args);
            match self.wire.send(&mut route, &command).await? {
                Err(error) if is_unknown_script(&error) => {}
                reply => return Ok(reply),
            }
        }
        let command = scripted("EVAL", script.source(), keys, args);
        self.wire.send(&mut route, &command).await
    }

    /// Gives a lease back by the script for what it stands in.
    pub(super) async fn release_by(
        &self,
        script: Script,
        key: &str,
        nonce: Nonce,
        size: Size,
    ) -> Result<bool, Error> {
        let lease = lease(nonce);
        // Behind a value that may be on its way there. With the connection that is lost as well.
        let behind = self.wire.route_of(key, size);
        let route = behind.or_else(|_| self.wire.route(key))?;
        let reply = match self.try_eval(route, script, &[key], &[&lease]).await? {
            // What the script needs is not allowed: everybody would wait for the lease until it expires. Whatever else is
            // there by now, to delete it costs a miss. Nobody asks replicas about it: no write is at its end.
            Err(error) if is_forbidden(&error) => {
                let mut route = self.wire.route(key)?;
                let mut command = redis::cmd("DEL");
                command.arg(key);
                self.wire.send(&mut route, &command).await?
            }
            reply => reply,
        };
        Ok(integer(&reply.map_err(convert)?)? > 0)
    }
}

pub(super) fn scripted(how: &str, script: &str, keys: &[&str], args: &[&[u8]]) -> Cmd {
    let mut command = redis::cmd(how);
    command.arg(script).arg(keys.len()).arg(keys);
    for arg in args {
        command.arg(arg);
    }
    command
}

pub(super) fn integer(reply: &Value) -> Result<u64, Error> {
    match reply {
        Value::Int(n) => Ok(n.unsigned_abs()),
        _ => Err(unexpected()),
    }
}

pub(super) fn unexpected() -> Error {
    Error::new(
        ErrorKind::Server,
        "the server answered with an unexpected type of reply",
    )
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

impl Store for RedisStore {
    fn get<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look> {
        if size == Size::Huge {
            return Box::pin(self.get_in_pieces(key));
        }
        Box::pin(async move {
            let mut route = self.wire.route_of(key, size)?;
            let mut command = Cmd::with_capacity(2, 3 + key.len());
            command.arg("GET").arg(key);
            // Without the steps through `send`: each layer of futures is moved once more.
            let (reply, sent) = route.endpoint.send(&route.live, &command).await?;
            let reply = match reply {
                Ok(reply) => reply,
                Err(error) => {
                    let took = sent.map_or(Duration::ZERO, clock::Sent::elapsed);
                    let began = clock::now() - took;
                    let followed = self.wire.follow(error, &mut route, &command, began);
                    settle(followed.await)?
                }
            };
            let bytes = text(reply)?;
            if let Some(bytes) = &bytes
                && Size::of(bytes.len()) > size
            {
                self.wire.expect_large(key);
            }
            Ok(Look {
                bytes,
                sent,
                secondhand: false,
            })
        })
    }

    fn look<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look> {
        if !self.wire.reads_replicas() {
            return self.get(key, size);
        }
        Box::pin(self.look_around(key, size))
    }

    fn claim<'a>(
        &'a self,
        key: &'a str,
        expect: Expect,
        nonce: Nonce,
        duration: Duration,
    ) -> Reply<'a, Claimed> {
        Box::pin(async move {
            let (lease, millis) = (lease(nonce), millis(duration));
            if matches!(expect, Expect::Missing)
                && let Some(claimed) = self.claim_by_set(key, &lease, millis).await?
            {
                return Ok(claimed);
            }
            self.claim_by_script(key, &expect, &lease, millis).await
        })
    }

    fn seize<'a>(&'a self, key: &'a str, nonce: Nonce, duration: Duration) -> Reply<'a, bool> {
        Box::pin(async move {
            let (lease, millis) = (lease(nonce), millis(duration).to_string());
            let args: [&[u8]; 2] = [&lease, millis.as_bytes()];
            Ok(integer(&self.eval(Script::Seize, key, &args).await?)? > 0)
        })
    }

    fn fill<'a>(
        &'a self,
        key: &'a str,
        expect: Nonce,
        entry: &'a [u8],
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        Box::pin(async move {
            let millis = life.unwrap_or(0).to_string();
            let args = [&expect.0, entry, millis.as_bytes()];
            let size = Size::of(entry.len());
            if !size.is_ordinary() {
                Box::pin(self.wire.large(key)).await;
            }
            let route = self.wire.route_of(key, size)?;
            let filled = self.try_eval(route, Script::Fill, &[key], &args).await;
            Ok(integer(&settle(filled)?)? > 0)
        })
    }

    fn renew<'a>(&'a self, key: &'a str, nonce: Nonce, duration: Duration) -> Reply<'a, bool> {
        Box::pin(async move {
            let (lease, millis) = (lease(nonce), millis(duration).to_string());
            let args: [&[u8]; 2] = [&lease, millis.as_bytes()];
            Ok(integer(&self.eval(Script::Renew, key, &args).await?)? > 0)
        })
    }

    fn slide<'a>(&'a self, key: &'a str, renewal: &'a Renewal) -> Reply<'a, bool> {
        Box::pin(async move {
            let millis = renewal.life_ms.to_string();
            let args: [&[u8]; 3] = [&renewal.seen, millis.as_bytes(), &renewal.date];
            Ok(integer(&self.eval(Script::Slide, key, &args).await?)? > 0)
        })
    }

    fn release<'a>(&'a self, key: &'a str, nonce: Nonce, size: Size) -> Reply<'a, bool> {
        Box::pin(self.release_by(Script::Release, key, nonce, size))
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [&'a str],
        size: Size,
    ) -> Reply<'a, Vec<Result<Option<Vec<u8>>, Error>>> {
        Box::pin(self.mget(keys, size))
    }

    fn look_many<'a>(
        &'a self,
        keys: &'a [&'a str],
        size: Size,
    ) -> Reply<'a, Vec<Result<Sighted, Error>>> {
        Box::pin(self.look_around_for(keys, size))
    }

    fn claim_many<'a>(
        &'a self,
        claims: &'a [Claiming<'a>],
        lease: Duration,
    ) -> Reply<'a, Vec<Result<Claimed, Error>>> {
        Box::pin(self.claim_all(claims, lease))
    }

    fn fill_many<'a>(&'a self, fills: &'a [Filling<'a>]) -> Reply<'a, Vec<Result<bool, Error>>> {
        let [only] = fills else {
            return Box::pin(self.fill_all(fills));
        };
        // A large one always comes alone.
        Box::pin(async move {
            match self
                .fill(only.key, only.expect, only.entry, only.life)
                .await
            {
                Err(error) if !error.is_definite() => Err(error),
                filled => Ok(vec![filled]),
            }
        })
    }

    fn renew_many<'a>(
        &'a self,
        leases: &'a [(&'a str, Nonce)],
        lease: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>> {
        Box::pin(self.renew_all(leases, lease))
    }

    fn release_many<'a>(
        &'a self,
        leases: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<(), Error>>> {
        Box::pin(self.release_all(leases))
    }

    fn guard_many<'a>(
        &'a self,
        keys: &'a [(&'a str, Nonce)],
        token: Nonce,
        stay: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>> {
        Box::pin(self.guard_all(keys, token, stay))
    }

    fn unguard_many<'a>(
        &'a self,
        leaving: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<Gone, Error>>> {
        Box::pin(self.unguard_all(leaving))
    }

    fn delete<'a>(&'a self, keys: &'a [String]) -> Reply<'a, Deleted> {
        Box::pin(self.delete_all(keys))
    }

    fn register<'a>(&'a self, tags: &'a [Tagging<'a>], life: u64) -> Reply<'a, ()> {
        Box::pin(self.register_all(tags, life))
    }

    fn members<'a>(&'a self, tag: &'a str, cursor: Cursor) -> Reply<'a, (Cursor, Vec<String>)> {
        Box::pin(self.scan(tag, cursor))
    }

    fn structures(&self) -> &dyn Structures {
        self
    }

    fn ping(&self) -> Reply<'_, ()> {
        Box::pin(self.wire.ping())
    }

    fn unconfirmed(&self) -> u64 {
        self.unconfirmed.load(Ordering::Relaxed)
    }

    fn examine(&self) -> Reply<'_, Examination> {
        Box::pin(self.wire.examine())
    }

    fn server(&self) -> Option<ServerInfo> {
        self.wire.info()
    }

    fn is_ready(&self) -> bool {
        self.wire.is_ready()
    }

    fn hashes(self: Arc<Self>) -> Arc<dyn FieldStore> {
        Arc::new(RedisHashes::new(self))
    }
}
