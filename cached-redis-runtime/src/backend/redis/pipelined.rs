//! Steps of the protocol for several keys at once: one round of commands, each still for itself.

use core::time::Duration;

use redis::{Cmd, RedisError, Value};

use super::claims::{ClaimArgs, claimed, set_claim};
use super::confirm::certainty;
use super::connect::Live;
use super::error::{convert, is_forbidden, is_unknown_script, is_unknown_syntax};
use super::route::{Route, Sent};
use super::scripts::Script;
use super::steps::{RedisStore, integer, millis, scripted, unexpected};
use super::wire::{Routed, Wire};
use crate::codec::{Nonce, lease};
use crate::error::Error;
use crate::size::Size;
use crate::store::{Claimed, Claiming, Deleted, Expect, Filling, Gone};
use crate::sync::atomic::Ordering;

/// A script's key and arguments.
pub(super) type Call<'a> = (&'a str, Vec<&'a [u8]>);

/// How a key's commands go.
type Way = fn(&Wire, &str) -> Result<Route, Error>;

impl RedisStore {
    pub(super) async fn mget(
        &self,
        keys: &[&str],
        size: Size,
    ) -> Result<Vec<Result<Option<Vec<u8>>, Error>>, Error> {
        let mut found: Vec<_> = keys.iter().map(|_| Err(unexpected())).collect();
        let named = keys.iter().copied();
        let route = |key: &str| self.wire.route_of(key, size);
        for (places, reply) in self.wire.send_grouped("MGET", named, route).await? {
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
        let mut deleted = Deleted::default();
        let keys = keys.iter().map(String::as_str);
        let route = |key: &str| self.wire.route_of_deletion(key);
        for (places, reply) in self.wire.send_grouped("DEL", keys, route).await? {
            let reply = self.deleted(reply, places.len());
            match reply.and_then(|(reply, gone)| Ok((integer(&reply)?, gone))) {
                Ok((count, gone)) => {
                    deleted.count += count;
                    if gone.is_unconfirmed() {
                        deleted.unconfirmed.extend(places);
                    }
                }
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
        let args: Vec<_> = claims
            .iter()
            .zip(&leases)
            .map(|(claim, lease)| ClaimArgs::new(&claim.expect, lease, millis))
            .collect();
        let calls: Vec<Call<'_>> = claims
            .iter()
            .zip(&args)
            .map(|(claim, args)| (claim.key, args.list().to_vec()))
            .collect();
        let is_set = |at: usize, live: &Live| {
            matches!(claims[at].expect, Expect::Missing) && !live.claims_by_script()
        };
        let commands = (0..claims.len()).map(|at| {
            let key = claims[at].key;
            let route = self.wire.route(key);
            let command = match &route {
                Ok(route) if is_set(at, &route.live) => set_claim(key, &leases[at], millis),
                _ => evaluated(Script::Claim, &route, &calls[at]),
            };
            (route, command)
        });
        let commands: Vec<_> = commands.collect();
        let is_unknown = |at: usize, error: &RedisError| {
            let Ok(route) = self.wire.route(claims[at].key) else {
                return false;
            };
            let is_set = is_set(at, &route.live) && is_unknown_syntax(error);
            if is_set {
                route.live.claim_by_script();
            }
            is_set || is_unknown_script(error)
        };
        let what = (Script::Claim, &calls[..]);
        let replies = self.send_scripted(what, commands, is_unknown, Wire::route);
        let replies = replies.await?.into_iter().zip(&leases);
        let results = replies.map(|(reply, lease)| claimed(settle(reply)?, lease));
        Ok(results.collect())
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
        let route = |key: &str| self.wire.route(key);
        match self.wire.send_grouped("DEL", keys, route).await {
            Ok(replies) => {
                for (places, reply) in replies {
                    let deleted = settle(reply).map(drop);
                    for place in places {
                        released[forbidden[place]].clone_from(&deleted);
                    }
                }
            }
            Err(error) => {
                for at in forbidden {
                    released[at] = Err(error.clone());
                }
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
    ) -> Result<Vec<Result<Gone, Error>>, Error> {
        let calls: Vec<Call<'_>> = leaving
            .iter()
            .map(|(key, token)| (*key, vec![&token.0[..]]))
            .collect();
        let replies = self.eval_each(Script::Unguard, &calls, Wire::route_of_deletion);
        let left = |reply| self.deleted(reply, 1).map(|(_, gone)| gone);
        Ok(replies.await?.into_iter().map(left).collect())
    }

    /// What a deletion of so many keys was answered, and counts it if it is not confirmed.
    fn deleted(&self, reply: Sent, keys: usize) -> Result<(Value, Gone), Error> {
        let (reply, gone) = certainty(settle(reply)?);
        if gone.is_unconfirmed() {
            self.unconfirmed.fetch_add(keys as u64, Ordering::Relaxed);
        }
        Ok((reply, gone))
    }

    /// One script for many keys: by digest, and by source where the digest is not known (any more).
    pub(super) async fn eval_all(
        &self,
        script: Script,
        calls: &[Call<'_>],
    ) -> Result<Vec<Sent>, Error> {
        self.eval_each(script, calls, Wire::route).await
    }

    /// [`eval_all`](Self::eval_all) by another way.
    async fn eval_each(
        &self,
        script: Script,
        calls: &[Call<'_>],
        by: Way,
    ) -> Result<Vec<Sent>, Error> {
        let commands = calls.iter().map(|call| {
            let route = by(&self.wire, call.0);
            let command = evaluated(script, &route, call);
            (route, command)
        });
        let commands = commands.collect();
        let is_unknown = |_, error: &RedisError| is_unknown_script(error);
        self.send_scripted((script, calls), commands, is_unknown, by)
            .await
    }

    /// Sends what stands for these calls of a script, and the script's source in place of what the server does not know.
    ///
    /// # Errors
    /// When it is the same for all: no server could be reached.
    async fn send_scripted(
        &self,
        (script, calls): (Script, &[Call<'_>]),
        commands: Vec<Routed>,
        is_unknown: impl Fn(usize, &RedisError) -> bool,
        by: Way,
    ) -> Result<Vec<Sent>, Error> {
        let mut replies = self.wire.send_each(commands).await?;
        let mut unknown = Vec::new();
        for (at, reply) in replies.iter().enumerate() {
            if matches!(reply, Ok(Err(error)) if is_unknown(at, error)) {
                unknown.push(at);
            }
        }
        let again = unknown.iter().map(|&at| {
            let (key, args) = &calls[at];
            let command = scripted("EVAL", script.source(), &[key], args);
            (by(&self.wire, key), command)
        });
        // What the others have been answered stands, whatever becomes of these.
        let second = self.wire.send_each_alone(again.collect()).await;
        for (at, reply) in unknown.into_iter().zip(second) {
            replies[at] = reply;
        }
        Ok(replies)
    }
}

/// A script by its digest, if the server has it.
fn evaluated(script: Script, route: &Result<Route, Error>, (key, args): &Call<'_>) -> Cmd {
    let digest = route.as_ref().ok().and_then(|route| route.digest(script));
    match digest {
        Some(digest) => scripted("EVALSHA", digest, &[key], args),
        None => scripted("EVAL", script.source(), &[key], args),
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
