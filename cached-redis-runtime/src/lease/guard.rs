//! The lease as a value: whoever holds it may fill; dropping it gives it back.

use core::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::fleet::Fleet;
use super::keep;
use crate::codec::Nonce;
use crate::error::Error;
use crate::site::Family;
use crate::size::Size;
use crate::store::{Filling, Store};
use crate::sync::Arc;

/// The right to fill one key.
#[derive(Debug)]
pub(crate) struct Lease {
    store: Arc<dyn Store>,
    key: Arc<str>,
    nonce: Nonce,
    /// How long it lasts if nobody renews it.
    duration: Duration,
    keeper: Keeper,
    armed: bool,
    /// Of the entry that was sent to take its place.
    sent: Size,
}

/// Who renews a lease.
#[derive(Debug)]
enum Keeper {
    None,
    Own(AbortHandle),
    Fleet(Arc<Fleet>),
}

impl Lease {
    pub(super) fn armed(
        store: Arc<dyn Store>,
        key: Arc<str>,
        nonce: Nonce,
        duration: Duration,
    ) -> Self {
        Self {
            store,
            key,
            nonce,
            duration,
            keeper: Keeper::None,
            armed: true,
            sent: Size::Ordinary,
        }
    }

    /// Nothing is to be given back: the lease was never had, or the entry has taken its place.
    pub(super) fn disarm(&mut self) {
        self.armed = false;
    }

    /// What it is called on the server.
    pub(crate) fn name(&self) -> (&str, Nonce) {
        (&self.key, self.nonce)
    }

    /// How long it lasts if nobody renews it.
    pub(crate) fn duration(&self) -> Duration {
        self.duration
    }

    /// The fill that [`fill`](Self::fill) would send, for those who send several together.
    pub(crate) fn filling<'a>(&'a self, entry: &'a [u8], life: Option<u64>) -> Filling<'a> {
        Filling {
            key: &self.key,
            expect: self.nonce,
            entry,
            life,
        }
    }

    /// A fill that failed may still be on its way: a release that came before it would leave it without its lease.
    pub(crate) fn sent(&mut self, entry: &[u8]) {
        self.sent = Size::of(entry.len());
    }

    /// The fill was answered: either way there is no lease of ours left on the server.
    pub(crate) fn filled(mut self) {
        self.disarm();
    }

    pub(super) fn keep(&mut self, family: &Arc<Family>) {
        let task = keep(
            Arc::downgrade(&self.store),
            (Arc::clone(&self.key), self.nonce),
            self.duration,
            Arc::clone(family),
        );
        self.keeper = Keeper::Own(tokio::spawn(task).abort_handle());
    }

    /// Lets the fleet renew it, which knows its name already.
    pub(super) fn sail(&mut self, fleet: &Arc<Fleet>) {
        self.keeper = Keeper::Fleet(Arc::clone(fleet));
    }

    /// Puts the loaded entry in the lease's place. `false`: the lease is gone, so the key was invalidated meanwhile.
    ///
    /// # Errors
    /// When the store cannot say. The lease is then given back in the background, which a stored value survives.
    pub(crate) async fn fill(mut self, entry: &[u8], life: Option<u64>) -> Result<bool, Error> {
        self.sent(entry);
        let filled = self.store.fill(&self.key, self.nonce, entry, life).await?;
        self.filled();
        Ok(filled)
    }

    /// Leaves it to expire after `rest`, and nobody renews it any more.
    pub(crate) async fn leave_behind(mut self, rest: Duration) {
        if let Keeper::Own(task) = &self.keeper {
            task.abort();
        }
        self.disarm();
        // Without an answer it stands for as long as it was last given.
        let _ = self.store.renew(&self.key, self.nonce, rest).await;
    }

    /// Gives the lease back and waits until it is, so that the next caller can load at once.
    pub(crate) async fn release(mut self) {
        // On an error the drop below tries once more in the background, and the lease expires by itself.
        let released = self.store.release(&self.key, self.nonce, self.sent);
        if released.await.is_ok() {
            self.disarm();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match &self.keeper {
            Keeper::None => {}
            Keeper::Own(task) => task.abort(),
            Keeper::Fleet(fleet) => fleet.leave(&self.key, self.nonce),
        }
        if !self.armed {
            return;
        }
        // Outside a runtime, or while one shuts down, the lease's own expiry has to do.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if let (Keeper::Fleet(fleet), Size::Ordinary) = (&self.keeper, self.sent) {
            fleet.give_back(&runtime, &self.key, self.nonce);
        } else {
            let (store, key) = (Arc::clone(&self.store), Arc::clone(&self.key));
            let (nonce, sent) = (self.nonce, self.sent);
            drop(runtime.spawn(async move { store.release(&key, nonce, sent).await }));
        }
    }
}
