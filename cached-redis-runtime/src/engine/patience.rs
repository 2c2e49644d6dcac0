//! How long a call may wait: for loads of others, and for the store.
//!
//! Each command has a deadline of its own, and a call sends several: a server that answers each of them just in time
//! would cost it several deadlines. So what one command took is missing to the next, and a call waits for the store for
//! one deadline altogether. A hit reads no clock for that: the look at the key says itself when it was sent.

use core::future::Future;
use core::pin::pin;
use core::time::Duration;

use super::Settings;
use crate::clock::{self, Instant, Sent};
use crate::error::{Error, ErrorKind};

/// What is left of one call's patience.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Until when it waits for loads of others.
    end: Instant,
    /// Until when it waits for the store.
    due: Instant,
}

/// How long a call may still wait for the store. It lies in callers' futures, so it is smaller than a `Duration`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    micros: u32,
}

impl Left {
    pub(crate) const NOTHING: Self = Self { micros: 0 };

    /// Of a call that has waited for the store since it `sent` something.
    pub(super) fn since(settings: &Settings, sent: Option<Sent>) -> Self {
        let took = sent.map_or(Duration::ZERO, Sent::elapsed);
        Self::of(settings.deadline.saturating_sub(took))
    }

    fn of(duration: Duration) -> Self {
        let micros = duration.as_micros();
        Self {
            micros: u32::try_from(micros).unwrap_or(u32::MAX),
        }
    }

    /// Until when that is from now on.
    pub(super) fn due(self) -> Instant {
        clock::now() + Duration::from_micros(self.micros.into())
    }
}

impl Patience {
    /// Of a call that waits from now on.
    pub(super) fn new(settings: &Settings) -> Self {
        Self::with(settings, Left::since(settings, None))
    }

    /// Of a call that waits for others for so long at most, and has waited for the store since it `sent` something.
    pub(super) fn since(settings: &Settings, wait: Duration, sent: Option<Sent>) -> Self {
        Self {
            end: clock::now() + wait,
            due: Left::since(settings, sent).due(),
        }
    }

    /// Of a call that has so much left for the store.
    pub(super) fn with(settings: &Settings, left: Left) -> Self {
        Self {
            end: clock::now() + settings.wait,
            due: left.due(),
        }
    }

    pub(super) fn end(&self) -> Instant {
        self.end
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Whether it has waited for others for long enough.
    pub(super) fn has_ended(&self) -> bool {
        clock::now() >= self.end
    }

    /// What it may still wait for the store.
    pub(crate) fn left(&self) -> Left {
        Left::of(self.due.saturating_duration_since(clock::now()))
    }

    /// It waits so much longer for the store.
    pub(super) fn longer(mut self, time: Duration) -> Self {
        self.due += time;
        self
    }

    /// Since `began` it waited for a load of others, and not for the store.
    pub(super) fn waited(&mut self, began: Instant) {
        self.due += clock::now() - began;
    }

    /// Since `began` it did not wait at all: it stood in line for a permit, or many keys took their time.
    pub(super) fn stood(&mut self, began: Instant) {
        let stood = clock::now() - began;
        self.end += stood;
        self.due += stood;
    }

    /// Waits for what the store says to `command`, as long as there is patience for it.
    ///
    /// # Errors
    /// Those of the command, and [`ErrorKind::Timeout`]: the command is then dropped, and may yet be executed.
    pub(super) async fn spend<T>(
        &self,
        command: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let answered = clock::by(self.due, pin!(command)).await;
        answered.unwrap_or_else(|| Err(out_of_patience()))
    }
}

/// The commands of one step that names many keys. The call's patience is for the first of them: many keys take their time,
/// each of the other commands with a deadline of its own.
#[derive(Debug)]
pub(super) struct Series<'a> {
    patience: Option<&'a mut Patience>,
    /// Since when the first has ended.
    since: Option<Instant>,
}

impl<'a> Series<'a> {
    pub(super) fn of(patience: &'a mut Patience) -> Self {
        Self {
            patience: Some(patience),
            since: None,
        }
    }

    /// Of nobody who waits.
    pub(super) fn in_background() -> Self {
        Self {
            patience: None,
            since: None,
        }
    }

    /// Waits for the next command.
    ///
    /// # Errors
    /// As for [`Patience::spend`].
    pub(super) async fn spend<T>(
        &mut self,
        command: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let (Some(patience), None) = (&self.patience, self.since) else {
            return command.await;
        };
        let patience = **patience;
        let answered = patience.spend(command).await;
        self.since = Some(clock::now());
        answered
    }
}

impl Drop for Series<'_> {
    fn drop(&mut self) {
        if let (Some(patience), Some(since)) = (&mut self.patience, self.since) {
            patience.stood(since);
        }
    }
}

/// The error of a command for which the call has no time any more.
fn out_of_patience() -> Error {
    let message = "the server's replies are so late that the call went on without the cache";
    Error::new(ErrorKind::Timeout, message)
}

/// Waits for what a call leaves behind, but no longer than `left`: then it goes on in the background. Must be called in a
/// runtime.
pub(super) async fn see_off(left: Left, rest: impl Future<Output = ()> + Send + 'static) {
    let mut rest = Box::pin(rest);
    if clock::by(left.due(), rest.as_mut()).await.is_none() {
        drop(tokio::spawn(rest));
    }
}
