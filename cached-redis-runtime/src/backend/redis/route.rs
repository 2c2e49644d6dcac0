//! A connection that a command goes to.

use redis::{Cmd, Pipeline, RedisError, Value};

use super::confirm::marked;
use super::connect::{Endpoint, Live};
use super::convoy::{self, Load};
use super::scripts::Script;
use super::server::{Lane, Server};
use crate::error::Error;
use crate::sync::Arc;

/// What became of one command: the outer error is that of its connection.
pub(super) type Sent = Result<Result<Value, RedisError>, Error>;

/// A connection, and how to address it.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) live: Arc<Live>,
    /// The node serves the key only if it is asked to: it does not own the slot yet.
    asking: bool,
    /// What it was chosen for.
    pub(super) lane: Lane,
}

impl Route {
    /// # Errors
    /// At once, when there is no connection.
    pub(super) fn to(server: &Server, lane: Lane) -> Result<Self, Error> {
        let endpoint = server.endpoint(lane);
        Ok(Self {
            live: endpoint.live()?,
            endpoint: Arc::clone(endpoint),
            asking: false,
            lane,
        })
    }

    pub(super) fn asking(mut self, asking: bool) -> Self {
        self.asking = asking;
        self
    }

    /// Of what belongs to one connection: cursors.
    pub(super) fn number(&self) -> u64 {
        self.live.number()
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.live, &other.live) && self.asking == other.asking
    }

    pub(super) fn digest(&self, script: Script) -> Option<&str> {
        self.live.digest(script)
    }

    pub(super) async fn send(&self, command: &Cmd) -> Sent {
        if self.lane == Lane::Confirmed {
            // As large as a command under way: not to lie in the future of each.
            let mut replies = Box::pin(self.confirm(vec![command.clone()])).await?;
            return Ok(replies.pop().unwrap_or(Ok(Value::Nil)));
        }
        self.send_plainly(command).await
    }

    async fn send_plainly(&self, command: &Cmd) -> Sent {
        if !self.asking {
            return Ok(self.endpoint.send(&self.live, command).await?.0);
        }
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.cmd("ASKING").add_command(command.clone());
        let mut replies = self.endpoint.send_all(&self.live, &pipeline).await?;
        Ok(replies.pop().unwrap_or(Ok(Value::Nil)))
    }

    /// Several commands in one go.
    ///
    /// # Errors
    /// Those of the connection: nothing is known of any of the commands then.
    pub(super) async fn send_all(
        &self,
        commands: &Pipeline,
    ) -> Result<Vec<Result<Value, RedisError>>, Error> {
        if self.lane == Lane::Confirmed {
            return Box::pin(self.confirm(commands.cmd_iter().cloned().collect())).await;
        }
        self.endpoint.send_all(&self.live, commands).await
    }

    /// Several deletions in one go, each reply with whether it is [confirmed](super::confirm::certainty).
    ///
    /// # Errors
    /// As for [`send_all`](Self::send_all).
    async fn confirm(&self, commands: Vec<Cmd>) -> Result<Vec<Result<Value, RedisError>>, Error> {
        let asking = self.asking;
        if let Some(convoy) = self.endpoint.convoy() {
            return convoy::send(&self.endpoint, convoy, Load { commands, asking }).await;
        }
        if let Some(confirm) = &self.endpoint.policy().confirm {
            confirm.doubt(format_args!(
                "{} had to delete something while there was no connection to wait on for its replicas",
                self.live.address()
            ));
        }
        let mut pipeline = Pipeline::with_capacity(2 * commands.len());
        for command in commands {
            if asking {
                pipeline.cmd("ASKING");
            }
            pipeline.add_command(command);
        }
        let replies = self.endpoint.send_all(&self.live, &pipeline).await?;
        let replies = replies.into_iter().skip(usize::from(asking));
        let replies = replies.step_by(1 + usize::from(asking));
        let mark = |reply: Result<Value, _>| reply.map(|reply| marked(reply, false));
        Ok(replies.map(mark).collect())
    }
}
