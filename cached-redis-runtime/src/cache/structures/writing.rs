//! A write of the source, and of a structure with it.

use core::future::Future;
use core::pin::pin;

use super::super::context::Context;
use super::super::transaction::Pending;
use super::handle::Handle;
use crate::engine::{Change, Unfinished};
use crate::error::{Error, ErrorKind};
use crate::sync::Arc;

/// What became of a write: the source has it. Whether Redis has it too is said beside.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "it says whether other processes may still see what was there before: handle `cached`, or take `value`"]
pub struct Written<T> {
    /// What the write returned.
    pub value: T,
    /// `Ok` if every process sees the change now. `Err` if Redis could not be told: this process asks the source until it has
    /// been, which it keeps trying, and others may see what was there before until then. It needs no handling.
    pub cached: Result<(), Error>,
}

impl<T> Written<T> {
    /// The value, where a write that others may not see is an error.
    ///
    /// # Errors
    /// What [`cached`](Self::cached) says.
    pub fn into_result(self) -> Result<T, Error> {
        self.cached.map(|()| self.value)
    }
}

impl Handle {
    /// Runs `write`, then makes the `change` that came of it.
    ///
    /// # Cancel safety
    /// Dropped after `write` has begun, the structure is deleted in the background, and not used until it is.
    pub(super) async fn write<T, X>(
        &self,
        member: Option<&str>,
        write: impl Future<Output = Result<T, X>>,
        change: impl FnOnce(&T) -> Change,
    ) -> Result<Written<T>, X> {
        self.place.lives(self.life);
        let (engine, life) = (self.engine(), self.life);
        let inside = tokio::runtime::Handle::try_current().is_ok();
        let sent = engine.holds_place(&self.place);
        if !sent || !inside || Context::current().transaction().is_some() {
            return self.write_and_delete(write, sent, inside).await;
        }
        let writer = Box::pin(engine.begin_write(&self.place, member)).await;
        let unfinished = engine.unfinished(&self.place, Some(&writer));
        match body(write).await {
            Err(error) => {
                unfinished.done();
                let withdrawn = engine.withdraw_write(&self.place, writer, member, life);
                Box::pin(withdrawn).await;
                Err(error)
            }
            Ok(value) => {
                let change = (member, change(&value));
                let ended = engine.end_write(&self.place, writer, change, life);
                let cached = Box::pin(ended).await;
                unfinished.done();
                Ok(Written { value, cached })
            }
        }
    }

    /// Runs `write`, and deletes the structure: in a transaction when that ends.
    async fn write_and_delete<T, X>(
        &self,
        write: impl Future<Output = Result<T, X>>,
        sent: bool,
        inside: bool,
    ) -> Result<Written<T>, X> {
        let engine = self.engine();
        let unfinished = sent.then(|| GivenUp {
            handle: self,
            transaction: Context::current().transaction().cloned(),
            unfinished: Some(engine.unfinished(&self.place, None)),
        });
        let written = body(write).await;
        let cached = match (&written, inside) {
            (Err(_), _) => Ok(()),
            (Ok(_), _) if !sent => Ok(()),
            (Ok(_), true) => self.cache.invalidate(&self.key).await,
            (Ok(_), false) => {
                engine.lose_place(&self.place);
                let message = "this is no tokio runtime, so the structure is deleted later";
                Err(Error::new(ErrorKind::Unavailable, message))
            }
        };
        if let Some(unfinished) = unfinished {
            unfinished.done();
        }
        written.map(|value| Written { value, cached })
    }
}

/// A write that only deletes, until it has ended. Given up in a transaction, what it has done may be committed all the same: the
/// structure is then deleted when that ends.
struct GivenUp<'a> {
    handle: &'a Handle,
    transaction: Option<Arc<Pending>>,
    unfinished: Option<Unfinished<'a>>,
}

impl GivenUp<'_> {
    fn done(mut self) {
        if let Some(unfinished) = self.unfinished.take() {
            unfinished.done();
        }
    }
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        let Some(unfinished) = self.unfinished.take() else {
            return;
        };
        let Handle { cache, place, .. } = self.handle;
        let keys = [place.key().to_owned()];
        let waits = |pending: &Arc<Pending>| pending.add(cache, None, &keys, &[], &mut None);
        if self.transaction.as_ref().is_some_and(waits) {
            unfinished.done();
        }
    }
}

async fn body<T>(write: impl Future<Output = T>) -> T {
    let write = pin!(write);
    Context::current().of_body(None).run(write).await
}
