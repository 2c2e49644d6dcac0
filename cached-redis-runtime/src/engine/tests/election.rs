//! Two processes, which are two engines on one store, and one entry that both find due.

use super::*;
use crate::engine::Election;

const RETRY: Duration = Duration::from_secs(1);

/// And an entry, by its nonce.
async fn two_processes() -> (Arc<Engine>, Arc<Engine>, Nonce) {
    let here = late(0);
    let settings = Settings {
        refresh_retry: RETRY,
        ..here.settings.clone()
    };
    let there = Arc::new(Engine::new(Arc::clone(&here.store), settings));
    let planned = plan(&here, KEY).await;
    finish(&here, KEY, planned).await;
    let nonce = nonce(&here).await.expect("an entry");
    (here, there, nonce)
}

async fn nonce(engine: &Engine) -> Option<Nonce> {
    let look = engine
        .store
        .get(KEY, Size::Ordinary)
        .await
        .expect("never fails");
    match read(&look.bytes?) {
        Entry::Value { head, .. } => Some(head.nonce),
        _ => None,
    }
}

/// What is given up is given up in the background.
async fn is_election_over(engine: &Engine) -> bool {
    clock::sleep(Duration::from_millis(1)).await;
    let look = engine.store.get("%reload:user:1", Size::Ordinary).await;
    look.expect("never fails").bytes.is_none()
}

async fn elect(engine: &Engine, nonce: Nonce) -> Option<Start> {
    let candidate = engine.stand(request(KEY), nonce, false)?;
    let left = engine.left(None);
    engine.elect(request(KEY), candidate, left).await
}

async fn reload(engine: &Arc<Engine>, start: Start, outcome: Outcome) {
    let (ticket, left) = (start.ticket, start.left);
    engine
        .finish(request(KEY), ticket, outcome, (0, left))
        .await;
}

fn value() -> Outcome {
    Outcome::Value(vec![7; HEADER + 1], None)
}

fn election(start: Start) -> Election {
    match start.ticket {
        Ticket::Reload(election) => *election,
        ticket => panic!("{ticket:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn one_is_elected_and_the_other_asks_again_later() {
    let (here, there, old) = two_processes().await;
    let start = elect(&here, old).await.expect("elected");
    assert!(elect(&here, old).await.is_none());
    assert!(elect(&there, old).await.is_none());
    // Without a word to the store.
    assert!(there.stand(request(KEY), old, false).is_none());
    assert!(!is_election_over(&here).await);
    reload(&here, start, value()).await;
    assert!(is_election_over(&here).await);
    let new = nonce(&here).await.expect("an entry");
    assert_ne!(new, old);
    // That it was not elected for the old one says nothing about the new.
    assert!(elect(&there, new).await.is_some());
    assert_eq!(there.stats().total().skipped_refreshes, 2);
    assert_eq!(here.stats().total().refreshes, 1);
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_sees_that_it_has_been_replaced() {
    let (here, there, old) = two_processes().await;
    let start = elect(&here, old).await.expect("elected");
    reload(&here, start, value()).await;
    assert!(elect(&there, old).await.is_none());
    assert!(elect(&here, old).await.is_none());
    assert!(is_election_over(&here).await);
    assert_eq!(there.stats().total().refreshes, 0);
    // Or taken away.
    let new = nonce(&here).await.expect("an entry");
    there
        .invalidate(&SITE, &[KEY.to_owned()], &[])
        .await
        .expect("never fails");
    assert!(elect(&there, new).await.is_none());
    assert!(is_election_over(&here).await);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_nobody_tries_for_an_interval() {
    let (here, there, old) = two_processes().await;
    let start = elect(&here, old).await.expect("elected");
    // Longer than a lease, which is renewed meanwhile.
    clock::sleep(Duration::from_secs(25)).await;
    assert!(elect(&there, old).await.is_none());
    reload(&here, start, Outcome::Failed).await;
    let until = clock::now() + RETRY;
    let mut attempts = 0;
    while clock::now() + Duration::from_millis(10) < until {
        assert!(elect(&here, old).await.is_none());
        assert!(elect(&there, old).await.is_none());
        clock::sleep(Duration::from_millis(10)).await;
        attempts += 1;
    }
    assert!(attempts > 50);
    clock::sleep(RETRY / 5).await;
    assert!(elect(&there, old).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn who_is_dropped_leaves_it_to_the_next() {
    let (here, there, old) = two_processes().await;
    drop(elect(&here, old).await.expect("elected"));
    assert!(is_election_over(&here).await);
    assert!(elect(&there, old).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_was_invalidated_meanwhile_is_not_replaced() {
    let (here, there, old) = two_processes().await;
    let start = elect(&here, old).await.expect("elected");
    there
        .invalidate(&SITE, &[KEY.to_owned()], &[])
        .await
        .expect("never fails");
    let planned = plan(&there, KEY).await;
    finish(&there, KEY, planned).await;
    let new = nonce(&here).await;
    reload(&here, start, value()).await;
    assert_eq!(nonce(&here).await, new);
    assert_eq!(here.stats().total().rejected_fills, 1);
    assert!(is_election_over(&here).await);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_late_elects_nobody_and_is_left_alone() {
    let here = late(30);
    let planned = plan(&here, KEY).await;
    finish(&here, KEY, planned).await;
    let old = nonce(&here).await.expect("an entry");
    let candidate = here.stand(request(KEY), old, false).expect("nobody else");
    let began = clock::now();
    // What the first look has left is not enough for the claim and another look.
    let left = here.left(Some(Sent {
        at: began - Duration::from_millis(60),
        most: Duration::MAX,
    }));
    assert!(here.elect(request(KEY), candidate, left).await.is_none());
    assert_passed(began, 40);
    assert_eq!(here.stats().total().errors, 1);
    assert!(here.stand(request(KEY), old, false).is_none());
    clock::sleep(RETRY).await;
    let start = elect(&here, old).await.expect("elected");
    assert_eq!(election(start).nonce(), old);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_elected_while_a_deletion_is_lost() {
    let (here, _, old) = two_processes().await;
    let candidate = here.stand(request(KEY), old, false).expect("nobody else");
    here.lost.add(&[KEY.to_owned()], None);
    let left = here.left(None);
    assert!(here.elect(request(KEY), candidate, left).await.is_none());
    assert!(is_election_over(&here).await);
}
