//! Futures that run side by side in one task.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;

/// Waits until all have ended.
///
/// Each is polled whenever one of them wakes the task: made for a few, such as one for each node of a cluster.
pub(super) async fn join<'a, T>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'a>,
) -> Vec<T> {
    let mut waiting: Vec<_> = futures
        .into_iter()
        .map(Box::pin)
        .map(Slot::Waiting)
        .collect();
    poll_fn(|cx| {
        let mut ready = true;
        for slot in &mut waiting {
            if let Slot::Waiting(future) = slot {
                match future.as_mut().poll(cx) {
                    Poll::Ready(output) => *slot = Slot::Ended(output),
                    Poll::Pending => ready = false,
                }
            }
        }
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    let ended = waiting.into_iter().filter_map(|slot| match slot {
        Slot::Waiting(_) => None,
        Slot::Ended(output) => Some(output),
    });
    ended.collect()
}

enum Slot<F: Future> {
    Waiting(Pin<Box<F>>),
    Ended(F::Output),
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::clock;

    #[tokio::test(start_paused = true)]
    async fn all_wait_at_the_same_time_and_keep_their_order() {
        let began = clock::now();
        let sleepers = [3, 1, 2].map(|n| async move {
            clock::sleep(Duration::from_secs(n)).await;
            n
        });
        assert_eq!(join(sleepers).await, [3, 1, 2]);
        assert!(clock::now() - began < Duration::from_secs(4));
    }

    #[tokio::test]
    async fn none_end_at_once() {
        assert_eq!(join([] as [core::future::Ready<u8>; 0]).await, [0_u8; 0]);
    }
}
