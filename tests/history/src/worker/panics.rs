//! Panics of bodies: those on purpose are part of the run, any other ends the process.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;

/// The payload of a panic on purpose.
struct OnPurpose;

/// What a body does that panics.
pub(super) fn panic_on_purpose() -> ! {
    panic_any(OnPurpose)
}

/// Sees to it that any other panic, in whatever task, ends the process: it would only end its task.
pub(super) fn die_of_others() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<OnPurpose>() {
            print(info);
            std::process::exit(101);
        }
    }));
}

/// `None` if `call` panicked, as a task that is spawned for it would see.
pub(super) async fn caught<T>(call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    // What the call had in its hands was dropped by the panic, and nobody polls it again.
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
        match polled {
            Ok(polled) => polled.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        }
    })
    .await
}
