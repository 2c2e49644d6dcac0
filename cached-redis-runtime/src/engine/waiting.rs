//! A call that waits for what another one does, as far as it is counted, timed and traced.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use super::Engine;
use crate::clock::{self, Instant};
use crate::observe::{Count, Trace};
use crate::site::{FamilyRef, Site};

impl Engine {
    /// Waits for another call, in this process or another. What is there at once is no wait.
    pub(super) async fn waiting<F: Future>(&self, site: &'static Site, other: F) -> F::Output {
        wait(|| (self.counters(site), site.family()), other).await
    }
}

/// The same where the family is known otherwise, and its template.
pub(super) async fn wait<F: Future>(
    family: impl FnOnce() -> (FamilyRef<'static>, &'static str),
    other: F,
) -> F::Output {
    let mut other = pin!(other);
    let at_once = poll_fn(|cx| {
        Poll::Ready(match other.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    });
    if let Some(output) = at_once.await {
        return output;
    }
    let (family, template) = family();
    let _wait = Wait::begin(family);
    let trace = Trace::wait(template);
    poll_fn(|cx| {
        let _inside = trace.enter();
        other.as_mut().poll(cx)
    })
    .await
}

/// Ends when it is dropped, also if that is because the caller is.
#[derive(Debug)]
pub(crate) struct Wait {
    family: FamilyRef<'static>,
    began: Instant,
}

impl Wait {
    pub(super) fn begin(family: FamilyRef<'static>) -> Self {
        family.count(Count::Wait);
        Self {
            family,
            began: clock::now(),
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let took = clock::now().saturating_duration_since(self.began);
        self.family.waited(took);
    }
}
