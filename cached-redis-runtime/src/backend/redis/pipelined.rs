//! Steps of the protocol for several keys at once: one round of commands, each still for itself.

use core::sync::atomic::Ordering;
use core::time::Duration;

use redis::{Pipeline, RedisError, Value};

use super::error::{convert, is_forbidden, is_unknown_script, is_unknown_syntax};
use super::scripts::Script;
use super::standalone::{
    ClaimArgs, RedisStore, claimed, integer, millis, scripted, set_claim, unexpected,
};
use crate::codec::{Nonce, lease};
use crate::error::Error;
use crate::store::{Claimed, Claiming, Expect, Filling};

/// A script's key and arguments.
pub(super) type Call<'a> = (&'a str, Vec<&'a [u8]>);

impl RedisStore {
    pub(super) async fn mget(&self, keys: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let mut command = redis::cmd("MGET");
        command.arg(keys);
        let Value::Array(values) = self.send(&command).await? else {
            return Err(unexpected());
        };
        if values.len() != keys.len() {
            return Err(unexpected());
        }
        let values = values.into_iter().map(|value| match value {
            Value::BulkString(bytes) => Ok(Some(bytes)),
            Value::Nil => Ok(None),
            _ => Err(unexpected()),
        });
        values.collect()
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
        let mut pipeline = Pipeline::with_capacity(set.len());
        for &at in &set {
            pipeline.add_command(set_claim(claims[at].key, &leases[at], millis));
        }
        for (at, reply) in set.into_iter().zip(self.send_all(&pipeline).await?) {
            match reply {
                Err(error) if is_unknown_syntax(&error) => {
                    self.claims_by_script.store(true, Ordering::Relaxed);
                    eval.push(at);
                }
                reply => results[at] = reply.map_err(convert).and_then(|r| claimed(r, &leases[at])),
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
            results[at] = reply.map_err(convert).and_then(|r| claimed(r, &leases[at]));
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
        let filled = |reply: Result<Value, RedisError>| Ok(integer(&reply.map_err(convert)?)? > 0);
        Ok(replies.into_iter().map(filled).collect())
    }

    pub(super) async fn renew_all(
        &self,
        leases: &[(&str, Nonce)],
        duration: Duration,
    ) -> Result<Vec<bool>, Error> {
        let millis = millis(duration).to_string();
        let bytes: Vec<_> = leases.iter().map(|(_, nonce)| lease(*nonce)).collect();
        let calls: Vec<Call<'_>> = leases
            .iter()
            .zip(&bytes)
            .map(|((key, _), lease)| (*key, vec![&lease[..], millis.as_bytes()]))
            .collect();
        let replies = self.eval_all(Script::Renew, &calls).await?;
        let renewed = |reply: Result<Value, RedisError>| Ok(integer(&reply.map_err(convert)?)? > 0);
        replies.into_iter().map(renewed).collect()
    }

    pub(super) async fn release_all(&self, leases: &[(&str, Nonce)]) -> Result<(), Error> {
        let bytes: Vec<_> = leases.iter().map(|(_, nonce)| lease(*nonce)).collect();
        let calls: Vec<Call<'_>> = leases
            .iter()
            .zip(&bytes)
            .map(|((key, _), lease)| (*key, vec![&lease[..]]))
            .collect();
        for (reply, (key, _)) in self
            .eval_all(Script::Release, &calls)
            .await?
            .into_iter()
            .zip(leases)
        {
            match reply {
                // As for one alone.
                Err(error) if is_forbidden(&error) => {
                    let mut command = redis::cmd("DEL");
                    command.arg(key);
                    self.send(&command).await?;
                }
                reply => drop(reply.map_err(convert)?),
            }
        }
        Ok(())
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
        let guarded = |reply: Result<Value, RedisError>| Ok(integer(&reply.map_err(convert)?)? > 0);
        Ok(replies.into_iter().map(guarded).collect())
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
        let left = |reply: Result<Value, RedisError>| reply.map(drop).map_err(convert);
        Ok(replies.into_iter().map(left).collect())
    }

    /// One script for many keys: by digest, and by source where the digest is not known (any more).
    pub(super) async fn eval_all(
        &self,
        script: Script,
        calls: &[Call<'_>],
    ) -> Result<Vec<Result<Value, RedisError>>, Error> {
        let live = self.endpoint.live()?;
        let Some(digest) = live.digest(script) else {
            return self.run_all("EVAL", script.source(), calls.iter()).await;
        };
        let mut replies = self.run_all("EVALSHA", digest, calls.iter()).await?;
        let unknown: Vec<_> = (0..replies.len())
            .filter(|&at| replies[at].as_ref().is_err_and(is_unknown_script))
            .collect();
        let again = unknown.iter().map(|&at| &calls[at]);
        let second = self.run_all("EVAL", script.source(), again).await?;
        for (at, reply) in unknown.into_iter().zip(second) {
            replies[at] = reply;
        }
        Ok(replies)
    }

    async fn run_all<'a>(
        &self,
        how: &str,
        script: &str,
        calls: impl Iterator<Item = &'a Call<'a>>,
    ) -> Result<Vec<Result<Value, RedisError>>, Error> {
        let mut pipeline = Pipeline::new();
        for (key, args) in calls {
            pipeline.add_command(scripted(how, script, key, args));
        }
        self.send_all(&pipeline).await
    }

    async fn send_all(&self, pipeline: &Pipeline) -> Result<Vec<Result<Value, RedisError>>, Error> {
        if pipeline.is_empty() {
            return Ok(Vec::new());
        }
        let live = self.endpoint.live()?;
        let replies = self.endpoint.send_all(&live, pipeline).await?;
        if replies.len() == pipeline.len() {
            Ok(replies)
        } else {
            Err(unexpected())
        }
    }
}
