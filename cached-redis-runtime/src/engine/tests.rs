//! What a server that is late costs a call, in paused time.

mod election;
mod fleet;
mod late;
#[cfg(feature = "metrics")]
mod publish;

use core::ops::ControlFlow;

use self::late::Late;
use super::patience::Patience;
use super::*;
use crate::backend::memory::MemoryStore;
use crate::clock::{self, Instant, Sent};
use crate::codec::{Entry, HEADER, Nonce, Renewal, read};
use crate::observe::Examination;
use crate::size::Size;
use crate::store::{
    BATCH, Claimed, Claiming, Cursor, Deleted, Expect, FieldStore, Filling, Gone, Look, Reply,
    Structures, Tagging,
};
use crate::sync::Mutex;

static SITE: Site = Site::cache_aside("find", "user:<id>", &["user:", ""]);
const KEY: &str = "user:1";
const DEADLINE: Duration = Duration::from_millis(100);

/// An engine on a store that is late by so many milliseconds.
fn late(millis: u64) -> Arc<Engine> {
    late_with(millis, Duration::from_secs(10)).0
}

/// And how many registrations it was asked for.
fn late_with(millis: u64, lease: Duration) -> (Arc<Engine>, Arc<AtomicU64>) {
    let registrations = Arc::new(AtomicU64::new(0));
    let store = Arc::new(Late {
        store: MemoryStore::new(64 << 20),
        by: Duration::from_millis(millis),
        registrations: Arc::clone(&registrations),
        releases: Arc::default(),
    });
    let settings = Settings {
        namespace: String::new(),
        format: Format::default(),
        deadline: DEADLINE,
        confirmation: Duration::ZERO,
        lease,
        wait: Duration::from_secs(5),
        max_value_bytes: 1 << 20,
        max_refreshes: 64,
        refresh_retry: Duration::from_secs(1),
        max_key_bytes: 1 << 10,
    };
    (Arc::new(Engine::new(store, settings)), registrations)
}

fn request(key: &str) -> Request<'_> {
    Request {
        site: &SITE,
        key,
        lifetimes: Lifetimes::ttl(Duration::from_secs(60)),
        format: Format::default(),
        fingerprint: 0,
        admission: Admission::Line,
    }
}

/// What a call does until its body begins.
async fn plan(engine: &Engine, key: &str) -> (Plan, Left) {
    let got = engine.get(request(key)).expect("it is trusted").await;
    match engine.judge(request(key), Reload::No, got) {
        ControlFlow::Break(plan) => (plan, Left::NOTHING),
        ControlFlow::Continue(miss) => miss.await,
    }
}

/// And after it.
async fn finish(engine: &Arc<Engine>, key: &str, (plan, left): (Plan, Left)) {
    let Plan::Load(ticket) = plan else {
        panic!("{plan:?}")
    };
    let outcome = Outcome::Value(vec![7; HEADER + 1], None);
    engine
        .finish(request(key), ticket, outcome, (0, left))
        .await;
}

/// Tokio's timer is as much as a millisecond late, each time.
fn assert_passed(since: Instant, millis: u64) {
    let passed = clock::now() - since;
    let most = Duration::from_millis(millis + 5);
    assert!(passed >= Duration::from_millis(millis), "{passed:?}");
    assert!(passed <= most, "{passed:?}");
}

async fn holds_the_value(engine: &Engine) -> bool {
    let look = engine
        .store
        .get(KEY, Size::Ordinary)
        .await
        .expect("never fails");
    let bytes = look.bytes.unwrap_or_default();
    matches!(read(&bytes), Entry::Value { .. })
}

#[tokio::test(start_paused = true)]
async fn what_is_answered_within_the_deadline_altogether_is_waited_for() {
    let engine = late(30);
    let began = clock::now();
    let planned = plan(&engine, KEY).await;
    assert_passed(began, 60);
    finish(&engine, KEY, planned).await;
    assert_passed(began, 90);
    assert_eq!(engine.stats().total().fills, 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_has_what_the_look_has_left() {
    let engine = late(60);
    let began = clock::now();
    let (plan, _) = plan(&engine, KEY).await;
    assert_passed(began, 100);
    assert!(matches!(plan, Plan::Round(_)), "{plan:?}");
    // What the server granted all the same has been given back.
    clock::sleep(2 * DEADLINE).await;
    let look = engine
        .store
        .get(KEY, Size::Ordinary)
        .await
        .expect("never fails");
    assert!(look.bytes.is_none());
    assert_eq!(engine.stats().under_way, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fill_goes_on_when_the_call_has_waited_enough() {
    let engine = late(40);
    let planned = plan(&engine, KEY).await;
    // However long the body takes, it is no waiting for the store.
    clock::sleep(10 * DEADLINE).await;
    let ended = clock::now();
    finish(&engine, KEY, planned).await;
    assert_passed(ended, 20);
    assert_eq!(engine.stats().total().fills, 0);
    assert_eq!(engine.stats().under_way, 1);
    clock::sleep(DEADLINE).await;
    assert_eq!(engine.stats().total().fills, 1);
    assert_eq!(engine.stats().under_way, 0);
    assert!(holds_the_value(&engine).await);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_load_does_not_wait_for_the_store() {
    let engine = late(30);
    let first = plan(&engine, KEY).await;
    let second = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { plan(&engine, KEY).await.0 }
    });
    clock::sleep(10 * DEADLINE).await;
    finish(&engine, KEY, first).await;
    let plan = second.await.expect("no panic");
    assert!(matches!(plan, Plan::Hit(_)), "{plan:?}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_waits_no_longer_than_a_single_call() {
    let engine = late(40);
    let keys: Vec<String> = (0..3).map(|id| format!("user:{id}")).collect();
    let batch = Batch {
        site: &SITE,
        keys: &keys,
        lifetimes: request(KEY).lifetimes,
        format: Format::default(),
        fingerprint: 0,
        admission: Admission::Line,
    };
    let began = clock::now();
    let mut search = engine.search(batch, Reload::No);
    let Step::Load(tickets) = search.step().await else {
        panic!("there is nothing to hit")
    };
    // The look, the claim of the first key, and half of the claims of the others.
    assert_passed(began, 100);
    let leads = tickets
        .iter()
        .filter(|(_, ticket)| matches!(ticket, Ticket::Lead(_)));
    assert_eq!(leads.count(), 1);
    let (_, left) = search.end();
    let ended = clock::now();
    let loaded = tickets.into_iter().map(|(at, ticket)| {
        let outcome = Outcome::Value(vec![7; HEADER + 1], None);
        (at, ticket, outcome)
    });
    engine
        .finish_many(batch, loaded.collect(), (0, left), None)
        .await;
    assert_passed(ended, 0);
    clock::sleep(2 * DEADLINE).await;
    assert_eq!(engine.stats().total().fills, 1);
    assert_eq!(engine.stats().under_way, 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_with_a_guard_waits_for_one_deadline_in_all() {
    let engine = late(60);
    let keys = [KEY.to_owned()];
    let mut guards = Guards::new();
    let began = clock::now();
    engine.enter(&SITE, &mut guards, &keys).await;
    assert_passed(began, 60);
    clock::sleep(DEADLINE).await;
    let ended = clock::now();
    let left = engine
        .leave_and_invalidate(&SITE, (&keys, guards), &[])
        .await;
    assert_passed(ended, 40);
    assert_eq!(left.expect_err("it is late").kind(), ErrorKind::Timeout);
    assert_eq!(engine.stats().pending_deletes, 1);
    clock::sleep(5 * DEADLINE).await;
    assert_eq!(engine.stats().pending_deletes, 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_with_tags_waits_for_one_deadline_in_all() {
    let engine = late(40);
    let tags = ["%tag:team:1".to_owned()];
    let began = clock::now();
    let done = engine.invalidate(&SITE, &[KEY.to_owned()], &tags).await;
    assert_passed(began, 80);
    done.expect("nobody is under the tag");

    let members = [KEY.to_owned()];
    let tagging = Tagging {
        tag: &tags[0],
        members: &members,
    };
    engine
        .store
        .claim(KEY, Expect::Missing, Nonce::fresh(), DEADLINE)
        .await
        .expect("never fails");
    engine
        .store
        .register(&[tagging], 60_000)
        .await
        .expect("never fails");
    let began = clock::now();
    let done = engine
        .invalidate(&SITE, &["user:2".to_owned()], &tags)
        .await;
    assert_passed(began, 100);
    assert_eq!(done.expect_err("it is late").kind(), ErrorKind::Timeout);
    assert_eq!(engine.stats().pending_deletes, 1);
    clock::sleep(5 * DEADLINE).await;
    assert_eq!(engine.stats().pending_deletes, 0);
}

/// More than a few commands can name.
fn many_keys() -> Vec<String> {
    (0..10 * BATCH).map(|id| format!("user:{id}")).collect()
}

#[tokio::test(start_paused = true)]
async fn many_keys_take_more_than_one_deadline_to_claim_and_are_stored() {
    let engine = late(20);
    let keys = many_keys();
    let batch = Batch {
        site: &SITE,
        keys: &keys,
        lifetimes: request(KEY).lifetimes,
        format: Format::default(),
        fingerprint: 0,
        admission: Admission::Line,
    };
    let mut search = engine.search(batch, Reload::No);
    let Step::Load(tickets) = search.step().await else {
        panic!("there is nothing to hit")
    };
    let is_lead = |(_, ticket): &&(usize, Ticket)| matches!(ticket, Ticket::Lead(_));
    assert_eq!(tickets.iter().filter(is_lead).count(), keys.len());
    let (_, left) = search.end();
    // The first look, the first claim, and the first of the other claims.
    assert!(left.due() > clock::now() + Duration::from_millis(30));
}

#[tokio::test(start_paused = true)]
async fn many_keys_are_guarded_and_left_though_that_takes_more_than_one_deadline() {
    let engine = late(20);
    let keys = many_keys();
    let mut guards = Guards::new();
    engine.enter(&SITE, &mut guards, &keys).await;
    assert_eq!(engine.stats().total().errors, 0);
    let tags = ["%tag:team:1".to_owned()];
    let left = engine.leave_and_invalidate(&SITE, (&keys, guards), &tags);
    left.await.expect("each command is answered in time");
    assert_eq!(engine.stats().pending_deletes, 0);
}

#[tokio::test(start_paused = true)]
async fn many_keys_are_put_under_their_tag_though_that_takes_more_than_one_deadline() {
    let engine = late(20);
    let membership = Membership {
        tag: "%tag:team:1".to_owned(),
        members: many_keys(),
    };
    let mut left = Patience::new(&engine.settings).left();
    let lifetimes = (request(KEY).lifetimes, false);
    let registered = engine.register(&SITE, vec![membership], lifetimes, &mut left);
    registered.await.expect("each command is answered in time");
    assert!(left.due() > clock::now() + Duration::from_millis(70));
}

#[tokio::test(start_paused = true)]
async fn many_keys_stay_under_their_tag_until_the_last_is_stored() {
    let (engine, registrations) = late_with(20, Duration::from_millis(90));
    let keys = many_keys();
    let batch = Batch {
        site: &SITE,
        keys: &keys,
        lifetimes: request(KEY).lifetimes,
        format: Format::default(),
        fingerprint: 0,
        admission: Admission::Line,
    };
    let mut search = engine.search(batch, Reload::No);
    let Step::Load(tickets) = search.step().await else {
        panic!("there is nothing to hit")
    };
    drop(search);
    let membership = Membership {
        tag: "%tag:team:1".to_owned(),
        members: vec![keys[0].clone()],
    };
    let (mut left, lifetimes) = (
        Patience::new(&engine.settings).left(),
        request(KEY).lifetimes,
    );
    let registered = engine.register(&SITE, vec![membership], (lifetimes, false), &mut left);
    let registration = registered.await;
    assert!(registration.is_some());
    let loaded = tickets.into_iter().map(|(at, ticket)| {
        let outcome = Outcome::Value(vec![7; HEADER + 1], None);
        (at, ticket, outcome)
    });
    engine
        .finish_many(batch, loaded.collect(), (0, Left::NOTHING), registration)
        .await;
    let before = registrations.load(Ordering::Relaxed);
    clock::sleep(Duration::from_millis(150)).await;
    assert!(engine.stats().under_way > 0, "fills are still on their way");
    assert!(registrations.load(Ordering::Relaxed) > before + 1);
    clock::sleep(20 * DEADLINE).await;
    let after = registrations.load(Ordering::Relaxed);
    clock::sleep(5 * DEADLINE).await;
    assert_eq!(registrations.load(Ordering::Relaxed), after);
}
