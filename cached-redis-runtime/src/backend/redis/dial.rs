//! Opening one connection.

use core::convert::Infallible;
use core::time::Duration;

#[cfg(feature = "tls-no-provider")]
use redis::ConnectionAddr;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisError,
};

use super::link::Alarm;
#[cfg(feature = "tls-no-provider")]
use super::tls::Tls;
use super::tls_settings::TlsSettings;
use crate::error::{Error, ErrorKind};

/// Commands that may wait to be written. The client's default of 50 makes a burst of readers wait for one another.
const QUEUE: usize = 1024;

/// How connections are opened, the same for all of a cache.
pub(super) struct Dialer {
    tcp: TcpSettings,
    #[cfg(feature = "tls-no-provider")]
    tls: Option<Tls>,
}

impl Dialer {
    /// `tls` if there are addresses of it.
    ///
    /// # Errors
    /// Settings of TLS that cannot be used, or are not asked for.
    #[cfg_attr(
        not(feature = "tls-no-provider"),
        expect(clippy::unused_async, reason = "with the feature it reads files")
    )]
    pub(super) async fn new(tls: bool, settings: TlsSettings) -> Result<Self, Error> {
        if !tls && let Some(given) = settings.given() {
            let message =
                format!("`{given}` is given, and the URL is one without TLS, such as `redis://`");
            return Err(Error::new(ErrorKind::Setting, message));
        }
        #[cfg(not(feature = "tls-no-provider"))]
        if tls {
            let message = "a URL with TLS, such as `rediss://`, needs the feature `tls` of `cached-redis-runtime`";
            return Err(Error::new(ErrorKind::Url, message));
        }
        Ok(Self {
            tcp: tcp(),
            #[cfg(feature = "tls-no-provider")]
            tls: if tls {
                Some(Tls::new(settings).await?)
            } else {
                None
            },
        })
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
        #[cfg(feature = "tls-no-provider")]
        if let (ConnectionAddr::TcpTls { host, port, .. }, Some(tls)) = (info.addr(), &self.tls) {
            let stream = tls.connect(host, *port, &self.tcp).await?;
            let settings = info.redis_settings();
            let opened = MultiplexedConnection::new_with_config(settings, stream, config);
            let (connection, driver) = opened.await?;
            // It ends with the connection's last handle.
            tokio::spawn(driver);
            return Ok(connection);
        }
        let client = Client::open(info.clone().set_tcp_settings(self.tcp.clone()))?;
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }
}

fn tcp() -> TcpSettings {
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
    tcp
}

#[cfg(all(test, not(feature = "tls-no-provider")))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_the_feature_a_url_with_tls_says_so() {
        let refused = Dialer::new(true, TlsSettings::default()).await;
        let error = refused.err().expect("no TLS");
        assert_eq!(error.kind(), ErrorKind::Url);
        assert!(error.to_string().contains("the feature `tls`"), "{error}");
    }
}
