//! Opening one connection.

use core::convert::Infallible;
use core::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisError,
};

use super::link::Alarm;

/// Commands that may wait to be written. The client's default of 50 makes a burst of readers wait for one another.
const QUEUE: usize = 1024;

/// How connections are opened, the same for all of a cache.
#[derive(Debug)]
pub(super) struct Dialer {
    tcp: TcpSettings,
}

impl Dialer {
    pub(super) fn new() -> Self {
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
        Self { tcp }
    }

    /// Connects and logs in. Where the protocol tells of a closed connection without a command, the alarm sounds then.
    pub(super) async fn open(
        &self,
        info: &ConnectionInfo,
        alarm: Option<&Alarm>,
    ) -> Result<MultiplexedConnection, RedisError> {
        // Our own deadline stands around every command, so the client need not arm a timer as well.
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None)
            .set_pipeline_buffer_size(QUEUE);
        let config = match alarm {
            Some(alarm) if info.redis_settings().protocol() == ProtocolVersion::RESP3 => {
                let alarm = alarm.clone();
                config.set_push_sender(move |push: PushInfo| {
                    // Called inside the driver's task, so it may not block.
                    if push.kind == PushKind::Disconnection {
                        alarm.sound();
                    }
                    Ok::<(), Infallible>(())
                })
            }
            _ => config,
        };
        let client = Client::open(info.clone().set_tcp_settings(self.tcp.clone()))?;
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }
}
