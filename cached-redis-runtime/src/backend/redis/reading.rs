//! Answers from a cluster's replicas.
//!
//! A replica may be behind, so what it says is good for answering a caller and for nothing else. Whatever it says but a value or
//! a "not found" (nothing, a lease, a guard, somebody else's bytes, an error) is asked of the primary before anything is made of
//! it, and the engine asks there about what it cannot take.

use redis::{Cmd, Value};

use super::steps::RedisStore;
use crate::clock;
use crate::codec::{Entry, read};
use crate::error::Error;
use crate::size::Size;
use crate::store::{Look, Sighted, Store as _};

impl RedisStore {
    /// Reads a key from a replica, or else from its primary.
    pub(super) async fn look_around(&self, key: &str, size: Size) -> Result<Look, Error> {
        let Some(mut route) = self.wire.route_of_reader(key, size) else {
            return self.get(key, size).await;
        };
        let mut command = Cmd::with_capacity(2, 3 + key.len());
        command.arg("GET").arg(key);
        let asked = clock::now();
        let reply = route.endpoint.send(&route.live, &command).await;
        let (reply, sent) = match reply {
            Ok((Ok(reply), sent)) => (Ok(reply), sent),
            // Where the slot is now: that is its primary.
            Ok((Err(error), sent)) if error.redirect_node().is_some() => {
                let followed = self.wire.follow(error, &mut route, &command, asked);
                (super::pipelined::settle(followed.await), sent)
            }
            Ok((Err(error), sent)) => (Err(super::error::convert(error)), sent),
            Err(error) => (Err(error), None),
        };
        if let Ok(Value::BulkString(bytes)) = reply
            && is_answer(&bytes)
        {
            if Size::of(bytes.len()) > size {
                self.wire.expect_large(key);
            }
            return Ok(Look {
                bytes: Some(bytes),
                sent,
                secondhand: true,
            });
        }
        let look = self.wire.in_time(asked, self.get(key, size)).await?;
        // The call has been waiting since the first of the two was sent.
        Ok(Look {
            sent: sent.or(look.sent),
            ..look
        })
    }

    /// [`look_around`](Self::look_around) for several keys.
    pub(super) async fn look_around_for(
        &self,
        keys: &[&str],
        size: Size,
    ) -> Result<Vec<Result<Sighted, Error>>, Error> {
        let readable = |at: &usize| self.wire.route_of_reader(keys[*at], size).is_some();
        let copied: Vec<usize> = if self.wire.reads_replicas() {
            (0..keys.len()).filter(readable).collect()
        } else {
            Vec::new()
        };
        let first_hand = |bytes| (bytes, false);
        if copied.is_empty() {
            let found = self.mget(keys, size).await?;
            return Ok(found.into_iter().map(|one| one.map(first_hand)).collect());
        }
        let asked = clock::now();
        let mut found: Vec<Option<Sighted>> = keys.iter().map(|_| None).collect();
        let named = copied.iter().map(|&at| keys[at]);
        let route = |key: &str| {
            let reader = self.wire.route_of_reader(key, size);
            reader.map_or_else(|| self.wire.route_of(key, size), Ok)
        };
        // What it fails for is asked of the primaries.
        let replies = self.wire.send_grouped("MGET", named, route).await;
        for (places, reply) in replies.unwrap_or_default() {
            let Ok(Ok(Value::Array(values))) = reply else {
                continue;
            };
            for (at, value) in places.into_iter().zip(values) {
                if let Value::BulkString(bytes) = value
                    && is_answer(&bytes)
                {
                    found[copied[at]] = Some((Some(bytes), true));
                }
            }
        }
        let missing: Vec<usize> = (0..keys.len()).filter(|at| found[*at].is_none()).collect();
        let asked_again: Vec<&str> = missing.iter().map(|&at| keys[at]).collect();
        let rest = self.wire.in_time(asked, self.mget(&asked_again, size));
        let rest = match rest.await {
            Ok(rest) => rest,
            // An error of all is one that befell all.
            Err(error) if missing.len() == keys.len() => return Err(error),
            Err(error) => missing.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut rest = rest.into_iter();
        let all = found.into_iter().map(|one| match one {
            Some(sighted) => Ok(sighted),
            None => rest.next().unwrap_or(Ok(None)).map(first_hand),
        });
        Ok(all.collect())
    }
}

fn is_answer(bytes: &[u8]) -> bool {
    matches!(read(bytes), Entry::Value { .. } | Entry::Absent { .. })
}
