//! Sentinel: which server is the primary at the moment.
//!
//! The answer is asked for before each attempt to connect, and again every second: an old primary that is not dead goes on
//! answering until the sentinels get round to making it a replica.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    ConnectionAddr, ConnectionInfo, ErrorKind as Kind, ProtocolVersion, RedisConnectionInfo,
    RedisError, ServerErrorKind, Value,
};

use super::dial::Dialer;
use super::error::{convert, convert_setup, is_permanent, timeout};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::sync::Mutex;

/// How long one sentinel may take: a part of what an attempt has, so that some that hang leave time for others.
const PATIENCE: Duration = Duration::from_millis(250);

pub(super) struct Sentinels {
    hosts: Vec<ConnectionInfo>,
    master: String,
    /// The login and the database of the primary.
    settings: RedisConnectionInfo,
    /// Which one to ask first: the one that answered last. An attempt that ran out of time is gone on with by the next.
    turn: AtomicUsize,
    /// To the one that answered last.
    kept: Mutex<Option<(ConnectionAddr, MultiplexedConnection)>>,
}

impl Sentinels {
    pub(super) fn new(
        hosts: Vec<ConnectionInfo>,
        master: String,
        settings: RedisConnectionInfo,
    ) -> Self {
        Self {
            hosts,
            master,
            settings,
            turn: AtomicUsize::new(0),
            kept: Mutex::new(None),
        }
    }

    /// Asks one after another until one knows.
    ///
    /// # Errors
    /// When none does: what a sentinel answered that will not change by itself, if there is such an answer.
    pub(super) async fn primary(&self, dialer: &Dialer) -> Result<ConnectionInfo, Error> {
        let mut failed: Option<Error> = None;
        for _ in &self.hosts {
            let turn = self.turn.load(Ordering::Relaxed) % self.hosts.len();
            let sentinel = &self.hosts[turn];
            // Before it is asked: the attempt may end while it does not answer.
            self.turn.store(turn + 1, Ordering::Relaxed);
            let answer = clock::within(PATIENCE, self.ask(sentinel, dialer)).await;
            match answer.unwrap_or_else(|_| Err(timeout())) {
                Ok(addr) => {
                    self.turn.store(turn, Ordering::Relaxed);
                    let info = sentinel.clone().set_addr(addr);
                    return Ok(info.set_redis_settings(self.settings.clone()));
                }
                Err(error) if failed.as_ref().is_none_or(|failed| !is_permanent(failed)) => {
                    failed = Some(error);
                }
                Err(_) => {}
            }
        }
        Err(failed.map_or_else(no_sentinel, |error| {
            if is_permanent(&error) {
                error
            } else {
                no_sentinel().with_source(error)
            }
        }))
    }

    async fn ask(
        &self,
        sentinel: &ConnectionInfo,
        dialer: &Dialer,
    ) -> Result<ConnectionAddr, Error> {
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let answer = async {
            let mut connection = self.connection(sentinel, dialer).await?;
            let reply = connection.send_packed_command(&command).await?;
            *self.kept.lock() = Some((sentinel.addr().clone(), connection));
            reply.extract_error()
        };
        let reply = answer.await.map_err(refused)?;
        if reply == Value::Nil {
            let message = format!(
                "the sentinels know no master of the name `{}`, which is what stands behind the hosts in the URL",
                self.master
            );
            return Err(Error::new(ErrorKind::Setting, message));
        }
        let (host, port) = redis::from_redis_value::<(String, u16)>(reply)
            .map_err(|error| convert(error.into()))?;
        Ok(match sentinel.addr() {
            ConnectionAddr::TcpTls { .. } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: false,
                tls_params: None,
            },
            _ => ConnectionAddr::Tcp(host, port),
        })
    }

    /// The one that was used before, if it is of this sentinel. It is kept again once it has answered.
    async fn connection(
        &self,
        sentinel: &ConnectionInfo,
        dialer: &Dialer,
    ) -> Result<MultiplexedConnection, RedisError> {
        let kept = self.kept.lock().take();
        if let Some((addr, mut connection)) = kept
            && addr == *sentinel.addr()
            && connection
                .send_packed_command(&redis::cmd("PING"))
                .await
                .is_ok()
        {
            return Ok(connection);
        }
        // Nothing is pushed here, and RESP2 is what every sentinel knows.
        let settings = sentinel.redis_settings().clone();
        let settings = settings.set_protocol(ProtocolVersion::RESP2);
        let info = sentinel.clone().set_redis_settings(settings);
        dialer.open(&info, None).await
    }

    /// A sentinel may be behind: what it names must call itself the primary.
    pub(super) async fn verify(&self, connection: &mut MultiplexedConnection) -> Result<(), Error> {
        let reply = connection
            .send_packed_command(&redis::cmd("ROLE"))
            .await
            .map_err(convert)?;
        let Value::Array(role) = reply else {
            // A user who may not ask for the role: a write will tell.
            return Ok(());
        };
        let is_primary = |role: &Value| match role {
            Value::BulkString(name) => name == b"master",
            Value::SimpleString(name) => name == "master",
            _ => false,
        };
        if role.first().is_some_and(is_primary) {
            return Ok(());
        }
        // Maybe another one knows better.
        self.turn.fetch_add(1, Ordering::Relaxed);
        let message = "the sentinel names a server that is no primary, or not yet";
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    pub(super) fn address(&self) -> String {
        let hosts = self.hosts.iter().map(|host| host.addr().to_string());
        let hosts = hosts.collect::<Vec<_>>().join(", ");
        format!("`{}` of sentinel {hosts}", self.master)
    }
}

fn no_sentinel() -> Error {
    Error::new(ErrorKind::Unavailable, "no sentinel answers")
}

fn refused(error: RedisError) -> Error {
    // What another sort of server says to `SENTINEL`.
    if error.kind() == Kind::Server(ServerErrorKind::ResponseError) {
        let message = "what answers at the address of a sentinel is none";
        return Error::new(ErrorKind::Setting, message).with_source(error);
    }
    let converted = convert_setup(error);
    if converted.kind() == ErrorKind::Auth {
        let message = "a sentinel refused the login, which is `?sentinel_user=…&sentinel_password=…` in the URL";
        return Error::new(ErrorKind::Auth, message).with_source(converted);
    }
    converted
}
