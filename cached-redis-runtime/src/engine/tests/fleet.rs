//! The leases of a batch, which are renewed and given back together.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

use super::*;
use crate::codec::lease;
use crate::lease::{Claim, Lease, claim_many, release_many};

const LEASE: Duration = Duration::from_millis(300);

fn family() -> Arc<Family> {
    Arc::new(Family::new("user:<id>", ""))
}

async fn claim<const N: usize>(store: &Arc<dyn Store>, keys: [&str; N]) -> [Lease; N] {
    let wanted = keys.map(|key| (Arc::from(key), Expect::Missing, Nonce::fresh()));
    let claimed = claim_many(store, wanted.into(), LEASE, &family()).await;
    let leases = claimed.into_iter().map(|claim| match claim {
        Ok(Claim::Mine(lease)) => lease,
        other => panic!("nothing is there: {other:?}"),
    });
    leases.collect::<Vec<_>>().try_into().expect("one per key")
}

async fn held(store: &Arc<dyn Store>, key: &str) -> Option<Vec<u8>> {
    let look = store.get(key, Size::Ordinary).await;
    look.expect("never fails").bytes
}

fn store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(1 << 20))
}

#[tokio::test(start_paused = true)]
async fn one_that_is_dropped_is_given_back_at_once() {
    let store = store();
    let [dropped, kept] = claim(&store, ["dropped", "kept"]).await;
    drop(dropped);
    clock::sleep(Duration::from_millis(1)).await;
    assert_eq!(held(&store, "dropped").await, None);
    assert!(held(&store, "kept").await.is_some());
    // And so is the next one, when those before it are gone.
    drop(kept);
    clock::sleep(Duration::from_millis(1)).await;
    assert_eq!(held(&store, "kept").await, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_over_is_not_renewed_with_the_others() {
    let store = store();
    let [over, kept] = claim(&store, ["over", "kept"]).await;
    let (_, nonce) = kept.name();
    // Its fill was answered, which is all that this process knows.
    over.filled();
    clock::sleep(LEASE * 4).await;
    assert_eq!(held(&store, "over").await, None);
    assert_eq!(held(&store, "kept").await, Some(lease(nonce).into()));
}

/// Polled once: nothing that runs in the background has had its turn when it returns.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a store in memory does not wait"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_one_back_need_not_wait_for_the_background() {
    let store = store();
    let [one, other, third] = claim(&store, ["one", "other", "third"]).await;
    at_once(one.release());
    assert_eq!(at_once(held(&store, "one")), None);
    at_once(release_many(&*store, vec![other, third]));
    assert_eq!(at_once(held(&store, "other")), None);
    assert_eq!(at_once(held(&store, "third")), None);
}

#[tokio::test(start_paused = true)]
async fn one_whose_fill_was_answered_is_not_given_back_as_well() {
    let store = store();
    let [over, kept] = claim(&store, ["over", "kept"]).await;
    clock::sleep(Duration::from_millis(1)).await;
    let before = Handle::current().metrics().num_alive_tasks();
    over.filled();
    assert_eq!(Handle::current().metrics().num_alive_tasks(), before);
    drop(kept);
    assert_eq!(
        Handle::current().metrics().num_alive_tasks(),
        before + 1,
        "and one that was not is"
    );
}

#[tokio::test(start_paused = true)]
async fn behind_a_large_fill_its_release_goes_the_same_way() {
    let late = Late {
        store: MemoryStore::new(1 << 20),
        by: Duration::ZERO,
        registrations: Arc::default(),
        releases: Arc::default(),
    };
    let releases = Arc::clone(&late.releases);
    let store: Arc<dyn Store> = Arc::new(late);
    let [small, mut large] = claim(&store, ["small", "large"]).await;
    large.sent(&vec![0; Size::LIMIT + 1]);
    large.release().await;
    small.release().await;
    assert_eq!(*releases.lock(), [Size::Large, Size::Ordinary]);
}
