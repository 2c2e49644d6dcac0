//! The order of events is forced by polling by hand: no test here waits for time.

use core::future::{Future, ready};
use core::num::NonZero;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};

use super::*;
use crate::site::Site;

type Waiting<'a, R> = Pin<Box<dyn Future<Output = Result<Verdict, Turn<R>>> + 'a>>;

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn key() -> Arc<str> {
    Arc::from("user:1")
}

fn entry(verdict: &Verdict) -> &[u8] {
    match verdict {
        Verdict::Entry(bytes) => bytes,
        Verdict::Over | Verdict::Alone | Verdict::Away => panic!("no entry"),
    }
}

/// A right that counts how often it was given back.
struct Right(Arc<AtomicUsize>);

impl Drop for Right {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn open(flights: &Arc<Flights<Right>>, key: &Arc<str>, nonce: Nonce, right: Right) -> Turn<Right> {
    let turn = flights.open(key, nonce);
    turn.arm(right);
    turn
}

fn flights() -> Arc<Flights<Right>> {
    Arc::new(Flights::new())
}

#[test]
fn everybody_aboard_gets_the_verdict() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let given_back = Arc::new(AtomicUsize::new(0));
    let turn = open(&flights, &key, nonce, Right(Arc::clone(&given_back)));
    let mut waiting: Vec<Waiting<'_, Right>> = (0..3)
        .map(|_| Box::pin(flights.join(&key, nonce).wait()) as Waiting<'_, Right>)
        .collect();
    for one in &mut waiting {
        assert!(poll(one.as_mut()).is_pending());
    }
    assert!(turn.is_watched());
    let right = turn.end(Verdict::Entry(Bytes::from_static(b"v")));
    assert!(right.is_some());
    for mut one in waiting {
        let Poll::Ready(Ok(verdict)) = poll(one.as_mut()) else {
            panic!("no verdict");
        };
        assert_eq!(entry(&verdict), b"v");
    }
    // Late, but before the leader has left: the entry may not have replaced the lease yet.
    let late = pin!(flights.join(&key, nonce).wait());
    assert!(matches!(poll(late), Poll::Ready(Ok(Verdict::Entry(_)))));
    drop(turn);
    assert_eq!(flights.len(), 0);
    assert_eq!(given_back.load(Ordering::Relaxed), 0, "the leader has it");
}

#[test]
fn a_dropped_leader_hands_its_turn_and_right_to_one_waiter() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let given_back = Arc::new(AtomicUsize::new(0));
    let turn = open(&flights, &key, nonce, Right(Arc::clone(&given_back)));
    let mut first: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    let mut second: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    drop(turn);
    let Poll::Ready(Err(taken)) = poll(first.as_mut()) else {
        panic!("the first in line takes over");
    };
    assert!(taken.loads());
    assert!(poll(second.as_mut()).is_pending(), "one turn, not two");
    assert_eq!(given_back.load(Ordering::Relaxed), 0);
    drop(taken);
    // Cancelled while the turn was on its way: it goes on to the next, and with nobody left back to the store.
    drop(second);
    drop(first);
    assert_eq!(given_back.load(Ordering::Relaxed), 1);
    assert_eq!(flights.len(), 0);
}

#[test]
fn a_flight_opened_here_is_found_until_all_have_left_it() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let given_back = Arc::new(AtomicUsize::new(0));
    assert!(flights.find(&key, nonce).is_none());
    let turn = open(&flights, &key, nonce, Right(Arc::clone(&given_back)));
    assert_eq!((flights.len(), flights.waiting()), (1, 0));
    assert!(!turn.is_watched());
    let mut waiting: Waiting<'_, Right> = Box::pin(async {
        let seat = flights.find(&key, nonce).expect("it has been opened");
        seat.wait().await
    });
    assert!(poll(waiting.as_mut()).is_pending());
    assert!(turn.is_watched());
    assert_eq!((flights.len(), flights.waiting()), (1, 1));
    drop(turn);
    let Poll::Ready(Err(taken)) = poll(waiting.as_mut()) else {
        panic!("whoever found it takes over");
    };
    assert!(taken.loads());
    assert_eq!((flights.len(), flights.waiting()), (1, 0));
    drop(taken);
    assert_eq!(flights.len(), 0);
    assert_eq!(given_back.load(Ordering::Relaxed), 1);
    assert!(flights.find(&key, nonce).is_none());
}

#[test]
fn a_permit_lies_in_the_flight_until_its_end() {
    static SITE: Site = Site::cache_aside("find", "user:<id>", &["user:", ""]);
    static OTHER: Site = Site::cache_aside("list", "users", &["users"]);
    SITE.set_limit(NonZero::<usize>::MIN);
    let limit = SITE.limit();
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let turn = open(&flights, &key, nonce, Right(Arc::default()));
    turn.permit(None);
    assert!(!turn.is_permitted(limit));
    turn.permit(limit.try_permit());
    assert!(turn.is_permitted(limit));
    assert!(!turn.is_permitted(OTHER.limit()));
    let mut next: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    assert!(poll(next.as_mut()).is_pending());
    drop(turn);
    let Poll::Ready(Err(turn)) = poll(next.as_mut()) else {
        panic!("the next in line takes over");
    };
    assert!(turn.is_permitted(limit), "who takes over has it");
    let alone = turn.take_permit();
    assert!(alone.is_some());
    assert!(!turn.is_permitted(limit));
    turn.permit(alone);
    assert!(limit.try_permit().is_none());
    drop(turn.end(Verdict::Over));
    assert!(limit.try_permit().is_some(), "the body has ended");
}

#[test]
fn another_nonce_is_another_flight() {
    let flights = flights();
    let key = key();
    let (old, new) = (Nonce::fresh(), Nonce::fresh());
    let given_back = Arc::new(AtomicUsize::new(0));
    let old_turn = open(&flights, &key, old, Right(Arc::clone(&given_back)));
    let new_turn = open(&flights, &key, new, Right(given_back));
    let mut waiting: Waiting<'_, Right> = Box::pin(flights.join(&key, new).wait());
    drop(old_turn.end(Verdict::Entry(Bytes::from_static(b"old"))));
    assert!(poll(waiting.as_mut()).is_pending());
    drop(new_turn.end(Verdict::Entry(Bytes::from_static(b"new"))));
    let Poll::Ready(Ok(verdict)) = poll(waiting.as_mut()) else {
        panic!("no verdict");
    };
    assert_eq!(entry(&verdict), b"new");
}

#[test]
fn a_lease_read_before_its_claim_was_answered_belongs_to_this_process() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let turn = flights.open(&key, nonce);
    let mut early: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    assert!(poll(early.as_mut()).is_pending(), "it does not poll");
    turn.arm(Right(Arc::default()));
    drop(turn);
    let Poll::Ready(Err(taken)) = poll(early.as_mut()) else {
        panic!("the turn is its now");
    };
    assert!(taken.loads());
}

#[test]
fn a_claim_whose_reply_was_lost_leaves_its_waiters_polling() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let turn = flights.open(&key, nonce);
    let mut early: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    assert!(poll(early.as_mut()).is_pending());
    drop(turn);
    let Poll::Ready(Err(taken)) = poll(early.as_mut()) else {
        panic!("the turn is its now");
    };
    assert!(!taken.loads(), "there is no right to load with");
}

#[test]
fn those_who_wait_for_another_process_elect_one_to_poll() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let mut first: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    let mut second: Waiting<'_, Right> = Box::pin(flights.join(&key, nonce).wait());
    let Poll::Ready(Err(turn)) = poll(first.as_mut()) else {
        panic!("the first polls");
    };
    assert!(!turn.loads());
    assert!(poll(second.as_mut()).is_pending());
    assert!(turn.end(Verdict::Over).is_none());
    assert!(matches!(
        poll(second.as_mut()),
        Poll::Ready(Ok(Verdict::Over))
    ));
}

#[test]
fn a_leader_with_company_does_not_take_its_right_away() {
    let flights = flights();
    let (key, nonce) = (key(), Nonce::fresh());
    let turn = open(&flights, &key, nonce, Right(Arc::default()));
    let seat = flights.join(&key, nonce);
    assert!(turn.take_alone().is_none());
    drop(seat);
    assert!(turn.take_alone().is_some());
    // Aboard before the table has forgotten it: nobody is left to wait for.
    let late = pin!(flights.join(&key, nonce).wait());
    assert!(matches!(poll(late), Poll::Ready(Ok(Verdict::Over))));
}

#[tokio::test]
async fn a_lane_shares_only_commands_sent_after_arrival() {
    let lanes = Arc::new(Lanes::<Arc<str>, usize>::new());
    let key = key();
    let sent = AtomicUsize::new(0);
    let gate = tokio::sync::Notify::new();
    let command = async |()| {
        let number = sent.fetch_add(1, Ordering::Relaxed) + 1;
        gate.notified().await;
        number
    };
    let mut first = pin!(lanes.share(&key, ready(()), command));
    assert!(poll(first.as_mut()).is_pending());
    // These arrive while the first command is under way: its reply may be older than they are.
    let mut second = pin!(lanes.share(&key, ready(()), command));
    let mut third = pin!(lanes.share(&key, ready(()), command));
    assert!(poll(second.as_mut()).is_pending());
    assert!(poll(third.as_mut()).is_pending());
    gate.notify_one();
    assert_eq!(first.await, 1);
    assert!(poll(second.as_mut()).is_pending());
    gate.notify_one();
    assert_eq!(second.await, 2);
    assert_eq!(third.await, 2, "both were there before the second was sent");
    assert_eq!(sent.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_lane_survives_a_cancelled_sender() {
    let lanes = Arc::new(Lanes::<Arc<str>, usize>::new());
    let key = key();
    let mut first = Box::pin(lanes.share(&key, ready(()), |()| core::future::pending::<usize>()));
    assert!(poll(first.as_mut()).is_pending());
    let mut second = pin!(lanes.share(&key, ready(()), |()| ready(2)));
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert_eq!(second.await, 2);
}

fn lanes() -> Arc<Lanes<Arc<str>, usize>> {
    Arc::new(Lanes::new())
}

type Entering<'a> = Pin<Box<dyn Future<Output = Arrival<Arc<str>, usize>> + 'a>>;

fn head(mut entering: Entering<'_>) -> Head<Arc<str>, usize> {
    match poll(entering.as_mut()) {
        Poll::Ready(Arrival::Head(head)) => head,
        _ => panic!("not at the head of the lane"),
    }
}

#[test]
fn a_reply_is_watched_by_those_who_came_before_its_command() {
    let (lanes, key) = (lanes(), key());
    let mut first = head(Box::pin(lanes.enter(&key)));
    first.begin();
    let mut early: Entering<'_> = Box::pin(lanes.enter(&key));
    assert!(poll(early.as_mut()).is_pending());
    assert!(!first.is_watched(), "it came too late for this one");
    drop(first);
    let mut second = head(early);
    let mut passenger: Entering<'_> = Box::pin(lanes.enter(&key));
    assert!(poll(passenger.as_mut()).is_pending());
    second.begin();
    assert!(second.is_watched());
    let mut late: Entering<'_> = Box::pin(lanes.enter(&key));
    assert!(poll(late.as_mut()).is_pending());
    assert_eq!((lanes.len(), lanes.waiting()), (1, 2));
    drop(late);
    assert!(
        second.is_watched(),
        "who came too late has left, and no other"
    );
    drop(passenger);
    assert!(!second.is_watched(), "nobody is left");
    drop(second);
    assert_eq!((lanes.len(), lanes.waiting()), (0, 0));
}

#[test]
fn a_disbanded_lane_lets_everybody_go_and_is_no_longer_found() {
    let (lanes, key) = (lanes(), key());
    let mut first = head(Box::pin(lanes.enter(&key)));
    first.begin();
    let mut waiting: Vec<Entering<'_>> = (0..3)
        .map(|_| Box::pin(lanes.enter(&key)) as Entering<'_>)
        .collect();
    for one in &mut waiting {
        assert!(poll(one.as_mut()).is_pending());
    }
    first.disband();
    // The next comer has a lane of its own, which those who leave the old one do not take away.
    let next = head(Box::pin(lanes.enter(&key)));
    for mut one in waiting {
        assert!(matches!(
            poll(one.as_mut()),
            Poll::Ready(Arrival::Disbanded)
        ));
    }
    let mut behind: Entering<'_> = Box::pin(lanes.enter(&key));
    assert!(poll(behind.as_mut()).is_pending());
    drop((next, behind));
    assert_eq!(lanes.len(), 0);
}
