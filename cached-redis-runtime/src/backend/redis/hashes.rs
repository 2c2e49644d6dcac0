//! The protocol's steps for entries that are hashes. What is the same for any entry is left to the store of strings.

use core::time::Duration;

use redis::{Cmd, Value};

use super::claims::ClaimArgs;
use super::error::convert;
use super::pipelined::settle;
use super::scripts::Script;
use super::steps::{RedisStore, integer, millis, unexpected};
use crate::clock;
use crate::codec::fields::{Fields, RESERVED, entry_of};
use crate::codec::{HEADER, Nonce, Renewal, lease};
use crate::error::{Error, ErrorKind};
use crate::observe::{Examination, ServerInfo};
use crate::size::Size;
use crate::store::{
    Claimed, Cursor, Deleted, Expect, FieldStore, Glimpse, Gone, Look, Reply, Store, Structures,
    Tagging, TakenOver, Updating,
};
use crate::sync::Arc;

/// A server's entries, as hashes.
#[derive(Debug)]
pub(super) struct RedisHashes {
    store: Arc<RedisStore>,
}

impl RedisHashes {
    pub(super) fn new(store: Arc<RedisStore>) -> Self {
        Self { store }
    }

    async fn look(&self, key: &str, size: Size) -> Result<Look, Error> {
        let wire = &self.store.wire;
        let mut route = wire.route_of(key, size)?;
        let mut command = Cmd::with_capacity(2, 7 + key.len());
        command.arg("HGETALL").arg(key);
        let (reply, sent) = route.endpoint.send(&route.live, &command).await?;
        let reply = match reply {
            Ok(reply) => Ok(reply),
            Err(error) => {
                let took = sent.map_or(Duration::ZERO, clock::Sent::elapsed);
                let began = clock::now() - took;
                wire.follow(error, &mut route, &command, began).await?
            }
        };
        let reply = match reply.map_err(convert) {
            // A guard, or somebody's string. Asked for again, since by now it may be a hash.
            Err(error) if error.kind() == ErrorKind::WrongType => {
                self.store.eval(Script::HashLook, key, &[]).await?
            }
            reply => reply?,
        };
        let bytes = held(reply)?;
        if let Some(bytes) = &bytes
            && Size::of(bytes.len()) > size
        {
            wire.expect_large(key);
        }
        Ok(Look {
            bytes,
            sent,
            secondhand: false,
        })
    }

    async fn claim_one(
        &self,
        key: &str,
        expect: &Expect,
        nonce: Nonce,
        duration: Duration,
    ) -> Result<Claimed, Error> {
        let lease = lease(nonce);
        let args = ClaimArgs::new(expect, &lease, millis(duration));
        let reply = self
            .store
            .eval(Script::HashClaim, key, &args.list())
            .await?;
        Ok(held(reply)?.map_or(Claimed::Mine, Claimed::Other))
    }

    async fn fill_one(
        &self,
        key: &str,
        expect: Nonce,
        entry: &[u8],
        life: Option<u64>,
    ) -> Result<bool, Error> {
        let Some((header, payload)) = entry.split_at_checked(HEADER) else {
            return Ok(false);
        };
        let millis = life.unwrap_or(0).to_string();
        let mut args: Vec<&[u8]> = vec![&expect.0, millis.as_bytes(), header];
        for (name, value) in Fields::of(payload) {
            args.extend([name, value]);
        }
        let wire = &self.store.wire;
        let size = Size::of(entry.len());
        if !size.is_ordinary() {
            Box::pin(wire.large(key)).await;
        }
        let route = wire.route_of(key, size)?;
        let filled = self
            .store
            .try_eval(route, Script::HashFill, &[key], &args)
            .await;
        Ok(integer(&settle(filled)?)? > 0)
    }
}

/// What is there, as one run of bytes.
fn held(reply: Value) -> Result<Option<Vec<u8>>, Error> {
    let flat = match reply {
        Value::Nil => return Ok(None),
        Value::BulkString(bytes) => return Ok(Some(bytes)),
        Value::Map(pairs) => {
            let pairs = pairs.into_iter();
            pairs.flat_map(|(name, value)| [name, value]).collect()
        }
        Value::Array(flat) => flat,
        _ => return Err(unexpected()),
    };
    if flat.is_empty() {
        return Ok(None);
    }
    let (pairs, rest) = flat.as_chunks::<2>();
    let mut fields = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let [Value::BulkString(name), Value::BulkString(value)] = pair else {
            return Err(unexpected());
        };
        fields.push((&**name, &**value));
    }
    match entry_of(&fields) {
        Some(bytes) if rest.is_empty() => Ok(Some(bytes)),
        Some(_) => Err(unexpected()),
        None => Err(Error::new(
            ErrorKind::WrongType,
            "the key holds a hash that is no entry of this cache",
        )),
    }
}

impl Store for RedisHashes {
    fn get<'a>(&'a self, key: &'a str, size: Size) -> Reply<'a, Look> {
        Box::pin(self.look(key, size))
    }

    fn claim<'a>(
        &'a self,
        key: &'a str,
        expect: Expect,
        nonce: Nonce,
        lease: Duration,
    ) -> Reply<'a, Claimed> {
        Box::pin(async move { self.claim_one(key, &expect, nonce, lease).await })
    }

    fn seize<'a>(&'a self, key: &'a str, nonce: Nonce, duration: Duration) -> Reply<'a, bool> {
        Box::pin(async move {
            let (lease, millis) = (lease(nonce), millis(duration).to_string());
            let args: [&[u8]; 2] = [&lease, millis.as_bytes()];
            let seized = self.store.eval(Script::HashSeize, key, &args).await?;
            Ok(integer(&seized)? > 0)
        })
    }

    fn fill<'a>(
        &'a self,
        key: &'a str,
        expect: Nonce,
        entry: &'a [u8],
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        Box::pin(self.fill_one(key, expect, entry, life))
    }

    fn renew<'a>(&'a self, key: &'a str, nonce: Nonce, duration: Duration) -> Reply<'a, bool> {
        Box::pin(async move {
            let (lease, millis) = (lease(nonce), millis(duration).to_string());
            let args: [&[u8]; 2] = [&lease, millis.as_bytes()];
            let renewed = self.store.eval(Script::HashRenew, key, &args).await?;
            Ok(integer(&renewed)? > 0)
        })
    }

    fn slide<'a>(&'a self, _key: &'a str, _renewal: &'a Renewal) -> Reply<'a, bool> {
        // The attribute refuses `sliding`. That an entry is not there any more is always a good answer.
        Box::pin(core::future::ready(Ok(false)))
    }

    fn release<'a>(&'a self, key: &'a str, nonce: Nonce, size: Size) -> Reply<'a, bool> {
        let script = Script::HashRelease;
        Box::pin(self.store.release_by(script, key, nonce, size))
    }

    fn guard_many<'a>(
        &'a self,
        keys: &'a [(&'a str, Nonce)],
        token: Nonce,
        stay: Duration,
    ) -> Reply<'a, Vec<Result<bool, Error>>> {
        self.store.guard_many(keys, token, stay)
    }

    fn unguard_many<'a>(
        &'a self,
        leaving: &'a [(&'a str, Nonce)],
    ) -> Reply<'a, Vec<Result<Gone, Error>>> {
        self.store.unguard_many(leaving)
    }

    fn delete<'a>(&'a self, keys: &'a [String]) -> Reply<'a, Deleted> {
        self.store.delete(keys)
    }

    fn register<'a>(&'a self, tags: &'a [Tagging<'a>], life: u64) -> Reply<'a, ()> {
        self.store.register(tags, life)
    }

    fn members<'a>(&'a self, tag: &'a str, cursor: Cursor) -> Reply<'a, (Cursor, Vec<String>)> {
        self.store.members(tag, cursor)
    }

    fn structures(&self) -> &dyn Structures {
        self.store.structures()
    }

    fn ping(&self) -> Reply<'_, ()> {
        self.store.ping()
    }

    fn examine(&self) -> Reply<'_, Examination> {
        self.store.examine()
    }

    fn unconfirmed(&self) -> u64 {
        self.store.unconfirmed()
    }

    fn server(&self) -> Option<ServerInfo> {
        self.store.server()
    }

    fn is_ready(&self) -> bool {
        self.store.is_ready()
    }

    fn hashes(self: Arc<Self>) -> Arc<dyn FieldStore> {
        self
    }
}

impl FieldStore for RedisHashes {
    fn glimpse<'a>(&'a self, key: &'a str, name: &'a str) -> Reply<'a, Glimpse> {
        Box::pin(async move {
            let mut route = self.store.wire.route(key)?;
            let mut command = redis::cmd("HMGET");
            command.arg(key).arg(RESERVED).arg(name);
            let sent = self.store.wire.send(&mut route, &command).await?;
            let values = match sent.map_err(convert) {
                Ok(Value::Array(values)) => values,
                Ok(_) => return Err(unexpected()),
                // A guard, or somebody else's: the look at the whole finds out.
                Err(error) if error.kind() == ErrorKind::WrongType => Vec::new(),
                Err(error) => return Err(error),
            };
            let mut values = values.into_iter().map(|value| match value {
                Value::BulkString(bytes) => Some(bytes),
                _ => None,
            });
            Ok(Glimpse {
                header: values.next().flatten(),
                field: values.next().flatten(),
            })
        })
    }

    fn hold<'a>(
        &'a self,
        key: &'a str,
        kind: [u8; 10],
        nonce: Nonce,
        duration: Duration,
    ) -> Reply<'a, Option<TakenOver>> {
        Box::pin(async move {
            let (lease, millis) = (lease(nonce), millis(duration).to_string());
            let args: [&[u8]; 3] = [&lease, millis.as_bytes(), &kind];
            let reply = self.store.eval(Script::HashHold, key, &args).await?;
            let Value::Array(reply) = reply else {
                return match reply {
                    Value::Nil => Ok(None),
                    _ => Err(unexpected()),
                };
            };
            let [Value::BulkString(header), Value::Int(left)] = &reply[..] else {
                return Err(unexpected());
            };
            let header = <[u8; HEADER]>::try_from(&**header).map_err(|_| unexpected())?;
            Ok(Some(TakenOver {
                header,
                left: u64::try_from(*left).ok(),
            }))
        })
    }

    fn update<'a>(&'a self, key: &'a str, update: &'a Updating<'a>) -> Reply<'a, bool> {
        Box::pin(async move {
            let lease = lease(update.expect);
            let millis = update.life.unwrap_or(0).to_string();
            let args: [&[u8]; 5] = [
                &lease,
                millis.as_bytes(),
                &update.header,
                update.name.as_bytes(),
                update.value,
            ];
            let reply = self.store.eval(Script::HashUpdate, key, &args).await?;
            Ok(integer(&reply)? > 0)
        })
    }
}
