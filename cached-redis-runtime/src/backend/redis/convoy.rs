//! Deletions that travel together to one server, with one `WAIT` behind them.
//!
//! `WAIT` waits for what its own connection has written, and the connection for it: whatever is sent meanwhile is executed
//! afterwards. So these deletions have a connection to themselves, and no command is sent there while a `WAIT` is under way.
//! Who comes meanwhile goes with the next convoy, and whoever is in line by then goes with it: he waits for one other convoy at
//! most, however many there are.
//!
//! Claims and fills of the same keys go another way, and may be overtaken or overtake. To the server that is what it is if
//! another process deletes the key, which the protocol is made for: a fill that comes after the deletion finds its nonce gone,
//! whenever it was sent; a lease that comes after it was not there before, and its load not either, unless its owner has given
//! it up and nobody fills it. What has to stay behind something else, a release behind its fill, is no deletion and goes its way.
//! A guard's renewal that is overtaken by its end costs misses until it expires.

use redis::{Cmd, Pipeline, RedisError, Value};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::confirm::{Confirm, marked};
use super::connect::Endpoint;
use super::error::{convert, timeout, unavailable};
use crate::clock;
use crate::error::Error;
use crate::sync::{Arc, Mutex};

/// An error, or the reply with whether it is [confirmed](super::confirm::certainty).
type Reply = Result<Value, RedisError>;

/// `KEYS[1]`. Writes something, and leaves nothing; says whether it has. Newer servers, as Valkey 8, let `WAIT` wait for
/// the connection's last command that changed anything; a deletion of what is not there any more would not be waited for, and who
/// deleted it may not have been heard of by a replica. A guard stays, as it is. A full server writes neither.
const TOUCH: &str = "\
if redis.pcall('GETRANGE', KEYS[1], 0, 0) == '\\251' then
  redis.call('SET', KEYS[1], redis.call('GET', KEYS[1]), 'KEEPTTL')
  return 1
end
redis.pcall('SET', KEYS[1], '', 'PX', 1)
return redis.call('DEL', KEYS[1])";

/// Those who wait for the next convoy of one connection.
#[derive(Debug, Default)]
pub(super) struct Convoy(Mutex<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: Vec<Party>,
    /// Whether there is a task that sends them.
    driven: bool,
}

/// Commands of one caller, with one error for all or a reply to each.
#[derive(Debug)]
struct Party {
    load: Load,
    answer: oneshot::Sender<Result<Vec<Reply>, Error>>,
}

/// Deletions that go together. There is at least one.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) commands: Vec<Cmd>,
    /// Each is to be introduced by `ASKING`.
    pub(super) asking: bool,
}

impl Load {
    fn pack(&self, pipeline: &mut Pipeline) {
        let touch = self.commands.last().map(touch);
        for command in self.commands.iter().chain(&touch) {
            if self.asking {
                pipeline.cmd("ASKING");
            }
            pipeline.add_command(command.clone());
        }
    }

    /// Takes its replies, and says whether all that it did would be waited for.
    fn unpack(&self, replies: &mut impl Iterator<Item = Reply>) -> (Vec<Reply>, bool) {
        let mut next = || {
            if self.asking {
                let _ = replies.next();
            }
            replies.next().unwrap_or(Ok(Value::Nil))
        };
        let taken: Vec<_> = self.commands.iter().map(|_| next()).collect();
        let wrote = |reply: &Reply| matches!(reply, Ok(Value::Int(1..)));
        let touched = wrote(&next()) || taken.iter().all(wrote);
        (taken, touched)
    }
}

/// Writes to the same slot as a deletion.
fn touch(deletion: &Cmd) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(TOUCH).arg(1);
    let mut args = deletion.args_iter();
    let name = args.next();
    let is_script = !matches!(name, Some(redis::Arg::Simple(b"DEL")));
    // Behind a script and the number of its keys, or the last of those that `DEL` names.
    let key = if is_script { args.nth(2) } else { args.last() };
    if let Some(redis::Arg::Simple(key)) = key {
        command.arg(key);
    }
    command
}

/// Sends deletions by the next convoy of this endpoint, and waits for what becomes of them.
///
/// # Errors
/// Those of the connection: nothing is known of any of the deletions then.
///
/// # Cancel safety
/// They are sent all the same.
pub(super) async fn send(
    endpoint: &Arc<Endpoint>,
    convoy: &Convoy,
    load: Load,
) -> Result<Vec<Reply>, Error> {
    let (answer, answered) = oneshot::channel();
    if convoy.join(Party { load, answer }) {
        let driver = Driver {
            endpoint: Arc::clone(endpoint),
            over: false,
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(driver.drive())),
            // There is no timer either: the connection has a deadline of its own.
            Err(_) => Box::pin(driver.drive()).await,
        }
    }
    let answered = async { answered.await.unwrap_or_else(|_| Err(unavailable())) };
    if Handle::try_current().is_err() {
        return answered.await;
    }
    let within = clock::within(endpoint.patience(), answered).await;
    within.unwrap_or_else(|_| Err(timeout()))
}

impl Convoy {
    /// Says whether somebody has to drive.
    fn join(&self, party: Party) -> bool {
        let mut line = self.0.lock();
        line.waiting.push(party);
        !core::mem::replace(&mut line.driven, true)
    }
}

/// Sends one convoy after the other, until nobody is in line.
struct Driver {
    endpoint: Arc<Endpoint>,
    over: bool,
}

impl Driver {
    async fn drive(mut self) {
        while let Some(parties) = self.next() {
            self.carry(parties).await;
        }
    }

    fn next(&mut self) -> Option<Vec<Party>> {
        let mut line = self.endpoint.convoy()?.0.lock();
        if line.waiting.is_empty() {
            line.driven = false;
            self.over = true;
            return None;
        }
        Some(core::mem::take(&mut line.waiting))
    }

    async fn carry(&self, parties: Vec<Party>) {
        let Some(confirm) = &self.endpoint.policy().confirm else {
            return;
        };
        let mut pipeline = Pipeline::new();
        for party in &parties {
            party.load.pack(&mut pipeline);
        }
        pipeline.add_command(confirm.command());
        let replies = self.exchange(&pipeline, confirm).await;
        let mut replies = replies.map(|(replies, enough)| (replies.into_iter(), enough));
        for Party { load, answer } in parties {
            let answered = match &mut replies {
                Err(error) => Err(error.clone()),
                Ok((replies, enough)) => {
                    let (taken, touched) = load.unpack(replies);
                    let confirmed = *enough && touched;
                    if *enough && !touched && taken.iter().any(Result::is_ok) {
                        confirm.doubt(format_args!(
                            "a deletion found nothing any more, and the server refuses what replicas would confirm in its place"
                        ));
                    }
                    let mark = |reply: Reply| reply.map(|reply| marked(reply, confirmed));
                    Ok(taken.into_iter().map(mark).collect())
                }
            };
            // Who has stopped waiting leaves his keys to the lost deletions.
            let _ = answer.send(answered);
        }
    }

    /// Says besides whether enough replicas have what was written.
    async fn exchange(
        &self,
        pipeline: &Pipeline,
        confirm: &Confirm,
    ) -> Result<(Vec<Reply>, bool), Error> {
        let live = self.endpoint.live()?;
        let mut replies = self.endpoint.send_all(&live, pipeline).await?;
        let address = live.address();
        let enough = match replies.pop() {
            Some(Ok(Value::Int(replicas))) => confirm.is_enough(replicas, address),
            // It has become a replica meanwhile, and its successor may not have heard of what it deleted.
            Some(Err(error)) if error.code() == Some("UNBLOCKED") => return Err(unavailable()),
            Some(Err(error)) => {
                let error = convert(error);
                confirm.doubt(format_args!(
                    "{address} does not say which replicas have a deletion ({error})"
                ));
                false
            }
            _ => false,
        };
        Ok((replies, enough))
    }
}

/// Its runtime may be gone in the middle. Then nobody waits in vain, and the next who comes drives.
impl Drop for Driver {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        if let Some(convoy) = self.endpoint.convoy() {
            let mut line = convoy.0.lock();
            line.driven = false;
            let left = core::mem::take(&mut line.waiting);
            drop(line);
            drop(left);
        }
    }
}
