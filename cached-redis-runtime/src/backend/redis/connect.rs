//! One supervisor per endpoint: connects, publishes the connection, replaces it when it is dead.
//!
//! Callers never wait for a reconnect. With no connection published they fail in nanoseconds and run their body; the
//! supervisor tries in the background, at most a second apart. A connection is dead when it breaks, and when two
//! commands in a row are not answered within the deadline: the client itself would keep such a connection for ever.

use core::fmt;
use core::future::{Future as _, poll_fn};
use core::pin::pin;
use core::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    PushKind, RedisError, Value,
};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::deadline::Deadlines;
use super::error::{convert, convert_setup, is_dead, timeout, unavailable};
use super::link::{self, Alarm, Link};
use super::scripts::Script;
use super::supervisor::supervise;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::sync::{Arc, Mutex};

/// How long one attempt to connect may take, and how far apart attempts are at most.
pub(super) const ATTEMPT: Duration = Duration::from_secs(1);
/// Commands that may wait to be written. The client's default of 50 makes a burst of readers wait for one another.
const QUEUE: usize = 1024;

/// A connection that is set up.
pub(super) struct Connected {
    connection: MultiplexedConnection,
    /// The digests of [`Script::ALL`], where the server let us load them.
    digests: [Option<String>; Script::ALL.len()],
}

/// One that callers use.
pub(super) type Live = link::Live<Connected>;

/// One server, through connections that come and go.
pub(super) struct Endpoint {
    info: ConnectionInfo,
    deadlines: Arc<Deadlines>,
    link: Arc<Link<Connected>>,
    /// How the latest attempt ended, for those who wait for the first.
    outcome: watch::Sender<Option<Result<(), Error>>>,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl Endpoint {
    pub(super) fn new(info: ConnectionInfo, deadline: Duration) -> Arc<Self> {
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(15))
            .with_interval(Duration::from_secs(5));
        // Nagle's algorithm stays on: a lone command leaves at once, and commands that come while one is under way travel
        // together with the next reply's acknowledgement. With 64 tasks on one machine that is a third fewer writes, and
        // without it a hit took 1.24 times as long as the hand-written one, which has it too
        // (`cargo bench -p cached-redis-tests --bench hit`). It costs a concurrent command one round trip at most.
        let tcp = TcpSettings::default()
            .set_nodelay(false)
            .set_keepalive(keepalive);
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(Duration::from_secs(10));
        Arc::new(Self {
            info: info.set_tcp_settings(tcp),
            deadlines: Arc::new(Deadlines::new(deadline)),
            link: Arc::new(Link::new()),
            outcome: watch::Sender::new(None),
            supervisor: Mutex::new(None),
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

    /// Sees to it that a supervisor runs. It ends with the runtime it was started on, so callers ask again.
    pub(super) fn supervise(self: &Arc<Self>) {
        let mut supervisor = self.supervisor.lock();
        if supervisor.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let (endpoint, link) = (Arc::downgrade(self), Arc::downgrade(&self.link));
            let bell = self.link.bell();
            let deadlines = Arc::clone(&self.deadlines);
            *supervisor = Some(runtime.spawn(async move {
                // One task, so that the clock of the deadlines never outlives or misses the connections it is for.
                let (mut supervise, mut clock) =
                    (pin!(supervise(endpoint, link, bell)), pin!(deadlines.run()));
                poll_fn(|cx| {
                    let _ = clock.as_mut().poll(cx);
                    supervise.as_mut().poll(cx)
                })
                .await;
            }));
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.link.is_live()
    }

    /// The published connection.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`], at once, when there is none.
    pub(super) fn live(self: &Arc<Self>) -> Result<Arc<Live>, Error> {
        if let Some(live) = self.link.current() {
            return Ok(live);
        }
        self.supervise();
        Err(unavailable())
    }

    /// Sends one command and waits for its reply, for the deadline at most. Says how long it may have taken.
    pub(super) async fn send(
        self: &Arc<Self>,
        live: &Arc<Live>,
        command: &Cmd,
    ) -> Result<(Result<Value, RedisError>, Duration), Error> {
        let mut connection = live.connection.clone();
        let reply = pin!(connection.send_packed_command(command));
        let mut within = self.deadlines.within(reply);
        let reply = (&mut within).await;
        let took = within.took();
        // An error reply comes as a value here.
        let reply = self.settle(live, reply)?.and_then(Value::extract_error);
        Ok((reply, took))
    }

    /// Sends several commands in one go and waits for all replies, for one deadline at most.
    pub(super) async fn send_all(
        self: &Arc<Self>,
        live: &Arc<Live>,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RedisError>>, Error> {
        let mut connection = live.connection.clone();
        let replies = pin!(connection.send_packed_commands(commands, 0, commands.len()));
        let replies = self.deadlines.within(replies).await;
        let replies = self.settle(live, replies)?.map_err(convert)?;
        Ok(replies.into_iter().map(Value::extract_error).collect())
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
                Ok(reply)
            }
            None => {
                if self.link.unanswered(live) {
                    self.supervise();
                }
                Err(timeout())
            }
        }
    }

    /// Tries to connect, and publishes the connection if it works.
    pub(super) async fn attempt(&self) -> Result<(), Error> {
        let connected = clock::within(ATTEMPT, self.connect()).await;
        let outcome = match connected.unwrap_or_else(|_| Err(timeout())) {
            Ok((connected, alarm)) => {
                self.link.publish(connected, alarm);
                Ok(())
            }
            Err(error) => Err(error),
        };
        self.outcome.send_replace(Some(outcome.clone()));
        outcome
    }

    /// Where this endpoint is, without user and password.
    pub(super) fn address(&self) -> String {
        self.info.addr().to_string()
    }

    async fn connect(&self) -> Result<(Connected, Alarm), Error> {
        let alarm = self.link.alarm();
        let protocol = self.info.redis_settings().protocol();
        let mut connection = match self.open(protocol, &alarm).await {
            // A proxy without `HELLO`: a closed connection then shows only when a command is sent.
            Err(error) if error.kind() == redis::ErrorKind::RESP3NotSupported => {
                self.open(ProtocolVersion::RESP2, &alarm).await
            }
            opened => opened,
        }
        .map_err(convert_setup)?;
        let digests = load_scripts(&mut connection).await?;
        let connected = Connected {
            connection,
            digests,
        };
        Ok((connected, alarm))
    }

    async fn open(
        &self,
        protocol: ProtocolVersion,
        alarm: &Alarm,
    ) -> Result<MultiplexedConnection, RedisError> {
        let settings = self.info.redis_settings().clone().set_protocol(protocol);
        let client = Client::open(self.info.clone().set_redis_settings(settings))?;
        // Our own deadline stands around every command, so the client need not arm a timer as well.
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            .set_pipeline_buffer_size(QUEUE);
        let config = if protocol == ProtocolVersion::RESP3 {
            let alarm = alarm.clone();
            config.set_push_sender(move |push: PushInfo| {
                // Called inside the driver's task, so it may not block.
                if push.kind == PushKind::Disconnection {
                    alarm.sound();
                }
                Ok::<(), core::convert::Infallible>(())
            })
        } else {
            config
        };
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }
}

impl Connected {
    pub(super) fn digest(&self, script: Script) -> Option<&str> {
        self.digests[script as usize].as_deref()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address())
            .field("live", &self.is_live())
            .finish_non_exhaustive()
    }
}

fn is_permanent(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Auth | ErrorKind::Setting | ErrorKind::Url
    )
}

/// Loads the scripts. A user who may not is served by `EVAL` with the source.
async fn load_scripts(
    connection: &mut MultiplexedConnection,
) -> Result<[Option<String>; Script::ALL.len()], Error> {
    let mut pipeline = Pipeline::new();
    for script in Script::ALL {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(script.source());
    }
    // The server's `PING` as well: a connection is published only after it has answered.
    pipeline.cmd("PING");
    let replies = connection
        .send_packed_commands(&pipeline, 0, Script::ALL.len() + 1)
        .await;
    let mut digests = [const { None }; Script::ALL.len()];
    match replies {
        Ok(replies) => {
            for (digest, reply) in digests.iter_mut().zip(replies) {
                // An error reply comes as a value here: this user may not load scripts.
                *digest = redis::from_redis_value(reply).ok();
            }
            Ok(digests)
        }
        Err(error) if is_dead(&error) => Err(convert(error)),
        Err(_) => Ok(digests),
    }
}
