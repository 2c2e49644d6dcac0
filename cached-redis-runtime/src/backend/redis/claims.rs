//! The right to load, by one command where the server knows it, and by a script.

use redis::{Cmd, Value};

use super::error::{convert, is_unknown_syntax};
use super::scripts::Script;
use super::steps::{RedisStore, unexpected};
use crate::error::Error;
use crate::store::{Claimed, Expect};

impl RedisStore {
    /// `None` where the server does not know this form.
    pub(super) async fn claim_by_set(
        &self,
        key: &str,
        lease: &[u8],
        millis: u64,
    ) -> Result<Option<Claimed>, Error> {
        let mut route = self.wire.route(key)?;
        if route.live.claims_by_script() {
            return Ok(None);
        }
        let command = set_claim(key, lease, millis);
        match self.wire.send(&mut route, &command).await? {
            Ok(reply) => claimed(reply, lease).map(Some),
            Err(error) if is_unknown_syntax(&error) => {
                route.live.claim_by_script();
                Ok(None)
            }
            Err(error) => Err(convert(error)),
        }
    }

    pub(super) async fn claim_by_script(
        &self,
        key: &str,
        expect: &Expect,
        lease: &[u8],
        millis: u64,
    ) -> Result<Claimed, Error> {
        let args = ClaimArgs::new(expect, lease, millis);
        let reply = self.eval(Script::Claim, key, &args.list()).await?;
        claimed(reply, lease)
    }
}

pub(super) fn set_claim(key: &str, lease: &[u8], millis: u64) -> Cmd {
    let mut command = redis::cmd("SET");
    command.arg(key).arg(lease);
    command.arg("NX").arg("GET").arg("PX").arg(millis);
    command
}

/// The arguments of [`Script::Claim`].
pub(super) struct ClaimArgs<'a> {
    lease: &'a [u8],
    millis: String,
    what: &'static str,
    replaced: &'a [u8],
    length: String,
}

impl<'a> ClaimArgs<'a> {
    pub(super) fn new(expect: &'a Expect, lease: &'a [u8], millis: u64) -> Self {
        let (what, replaced, length): (_, &[u8], _) = match expect {
            Expect::Missing => ("", b"", String::new()),
            Expect::Nonce(nonce) => ("nonce", &nonce.0, String::new()),
            Expect::Foreign { start, len } => ("foreign", start, len.to_string()),
        };
        Self {
            lease,
            millis: millis.to_string(),
            what,
            replaced,
            length,
        }
    }

    pub(super) fn list(&self) -> [&[u8]; 5] {
        let Self {
            lease, replaced, ..
        } = self;
        [
            lease,
            self.millis.as_bytes(),
            self.what.as_bytes(),
            replaced,
            self.length.as_bytes(),
        ]
    }
}

/// What a claim answered: nothing, or our own lease after a lost reply, means that it is in place.
pub(super) fn claimed(reply: Value, lease: &[u8]) -> Result<Claimed, Error> {
    match reply {
        Value::Nil => Ok(Claimed::Mine),
        Value::BulkString(bytes) if bytes == lease => Ok(Claimed::Mine),
        Value::BulkString(bytes) => Ok(Claimed::Other(bytes)),
        _ => Err(unexpected()),
    }
}
