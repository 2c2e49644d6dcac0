//! Structures as commands: sorted sets, lists, sets and counters.

use core::time::Duration;

use redis::{Cmd, Value};

use super::pipelined::{settle, text};
use super::scripts::Script;
use super::steps::{RedisStore, integer, millis, unexpected};
use crate::codec::{Nonce, lease};
use crate::error::{Error, ErrorKind};
use crate::size::Size;
use crate::store::{
    Admitted, Counting, Held, Names, Pushing, Ranking, Reply, Row, Settling, Standing, Structures,
};

impl RedisStore {
    /// A script for a structure and what is beside it.
    async fn eval_beside(
        &self,
        script: Script,
        names: Names<'_>,
        args: &[&[u8]],
    ) -> Result<Value, Error> {
        let Names {
            key,
            writers,
            until,
            next,
        } = names;
        let bytes = args.iter().map(|arg| arg.len()).sum();
        let size = Size::of(bytes);
        if !size.is_ordinary() {
            Box::pin(self.wire.large(key)).await;
        }
        let route = self.wire.route_of(key, size)?;
        let keys = [key, writers, until, next];
        settle(self.try_eval(route, script, &keys, args).await)
    }

    /// Reads a structure by one command, and what stands there instead if it is none: a lease, most often.
    async fn read<T>(
        &self,
        key: &str,
        (command, size): (Cmd, Size),
        data: impl FnOnce(Value) -> Result<Option<T>, Error>,
    ) -> Result<Held<T>, Error> {
        let mut route = self.wire.route_of(key, size)?;
        let reply = match settle(self.wire.send(&mut route, &command).await) {
            Err(error) if error.kind() == ErrorKind::WrongType => {
                let mut get = redis::cmd("GET");
                get.arg(key);
                let mut route = self.wire.route(key)?;
                let reply = settle(self.wire.send(&mut route, &get).await)?;
                // What was there may have gone meanwhile.
                return Ok(text(reply)?.map_or(Held::Nothing, Held::Text));
            }
            reply => reply?,
        };
        Ok(data(reply)?.map_or(Held::Nothing, Held::Data))
    }

    /// Whether a script did what it is for.
    async fn does(&self, script: Script, names: Names<'_>, args: &[&[u8]]) -> Result<bool, Error> {
        Ok(integer(&self.eval_beside(script, names, args).await?)? > 0)
    }
}

impl Structures for RedisStore {
    fn top<'a>(&'a self, key: &'a str, n: u64, size: Size) -> Reply<'a, Held<Vec<Row>>> {
        Box::pin(async move {
            let mut command = redis::cmd("ZRANGE");
            let last = n.saturating_sub(1).min(LAST);
            command
                .arg(key)
                .arg(0)
                .arg(last)
                .arg("REV")
                .arg("WITHSCORES");
            let held = self.read(key, (command, size), |reply| {
                let rows = rows(reply)?;
                Ok((!rows.is_empty()).then_some(rows))
            });
            held.await
        })
    }

    fn standing<'a>(
        &'a self,
        key: &'a str,
        member: Option<&'a str>,
        around: Option<u64>,
    ) -> Reply<'a, Held<Standing>> {
        Box::pin(async move {
            let around = around.map(|around| around.min(LAST).to_string());
            let args: Vec<_> = member.into_iter().chain(around.as_deref()).collect();
            let args: Vec<_> = args.into_iter().map(str::as_bytes).collect();
            match self.eval(Script::Standing, key, &args).await? {
                Value::Nil => Ok(Held::Nothing),
                Value::BulkString(held) => Ok(Held::Text(held)),
                Value::Array(parts) => standing(parts).map(Held::Data),
                _ => Err(unexpected()),
            }
        })
    }

    fn items<'a>(&'a self, key: &'a str, n: u64, size: Size) -> Reply<'a, Held<Vec<Vec<u8>>>> {
        Box::pin(async move {
            let mut command = redis::cmd("LRANGE");
            command.arg(key).arg(0).arg(n.min(LAST));
            let held = self.read(key, (command, size), |reply| {
                let items = array(reply)?.into_iter().map(bytes);
                let items: Vec<_> = items.collect::<Result<_, _>>()?;
                Ok((!items.is_empty()).then_some(items))
            });
            held.await
        })
    }

    fn begin<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        member: Option<&'a str>,
        lease: Duration,
    ) -> Reply<'a, Option<Nonce>> {
        Box::pin(async move {
            let lease = millis(lease).to_string();
            let mut args: Vec<&[u8]> = vec![&token.0, lease.as_bytes()];
            args.extend(member.map(str::as_bytes));
            let seen = bytes(self.eval_beside(Script::Begin, names, &args).await?)?;
            // A list whose first element is no header of ours has none.
            Ok(seen.try_into().ok().map(Nonce))
        })
    }

    fn withdraw<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        member: Option<&'a str>,
        life: Option<u64>,
    ) -> Reply<'a, ()> {
        Box::pin(async move {
            let life = life.unwrap_or(0).to_string();
            let mut args: Vec<&[u8]> = vec![&token.0, life.as_bytes()];
            args.extend(member.map(str::as_bytes));
            self.does(Script::Withdraw, names, &args).await.map(drop)
        })
    }

    fn rank<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        change: Ranking<'a>,
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        Box::pin(async move {
            let life = life.unwrap_or(0).to_string();
            let score = change.score.map_or_else(String::new, written);
            let args: [&[u8]; 4] = [
                &token.0,
                life.as_bytes(),
                change.member.as_bytes(),
                score.as_bytes(),
            ];
            self.does(Script::Rank, names, &args).await
        })
    }

    fn push<'a>(
        &'a self,
        names: Names<'a>,
        token: Nonce,
        change: Pushing<'a>,
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        Box::pin(async move {
            let life = life.unwrap_or(0).to_string();
            let seen = change.seen.map(|nonce| nonce.0);
            let seen: &[u8] = seen.as_ref().map_or(&[], |seen| seen);
            let cap = change.cap.min(LAST).to_string();
            let args: [&[u8]; 6] = [
                &token.0,
                life.as_bytes(),
                seen,
                change.kind,
                cap.as_bytes(),
                change.item,
            ];
            self.does(Script::Push, names, &args).await
        })
    }

    fn stage_rows<'a>(
        &'a self,
        names: Names<'a>,
        (nonce, stay): (Nonce, Duration),
        before: u64,
        rows: &'a [(&'a str, f64)],
    ) -> Reply<'a, bool> {
        Box::pin(async move {
            let (lease, stay) = (lease(nonce), millis(stay).to_string());
            let before = before.to_string();
            let scores: Vec<_> = rows.iter().map(|(_, score)| written(*score)).collect();
            let mut args: Vec<&[u8]> = vec![&lease, stay.as_bytes(), before.as_bytes()];
            for ((member, _), score) in rows.iter().zip(&scores) {
                args.extend([score.as_bytes(), member.as_bytes()]);
            }
            self.does(Script::StageRows, names, &args).await
        })
    }

    fn stage_items<'a>(
        &'a self,
        names: Names<'a>,
        (nonce, stay): (Nonce, Duration),
        (before, head): (u64, &'a [u8]),
        items: &'a [Vec<u8>],
    ) -> Reply<'a, bool> {
        Box::pin(async move {
            let (lease, stay) = (lease(nonce), millis(stay).to_string());
            let before = before.to_string();
            let mut args: Vec<&[u8]> = vec![&lease, stay.as_bytes(), before.as_bytes(), head];
            args.extend(items.iter().map(Vec::as_slice));
            self.does(Script::StageItems, names, &args).await
        })
    }

    fn settle<'a>(&'a self, names: Names<'a>, settling: Settling<'a>) -> Reply<'a, bool> {
        Box::pin(async move {
            let lease = lease(settling.lease);
            let life = settling.life.unwrap_or(0).to_string();
            let staged = settling.staged.to_string();
            let kind: &[u8] = if settling.is_list { b"list" } else { b"zset" };
            let args = [
                &lease,
                life.as_bytes(),
                staged.as_bytes(),
                settling.head,
                kind,
            ];
            self.does(Script::Settle, names, &args).await
        })
    }

    fn add<'a>(&'a self, key: &'a str, by: i64, life: Option<u64>) -> Reply<'a, i64> {
        Box::pin(async move {
            let (by, life) = (by.to_string(), life.unwrap_or(0).to_string());
            let args = [by.as_bytes(), life.as_bytes()];
            let sum = bytes(self.eval(Script::Add, key, &args).await?)?;
            let sum = core::str::from_utf8(&sum).ok();
            sum.and_then(|sum| sum.parse().ok()).ok_or_else(unexpected)
        })
    }

    fn include<'a>(
        &'a self,
        key: &'a str,
        how: Counting,
        member: &'a str,
        life: Option<u64>,
    ) -> Reply<'a, bool> {
        Box::pin(async move {
            let command: &[u8] = match how {
                Counting::Exact => b"SADD",
                Counting::Approximate => b"PFADD",
            };
            let life = life.unwrap_or(0).to_string();
            let args = [command, member.as_bytes(), life.as_bytes()];
            Ok(integer(&self.eval(Script::Include, key, &args).await?)? > 0)
        })
    }

    fn included<'a>(&'a self, key: &'a str, how: Counting) -> Reply<'a, u64> {
        Box::pin(async move {
            let mut command = redis::cmd(match how {
                Counting::Exact => "SCARD",
                Counting::Approximate => "PFCOUNT",
            });
            command.arg(key);
            let mut route = self.wire.route(key)?;
            integer(&settle(self.wire.send(&mut route, &command).await)?)
        })
    }

    fn admit<'a>(&'a self, key: &'a str, limit: u64, window: Duration) -> Reply<'a, Admitted> {
        Box::pin(async move {
            let (limit, window) = (limit.to_string(), millis(window).to_string());
            let args = [limit.as_bytes(), window.as_bytes()];
            let reply = array(self.eval(Script::Admit, key, &args).await?)?;
            let [allowed, count, left] = &reply[..] else {
                return Err(unexpected());
            };
            Ok(Admitted {
                allowed: integer(allowed)? > 0,
                count: integer(count)?,
                left: Duration::from_millis(integer(left)?),
            })
        })
    }
}

/// The last place that Redis takes, with room for a sum of two.
const LAST: u64 = 1 << 52;

/// The shortest text that is read as this number again.
fn written(score: f64) -> String {
    score.to_string()
}

fn standing(parts: Vec<Value>) -> Result<Standing, Error> {
    let mut parts = parts.into_iter();
    let members = integer(&parts.next().ok_or_else(unexpected)?)?;
    let mut standing = Standing {
        members,
        ..Standing::default()
    };
    let (Some(rank), Some(score)) = (parts.next(), parts.next()) else {
        return Ok(standing);
    };
    standing.found = Some((integer(&rank)?, number(&score)?));
    if let (Some(first), Some(found)) = (parts.next(), parts.next()) {
        standing.first = integer(&first)?;
        standing.rows = rows(found)?;
    }
    Ok(standing)
}

/// Members and scores: in turn, or in pairs by RESP3.
fn rows(reply: Value) -> Result<Vec<Row>, Error> {
    let mut flat = Vec::new();
    for value in array(reply)? {
        match value {
            Value::Array(pair) => flat.extend(pair),
            value => flat.push(value),
        }
    }
    let mut rows = Vec::with_capacity(flat.len() / 2);
    let mut flat = flat.into_iter();
    while let (Some(member), Some(score)) = (flat.next(), flat.next()) {
        rows.push((bytes(member)?, number(&score)?));
    }
    Ok(rows)
}

fn array(reply: Value) -> Result<Vec<Value>, Error> {
    match reply {
        Value::Array(values) => Ok(values),
        _ => Err(unexpected()),
    }
}

fn bytes(reply: Value) -> Result<Vec<u8>, Error> {
    text(reply)?.ok_or_else(unexpected)
}

fn number(reply: &Value) -> Result<f64, Error> {
    match reply {
        Value::Double(number) => Ok(*number),
        Value::BulkString(text) => {
            let text = core::str::from_utf8(text).ok();
            text.and_then(|text| text.parse().ok())
                .ok_or_else(unexpected)
        }
        _ => Err(unexpected()),
    }
}
