//! Steps of the protocol for several keys at once: one round of commands, each still for itself.

use core::sync::atomic::Ordering;
use core::time::Duration;

use redis::Value;

use super::error::{convert, is_forbidden, is_unknown_script, is_unknown_syntax};
use super::route::Sent;
use super::scripts::Script;
use super::steps::{
    ClaimArgs, RedisStore, claimed, integer, millis, scripted, set_claim, unexpected,
};
use crate::codec::{Nonce, lease};
use crate::error::Error;
use crate::size::Size;
use crate::store::{Claimed, Claiming, Deleted, Expect, Filling};

/// A script's key and arguments.
pub(super) type Call<'a> = (&'a str, Vec<&'a [u8]>);

impl RedisStore {
    pub(super) async fn mget(
        &self,
        keys: &[&str],
        size: Size,
    ) -> Result<Vec<Result<Option<Vec<u8>>, Error>>, Error> {
        let mut found: Vec<_> = keys.iter().map(|_| Err(unexpected())).collect();
        let named = keys.iter().copied();
        for (places, reply) in self.wire.send_grouped("MGET", named, size).await? {
            match settle(reply) {
                Ok(Value::Array(values)) => {
                    for (at, value) in places.into_iter().zip(values) {
                        found[at] = text(value);
                        if let Ok(Some(bytes)) = &found[at]
                            && Size::of(bytes.len()) > size
                        {
                            self.wire.expect_large(keys[at]);
                        }
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    for at in places {
                        found[at] = Err(error.clone());
                    }
                }
            }
        }
        Ok(found)
    }

    pub(super) async fn delete_all(&self, keys: &[String]) -> Result<Deleted, Error> {
        let mut deleted = Deleted {
            count: 0,
            failed: Vec::new(),
        };
        let keys = keys.iter().map(String::as_str);
        for (places, reply) in self.wire.send_grouped("DEL", keys, Size::Ordinary).await? {
            match settle(reply).and_then(|reply| integer(&reply)) {
                Ok(count) => deleted.count += count,
                Err(error) => {
                    let failed = places.into_iter().map(|at| (at, error.clone()));
                    deleted.failed.extend(failed);
                }
            }
        }
        Ok(deleted)
    }

    pub(super) async fn claim_all(
        &self,
        claims: &[Claiming<'_>],
        duration: Duration,
    ) -> Result<Vec<Result<Claimed, Error>>, Error> {
        let millis = millis(duration);
        let leases: Vec<_> = claims.iter().map(|claim| lease(claim.nonce)).collect();
        let mut results: Vec<_> = claims.iter().map(|_| Err(unexpected())).collect();
        let by_script = self.claims_by_script.load(Ordering::Relaxed);
        let (set, mut eval): (Vec<_>, Vec<_>) = (0..claims.len())
            .partition(|&at| !by_script && matches!(claims[at].expect, Expect::Missing));
        let commands = set.iter().map(|&at| {
            let key = claims[at].key;
            (self.wire.route(key), set_claim(key, &leases[at], millis))
        });
        let replies = self.wire.send_each(commands.collect()).await?;
        for (at, reply) in set.into_iter().zip(replies) {
            match reply {
                Ok(Err(error)) if is_unknown_syntax(&error) => {
                    self.claims_by_script.store(true, Ordering::Relaxed);
                    eval.push(at);
                }
                reply => results[at] = settle(reply).and_then(|r| claimed(r, &leases[at])),
            }
        }
        let args: Vec<_> = eval
            .iter()
            .map(|&at| ClaimArgs::new(&claims[at].expect, &leases[at], millis))
            .collect();
        let calls: Vec<Call<'_>> = eval
            .iter()
            .zip(&args)
            .map(|(&at, args)| (claims[at].key, args.list().to_vec()))
            .collect();
        for (at, reply) in eval
            .into_iter()
            .zip(self.eval_all(Script::Claim, &calls).await?)
        {
            results[at] = settle(reply).and_then(|r| claimed(r, &leases[at]));
        }
        Ok(results)
    }

    pub(super) async fn fill_all(
        &self,
        fills: &[Filling<'_>],
    ) -> Result<Vec<Result<bool, Error>>, Error> {
        let lives: Vec<_> = fills
            .iter()
            .map(|fill| fill.life.unwrap_or(0).to_string())
            .collect();
        let calls: Vec<Call<'_>> = fills
            .iter()
            .zip(&lives)
            .map(|(fill, life)| {
                (
                    fill.key,
                    vec![&fill.expect.0[..], fill.entry, life.as_bytes()],
                )
            })
            .collect();
        let replies = self.eval_all(Script::Fill, &calls).await?;
        Ok(replies.into_iter().map(did).collect())
    }

    pub(super) async fn renew_all(
        &self,
        leases: &[(&str, Nonce)],
        duration: Duration,
    ) -> Result<Vec<Result<bool, Error>>, Error> {
        let millis = millis(duration).to_string();
        let bytes: Vec<_> = leases.iter().map(|(_, nonce)| lease(*nonce)).collect();
        let calls: Vec<Call<'_>> = leases
            .iter()
            .zip(&bytes)
            .map(|((key, _), lease)| (*key, vec![&lease[..], millis.as_bytes()]))
            .collect();
        let replies = self.eval_all(Script::Renew, &calls).await?;
        Ok(replies.into_iter().map(did).collect())
    }

    pub(super) async fn release_all(
        &self,
        leases: &[(&str, Nonce)],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let bytes: Vec<_> = leases.iter().map(|(_, nonce)| lease(*nonce)).collect();
        let calls: Vec<Call<'_>> = leases
            .iter()
            .zip(&bytes)
            .map(|((key, _), lease)| (*key, vec![&lease[..]]))
            .collect();
        let replies = self.eval_all(Script::Release, &calls).await?;
        let is_forbidden = |reply: &Sent| matches!(reply, Ok(Err(error)) if is_forbidden(error));
        let forbidden: Vec<_> = (0..replies.len())
            .filter(|&at| is_forbidden(&replies[at]))
            .collect();
        let released = |reply| settle(reply).map(drop);
        let mut released: Vec<_> = replies.into_iter().map(released).collect();
        // As for one alone.
        let keys = forbidden.iter().map(|&at| leases[at].0);
        for (places, reply) in self.wire.send_grouped("DEL", keys, Size::Ordinary).await? {
            let deleted = settle(reply).map(drop);
            for place in places {
                released[forbidden[place]].clone_from(&deleted);
            }
        }
        Ok(released)
    }

    pub(super) async fn guard_all(
        &self,
        keys: &[(&str, Nonce)],
        token: Nonce,
        stay: Duration,
    ) -> Result<Vec<Result<bool, Error>>, Error> {
        let millis = millis(stay).to_string();
        let calls: Vec<Call<'_>> = keys
            .iter()
            .map(|(key, nonce)| (*key, vec![&token.0[..], &nonce.0[..], millis.as_bytes()]))
            .collect();
        let replies = self.eval_all(Script::Guard, &calls).await?;
        Ok(replies.into_iter().map(did).collect())
    }

    pub(super) async fn unguard_all(
        &self,
        leaving: &[(&str, Nonce)],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let calls: Vec<Call<'_>> = leaving
            .iter()
            .map(|(key, token)| (*key, vec![&token.0[..]]))
            .collect();
        let replies = self.eval_all(Script::Unguard, &calls).await?;
        let left = |reply| settle(reply).map(drop);
        Ok(replies.into_iter().map(left).collect())
    }

    /// One script for many keys: by digest, and by source where the digest is not known (any more).
    pub(super) async fn eval_all(
        &self,
        script: Script,
        calls: &[Call<'_>],
    ) -> Result<Vec<Sent>, Error> {
        let commands = calls.iter().map(|(key, args)| {
            let route = self.wire.route(key);
            let digest = route.as_ref().ok().and_then(|route| route.digest(script));
            let command = match digest {
                Some(digest) => scripted("EVALSHA", digest, key, args),
                None => scripted("EVAL", script.source(), key, args),
            };
            (route, command)
        });
        let mut replies = self.wire.send_each(commands.collect()).await?;
        let is_unknown = |reply: &Sent| matches!(reply, Ok(Err(error)) if is_unknown_script(error));
        let unknown: Vec<_> = (0..replies.len())
            .filter(|&at| is_unknown(&replies[at]))
            .collect();
        let again = unknown.iter().map(|&at| {
            let (key, args) = &calls[at];
            let command = scripted("EVAL", script.source(), key, args);
            (self.wire.route(key), command)
        });
        let second = self.wire.send_each(again.collect()).await?;
        for (at, reply) in unknown.into_iter().zip(second) {
            replies[at] = reply;
        }
        Ok(replies)
    }
}

pub(super) fn settle(reply: Sent) -> Result<Value, Error> {
    reply?.map_err(convert)
}

/// Scripts say by a number whether they did what they are for.
fn did(reply: Sent) -> Result<bool, Error> {
    Ok(integer(&settle(reply)?)? > 0)
}

/// The string that a key holds.
pub(super) fn text(reply: Value) -> Result<Option<Vec<u8>>, Error> {
    match reply {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::Nil => Ok(None),
        _ => Err(unexpected()),
    }
}
