//! The leases of a batch, which are renewed and given back together.

use super::*;
use crate::codec::lease;
use crate::lease::{Claim, Lease, claim_many};

const LEASE: Duration = Duration::from_millis(300);

async fn claim<const N: usize>(store: &Arc<dyn Store>, keys: [&str; N]) -> [Lease; N] {
    let wanted = keys.map(|key| (Arc::from(key), Expect::Missing, Nonce::fresh()));
    let claimed = claim_many(store, wanted.into(), LEASE).await;
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
