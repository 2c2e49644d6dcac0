//! Tags: a sorted set for each, of the full keys of its members by the end of their life.

use redis::Value;

use super::error::convert;
use super::pipelined::Call;
use super::scripts::Script;
use super::standalone::{RedisStore, integer, unexpected};
use crate::error::Error;
use crate::store::{BATCH, Tagging};

impl RedisStore {
    /// One script for each tag, all in one round.
    pub(super) async fn register_all(&self, tags: &[Tagging<'_>], life: u64) -> Result<(), Error> {
        let life = life.to_string();
        let calls = tags.iter().map(|one| {
            let members = one.members.iter().map(String::as_bytes);
            let args = core::iter::once(life.as_bytes()).chain(members);
            (one.tag, args.collect())
        });
        let calls: Vec<Call<'_>> = calls.collect();
        for reply in self.eval_all(Script::Tag, &calls).await? {
            integer(&reply.map_err(convert)?)?;
        }
        Ok(())
    }

    /// `ZSCAN`, and not `ZRANGE`: a set of any size is read without holding up the server.
    pub(super) async fn scan(&self, tag: &str, cursor: u64) -> Result<(u64, Vec<String>), Error> {
        let mut command = redis::cmd("ZSCAN");
        command.arg(tag).arg(cursor).arg("COUNT").arg(BATCH);
        let reply = self.send(&command).await?;
        let Value::Array(reply) = reply else {
            return Err(unexpected());
        };
        let [Value::BulkString(next), Value::Array(found)] = &reply[..] else {
            return Err(unexpected());
        };
        let next = core::str::from_utf8(next).ok();
        let next = next.and_then(|next| next.parse().ok());
        // Members and scores in turn.
        let members = found.iter().step_by(2).filter_map(|member| match member {
            // Keys of ours are text: another one was put there by somebody else.
            Value::BulkString(key) => core::str::from_utf8(key).ok().map(str::to_owned),
            _ => None,
        });
        Ok((next.ok_or_else(unexpected)?, members.collect()))
    }
}
