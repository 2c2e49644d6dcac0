//! Tags: a sorted set for each, of the full keys of its members by the end of their life.

use redis::Value;

use super::pipelined::{Call, settle};
use super::scripts::Script;
use super::steps::{RedisStore, integer, unexpected};
use crate::error::{Error, ErrorKind};
use crate::store::{BATCH, Cursor, Tagging};

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
            integer(&settle(reply)?)?;
        }
        Ok(())
    }

    /// `ZSCAN`, and not `ZRANGE`: a set of any size is read without holding up the server.
    pub(super) async fn scan(
        &self,
        tag: &str,
        cursor: Cursor,
    ) -> Result<(Cursor, Vec<String>), Error> {
        let mut command = redis::cmd("ZSCAN");
        command.arg(tag).arg(cursor.at).arg("COUNT").arg(BATCH);
        let mut route = self.wire.first_route(tag)?;
        let reply = settle(self.wire.send(&mut route, &command).await)?;
        if cursor.at != 0 && route.number() != cursor.of {
            // Each server orders members by hashes of its own: what this one calls the rest is something else.
            let message = "the tag moved to another server while it was read";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let Value::Array(reply) = reply else {
            return Err(unexpected());
        };
        let [Value::BulkString(next), Value::Array(found)] = &reply[..] else {
            return Err(unexpected());
        };
        let next = core::str::from_utf8(next).ok();
        let next = next.and_then(|next| next.parse().ok());
        let next = next.map(|at| Cursor {
            at,
            of: route.number(),
        });
        // Members and scores in turn.
        let members = found.iter().step_by(2).filter_map(|member| match member {
            // Keys of ours are text: another one was put there by somebody else.
            Value::BulkString(key) => core::str::from_utf8(key).ok().map(str::to_owned),
            _ => None,
        });
        Ok((next.ok_or_else(unexpected)?, members.collect()))
    }
}
