//! TLS: whom to trust, who we are, and the handshake.
//!
//! The client's own TLS builds its configuration anew for each connection, from the system's certificates even where they
//! are not wanted, and panics in a process without a default provider of cryptography. So this is ours, and the client is
//! handed the stream.

mod config;
mod error;

use core::time::Duration;
use std::io;
use std::net::SocketAddr;

use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::SockRef;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(super) use self::error::refusal;
use super::tls_settings::TlsSettings;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::sync::Arc;

/// Less than an attempt has, so that it is known what was waited for: a server without TLS takes the greeting for a command
/// and waits for its end.
const HANDSHAKE: Duration = Duration::from_millis(750);

/// What every handshake of a cache has in common.
pub(super) struct Tls {
    connector: TlsConnector,
}

impl Tls {
    /// # Errors
    /// What of the settings cannot be used, or that nobody is trusted.
    pub(super) async fn new(settings: TlsSettings) -> Result<Self, Error> {
        // Reading the system's certificates takes milliseconds.
        let config = tokio::task::spawn_blocking(move || config::build(&settings)).await;
        let config = config
            .map_err(|_| Error::new(ErrorKind::Setting, "the certificates could not be read"))??;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    pub(super) async fn connect(
        &self,
        host: &str,
        port: u16,
        settings: &TcpSettings,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        let stream = dial(lookup_host((host, port)).await?).await?;
        apply(settings, &stream)?;
        let handshake = self.connector.connect(name.to_owned(), stream);
        let shaken = clock::within(HANDSHAKE, handshake).await;
        shaken.unwrap_or_else(|_| Err(io::Error::other(rustls::Error::HandshakeNotComplete)))
    }
}

/// All of a host's addresses at once: one that leads nowhere must not cost the whole attempt.
async fn dial(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut dials: JoinSet<_> = addresses.map(TcpStream::connect).collect();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    while let Some(dialled) = dials.join_next().await {
        match dialled.unwrap_or_else(|error| Err(error.into())) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn apply(settings: &TcpSettings, stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(settings.nodelay())?;
    if let Some(keepalive) = settings.keepalive() {
        socket.set_tcp_keepalive(keepalive)?;
    }
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(settings.user_timeout())?;
    Ok(())
}
