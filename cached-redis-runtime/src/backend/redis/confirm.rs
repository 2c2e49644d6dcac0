//! Deletions that replicas have to confirm, by `WAIT`.

use core::fmt;
use core::time::Duration;

use redis::{Cmd, Value};

use crate::observe::warn;
use crate::store::Gone;
use crate::sync::atomic::{AtomicBool, Ordering};

/// How many replicas are to confirm a deletion, and how long that may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quorum {
    pub(crate) replicas: u8,
    pub(crate) limit: Duration,
}

impl Quorum {
    /// How long a deletion waits at most. It may come while an earlier one is waited for, and then waits for its own.
    pub(crate) fn longest(self) -> Duration {
        2 * self.limit
    }
}

/// What all deletions of one cache wait for.
#[derive(Debug)]
pub(super) struct Confirm {
    quorum: Quorum,
    /// Whether it was said that something was not confirmed.
    said: AtomicBool,
}

impl Confirm {
    pub(super) fn new(quorum: Quorum) -> Self {
        Self {
            quorum,
            said: AtomicBool::new(false),
        }
    }

    pub(super) fn limit(&self) -> Duration {
        self.quorum.limit
    }

    pub(super) fn longest(&self) -> Duration {
        self.quorum.longest()
    }

    pub(super) fn command(&self) -> Cmd {
        let mut command = redis::cmd("WAIT");
        let millis = super::steps::millis(self.quorum.limit);
        command.arg(self.quorum.replicas).arg(millis);
        command
    }

    /// Whether so many replicas are enough. Says once that they were not.
    pub(super) fn is_enough(&self, replicas: i64, address: impl fmt::Display) -> bool {
        let Quorum {
            replicas: wanted,
            limit,
        } = self.quorum;
        let enough = replicas >= i64::from(wanted);
        if !enough {
            self.doubt(format_args!(
                "{address} had a deletion confirmed by {replicas} of {wanted} replicas within {limit:?}"
            ));
        }
        enough
    }

    /// Says once why something is not confirmed.
    pub(super) fn doubt(&self, why: fmt::Arguments<'_>) {
        if !self.said.swap(true, Ordering::Relaxed) {
            warn(format_args!(
                "{why}: a failover may bring back old entries (said once; counted as `unconfirmed` in `stats()`)"
            ));
        }
    }
}

/// The reply to a deletion, with whether it is confirmed.
pub(super) fn marked(reply: Value, confirmed: bool) -> Value {
    Value::Array(vec![reply, Value::Boolean(confirmed)])
}

/// Takes apart what [`marked`] put together. The reply to a deletion that nobody had to confirm is as it came.
pub(super) fn certainty(reply: Value) -> (Value, Gone) {
    match reply {
        // No deletion is answered by a list.
        Value::Array(mut pair) => {
            let confirmed = pair.pop() == Some(Value::Boolean(true));
            let gone = if confirmed {
                Gone::Surely
            } else {
                Gone::Unconfirmed
            };
            (pair.pop().unwrap_or(Value::Nil), gone)
        }
        reply => (reply, Gone::Surely),
    }
}
