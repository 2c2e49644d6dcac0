use proptest::prelude::*;

use super::*;
use crate::error::Error;

async fn get(store: &MemoryStore, key: &str) -> Option<Vec<u8>> {
    store
        .get(key, Size::Ordinary)
        .await
        .expect("never fails")
        .bytes
}

/// What a load does: claims, and fills with a payload of this size.
async fn put(store: &MemoryStore, key: &str, size: usize) -> Result<bool, Error> {
    let nonce = Nonce::fresh();
    let lease = Duration::from_secs(10);
    store.claim(key, Expect::Missing, nonce, lease).await?;
    let mut entry = vec![0; size.max(LEASE)];
    entry[1..LEASE].copy_from_slice(&nonce.0);
    store.fill(key, nonce, &entry, Some(60_000)).await
}

async fn put_under(store: &MemoryStore, tags: &[&str], key: &str) {
    let members = [key.to_owned()];
    let taggings = tags.iter().map(|tag| Tagging {
        tag,
        members: &members,
    });
    let taggings: Vec<_> = taggings.collect();
    store
        .register(&taggings, 60_000)
        .await
        .expect("never fails");
}

fn sound(store: &MemoryStore) {
    let state = store.state.lock();
    let bytes: usize = state.entries.iter().map(|(key, slot)| slot.cost(key)).sum();
    let members: usize = state.entries.values().map(|slot| slot.tags.len()).sum();
    assert_eq!(state.tags.len(), members, "no member without its entry");
    assert_eq!(state.bytes, bytes, "every byte is accounted for");
    assert!(state.bytes <= store.capacity, "bounded");
    let clock = state.clock.len();
    assert!(clock <= 2 * state.entries.len() + 65, "{clock} places");
}

#[tokio::test]
async fn it_never_grows_beyond_its_capacity() {
    let store = MemoryStore::new(100_000);
    for n in 0..10_000 {
        put(&store, &n.to_string(), 1_000).await.expect("stored");
        sound(&store);
    }
    let entries = store.state.lock().entries.len();
    assert!((60..100).contains(&entries), "{entries}");
}

#[tokio::test]
async fn an_entry_that_is_read_outlives_those_that_are_not() {
    let store = MemoryStore::new(100_000);
    put(&store, "hot", 1_000).await.expect("stored");
    for n in 0..1_000 {
        put(&store, &n.to_string(), 1_000).await.expect("stored");
        assert!(get(&store, "hot").await.is_some(), "after {n}");
    }
    assert_eq!(get(&store, "0").await, None);
}

#[tokio::test]
async fn a_value_larger_than_everything_leaves_nothing_behind() {
    let store = MemoryStore::new(10_000);
    put(&store, "small", 100).await.expect("stored");
    put(&store, "large", 20_000).await.expect("not an error");
    assert_eq!(get(&store, "large").await, None);
    sound(&store);
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_gone_for_every_command() {
    let store = MemoryStore::new(100_000);
    let (nonce, lease) = (Nonce::fresh(), Duration::from_millis(100));
    let claim = || store.claim("k", Expect::Missing, nonce, lease);
    assert!(matches!(claim().await, Ok(Claimed::Mine)));
    clock::sleep(Duration::from_millis(60)).await;
    assert_eq!(store.renew("k", nonce, lease).await.ok(), Some(true));
    clock::sleep(Duration::from_millis(60)).await;
    assert!(get(&store, "k").await.is_some(), "renewed");
    clock::sleep(Duration::from_millis(60)).await;
    assert_eq!(
        store.fill("k", nonce, &[0; 40], None).await.ok(),
        Some(false)
    );
    assert_eq!(store.renew("k", nonce, lease).await.ok(), Some(false));
    assert_eq!(
        store.release("k", nonce, Size::Ordinary).await.ok(),
        Some(false)
    );
    let deleted = store.delete(&["k".to_owned()]).await;
    assert_eq!(deleted.expect("never fails").count, 0);
    assert_eq!(get(&store, "k").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_key_leaves_its_tags_with_its_entry() {
    let store = MemoryStore::new(100_000);
    let members = async |tag| {
        let (next, mut members) = store
            .members(tag, Cursor::default())
            .await
            .expect("never fails");
        members.sort();
        assert_eq!(next.at, 0);
        members
    };
    for key in ["a", "b", "c"] {
        put(&store, key, 100).await.expect("stored");
        put_under(&store, &["one", "two"], key).await;
    }
    put_under(&store, &["one"], "missing").await;
    assert_eq!(members("one").await, ["a", "b", "c"]);
    store.delete(&["b".to_owned()]).await.expect("never fails");
    sound(&store);
    assert_eq!(members("two").await, ["a", "c"]);
    // Filled again in the same place, an entry keeps its tags.
    let nonce = Nonce(store.state.lock().nonce_of("a").expect("an entry"));
    let filled = store.fill("a", nonce, &[1; 500], Some(60_000)).await;
    assert_eq!(filled.ok(), Some(true));
    sound(&store);
    assert_eq!(members("two").await, ["a", "c"]);
    clock::sleep(Duration::from_secs(61)).await;
    assert!(get(&store, "a").await.is_none() && get(&store, "c").await.is_none());
    sound(&store);
    assert_eq!(members("one").await, [""; 0]);
}

#[tokio::test]
async fn a_fill_and_a_claim_may_be_sent_twice() {
    let store = MemoryStore::new(100_000);
    let (old, new, lease) = (Nonce::fresh(), Nonce::fresh(), Duration::from_secs(1));
    for _ in 0..2 {
        let claimed = store.claim("k", Expect::Missing, old, lease).await;
        assert!(matches!(claimed, Ok(Claimed::Mine)));
    }
    let mut entry = [0; 40];
    entry[1..LEASE].copy_from_slice(&new.0);
    for _ in 0..2 {
        assert_eq!(store.fill("k", old, &entry, None).await.ok(), Some(true));
    }
    assert_eq!(
        store.fill("k", Nonce::fresh(), &[0; 40], None).await.ok(),
        Some(false)
    );
}

#[tokio::test]
async fn a_claim_replaces_only_what_it_was_told() {
    let store = MemoryStore::new(100_000);
    let lease = Duration::from_secs(1);
    let holds = |bytes: &[u8]| {
        let mut state = store.state.lock();
        state.put("k", bytes.to_vec(), None, store.capacity);
    };
    let claim = async |expect| {
        let claimed = store.claim("k", expect, Nonce::fresh(), lease).await;
        matches!(claimed, Ok(Claimed::Mine))
    };
    let foreign = b"somebody's text, longer than a lease".as_slice();
    holds(foreign);
    assert!(!claim(Expect::Missing).await);
    assert!(!claim(Expect::Nonce(Nonce::fresh())).await);
    assert!(!claim(Expect::foreign(b"somebody's TEXT, longer than a lease")).await);
    assert!(!claim(Expect::foreign(&foreign[1..])).await);
    assert!(claim(Expect::foreign(foreign)).await);

    let nonce = Nonce::fresh();
    let mut entry = [0xF8; 40];
    entry[1..LEASE].copy_from_slice(&nonce.0);
    holds(&entry);
    assert!(!claim(Expect::Nonce(Nonce::fresh())).await);
    assert!(claim(Expect::Nonce(nonce)).await);
}

proptest! {
    #[test]
    fn bytes_and_places_are_accounted_for(
        steps in prop::collection::vec((0_u8..5, 0_u8..20, 0_usize..3_000), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            let store = MemoryStore::new(10_000);
            for (what, key, size) in steps {
                let key = key.to_string();
                match what {
                    0 => drop(get(&store, &key).await),
                    1 => drop(store.delete(&[key]).await),
                    2 => put_under(&store, &["even", "all"][size % 2..], &key).await,
                    _ => drop(put(&store, &key, size).await),
                }
                sound(&store);
            }
        });
    }
}
