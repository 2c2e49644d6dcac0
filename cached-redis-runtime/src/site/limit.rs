//! How many bodies of one function may run at once in this process.

use core::num::NonZero;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::sync::OnceLock;

/// The limit of one function, in the `static` beside its body. Until it is set it limits nothing.
#[derive(Debug)]
pub(crate) struct LoadLimit(OnceLock<Semaphore>);

impl LoadLimit {
    pub(super) const fn none() -> Self {
        Self(OnceLock::new())
    }

    /// Sets the number; the first one stays.
    pub(super) fn set(&self, most: NonZero<usize>) {
        self.0
            .get_or_init(|| Semaphore::new(most.get().min(Semaphore::MAX_PERMITS)));
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// Waits in line for a permit. `None` if there is no limit.
    ///
    /// # Cancel safety
    /// A caller that is dropped leaves the line, and a permit on its way to it goes to the next.
    pub(crate) async fn permit(&'static self) -> Option<LoadPermit> {
        // Never closed, so there is no error.
        let permit = self.0.get()?.acquire().await.ok()?;
        Some(self.keep(permit))
    }

    /// A permit, if there is one and nobody is in line for it.
    pub(crate) fn try_permit(&'static self) -> Option<LoadPermit> {
        let permit = self.0.get()?.try_acquire().ok()?;
        Some(self.keep(permit))
    }

    fn keep(&'static self, permit: SemaphorePermit<'_>) -> LoadPermit {
        permit.forget();
        LoadPermit(self)
    }
}

/// The right of one body to run; dropped when it has ended. One pointer, because it goes through the futures of callers.
#[derive(Debug)]
pub(crate) struct LoadPermit(&'static LoadLimit);

impl LoadPermit {
    pub(crate) fn is_of(&self, limit: &'static LoadLimit) -> bool {
        core::ptr::eq(self.0, limit)
    }
}

impl Drop for LoadPermit {
    fn drop(&mut self) {
        if let Some(line) = self.0.0.get() {
            line.add_permits(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::future::Future;
    use core::pin::{Pin, pin};
    use core::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn without_a_number_there_is_no_line() {
        static LIMIT: LoadLimit = LoadLimit::none();
        assert!(!LIMIT.is_set());
        assert!(matches!(poll(pin!(LIMIT.permit())), Poll::Ready(None)));
    }

    #[test]
    fn permits_go_out_in_the_order_of_arrival_and_survive_who_leaves() {
        static LIMIT: LoadLimit = LoadLimit::none();
        LIMIT.set(NonZero::<usize>::MIN);
        LIMIT.set(NonZero::<usize>::MAX);
        let first = LIMIT.try_permit().expect("nobody has it");
        let mut second = Box::pin(LIMIT.permit());
        let mut third = Box::pin(LIMIT.permit());
        assert!(poll(second.as_mut()).is_pending());
        assert!(poll(third.as_mut()).is_pending());
        drop(first);
        assert!(LIMIT.try_permit().is_none(), "it is the second's");
        assert!(poll(third.as_mut()).is_pending());
        // Cancelled with the permit on its way.
        drop(second);
        assert!(matches!(poll(third.as_mut()), Poll::Ready(Some(_))));
    }
}
