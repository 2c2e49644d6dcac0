//! Where the server is, asked anew before each attempt to connect.

use redis::ConnectionInfo;
use redis::aio::MultiplexedConnection;

use super::dial::Dialer;
use super::sentinel::Sentinels;
use crate::error::Error;

pub(super) enum Source {
    /// Always at this address. Its name is resolved by each attempt.
    Fixed(ConnectionInfo),
    /// Where the sentinels say.
    Sentinels(Sentinels),
}

impl Source {
    pub(super) async fn locate(&self, dialer: &Dialer) -> Result<ConnectionInfo, Error> {
        match self {
            Self::Fixed(info) => Ok(info.clone()),
            Self::Sentinels(sentinels) => sentinels.primary(dialer).await,
        }
    }

    /// Whether the server at the other end is the one that was meant.
    pub(super) async fn verify(&self, connection: &mut MultiplexedConnection) -> Result<(), Error> {
        match self {
            Self::Fixed(_) => Ok(()),
            Self::Sentinels(sentinels) => sentinels.verify(connection).await,
        }
    }

    /// Whether the answer may change while a connection works.
    pub(super) fn may_move(&self) -> bool {
        matches!(self, Self::Sentinels(_))
    }

    /// For messages: without user and password.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Fixed(info) => info.addr().to_string(),
            Self::Sentinels(sentinels) => sentinels.address(),
        }
    }
}

impl From<ConnectionInfo> for Source {
    fn from(info: ConnectionInfo) -> Self {
        Self::Fixed(info)
    }
}

impl From<Sentinels> for Source {
    fn from(sentinels: Sentinels) -> Self {
        Self::Sentinels(sentinels)
    }
}
