//! One connection, from dialling to where callers may have it.

use redis::aio::MultiplexedConnection;
use redis::{ConnectionAddr, ProtocolVersion};

use super::error::convert_setup;
use super::link::Alarm;
use super::place::Place;
use super::probe::Profile;
use super::scripts::Script;
use super::setup::{read_only, set_up};
use crate::error::Error;
use crate::observe::ServerInfo;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A connection that is set up.
pub(super) struct Connected {
    /// No other connection of this process has it.
    number: u64,
    connection: MultiplexedConnection,
    address: ConnectionAddr,
    /// The digests of [`Script::ALL`], where the server let us load them.
    digests: [Option<String>; Script::ALL.len()],
    info: ServerInfo,
    /// The server knows `NX` and `GET` only apart, as Redis 6.2 does.
    claims_by_script: AtomicBool,
}

impl Connected {
    /// Connects, logs in and asks what there is to know.
    pub(super) async fn open(place: &Place, alarm: &Alarm) -> Result<Self, Error> {
        let info = place.locate().await?;
        let dialer = &place.policy.dialer;
        let mut protocol = info.redis_settings().protocol();
        let mut connection = match dialer.open(&info, Some(alarm)).await {
            // A proxy without `HELLO`: a closed connection then shows only when a command is sent.
            Err(error) if error.kind() == redis::ErrorKind::RESP3NotSupported => {
                protocol = ProtocolVersion::RESP2;
                let settings = info.redis_settings().clone().set_protocol(protocol);
                let info = info.clone().set_redis_settings(settings);
                dialer.open(&info, Some(alarm)).await
            }
            opened => opened,
        }
        .map_err(convert_setup)?;
        place.source.verify(&mut connection).await?;
        let (digests, profile) = if place.is_reader {
            read_only(&mut connection).await?;
            Default::default()
        } else {
            set_up(&mut connection, &place.probe).await?
        };
        let Profile {
            info: mut said,
            claims_by_script,
        } = profile;
        said.protocol = if protocol == ProtocolVersion::RESP3 {
            3
        } else {
            2
        };
        Ok(Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            connection,
            address: info.addr().clone(),
            digests,
            info: said,
            claims_by_script: AtomicBool::new(claims_by_script),
        })
    }

    /// A handle for one command.
    pub(super) fn connection(&self) -> MultiplexedConnection {
        self.connection.clone()
    }

    pub(super) fn info(&self) -> &ServerInfo {
        &self.info
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn address(&self) -> &ConnectionAddr {
        &self.address
    }

    pub(super) fn claims_by_script(&self) -> bool {
        self.claims_by_script.load(Ordering::Relaxed)
    }

    /// Where it could not be asked when it was connected to, a claim finds out.
    pub(super) fn claim_by_script(&self) {
        self.claims_by_script.store(true, Ordering::Relaxed);
    }

    pub(super) fn digest(&self, script: Script) -> Option<&str> {
        self.digests[script as usize].as_deref()
    }
}
