//! Single flight, and the sharing of commands.

use core::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use shuttle::future::{block_on, spawn};
use shuttle::rand::{Rng as _, thread_rng};

use crate::codec::Nonce;
use crate::flight::{Arrival, Flights, Lanes, Turn, Verdict};
use crate::sync::Arc;

/// The right to fill, counted: there is one, and it goes back once.
#[derive(Debug)]
struct Right(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    given_back: AtomicUsize,
    acting: AtomicUsize,
    bodies: AtomicUsize,
    values: AtomicUsize,
}

impl Drop for Right {
    fn drop(&mut self) {
        self.0.given_back.fetch_add(1, Ordering::SeqCst);
    }
}

/// How the holder of a turn ends it.
#[derive(Clone, Copy, Debug)]
enum End {
    Value,
    Error,
    Dropped,
}

fn any_end() -> End {
    match thread_rng().gen_range(0..3) {
        0 => End::Value,
        1 => End::Error,
        _ => End::Dropped,
    }
}

/// The body of whoever has the turn.
async fn act(turn: Turn<Right>, counts: &Counts) {
    let values = counts.values.load(Ordering::SeqCst);
    assert_eq!(values, 0, "a load after there was a value");
    assert!(turn.loads(), "the right is there for whoever has the turn");
    let alone = counts.acting.fetch_add(1, Ordering::SeqCst);
    assert_eq!(alone, 0, "two bodies of one flight at once");
    counts.bodies.fetch_add(1, Ordering::SeqCst);
    shuttle::future::yield_now().await;
    counts.acting.fetch_sub(1, Ordering::SeqCst);
    match any_end() {
        End::Value => {
            counts.values.fetch_add(1, Ordering::SeqCst);
            let right = turn.end(Verdict::Entry(Bytes::from_static(b"value")));
            assert!(right.is_some(), "the turn comes with the right");
        }
        // As after a body's `Err`: given back at once if nobody is in line.
        End::Error => drop(turn.take_alone()),
        End::Dropped => drop(turn),
    }
}

/// A leader and some followers of one flight, who fail, hang up or succeed at any moment: no two bodies at once, nobody
/// waits for ever (shuttle reports a deadlock), after a value nobody loads, and the right goes back exactly once.
///
/// # Panics
/// If not.
pub fn flight() {
    let (flights, counts) = (Arc::new(Flights::new()), Arc::new(Counts::default()));
    let (key, nonce): (Arc<str>, _) = (Arc::from("user:1"), Nonce::fresh());
    let turn = flights.open(&key, nonce);
    turn.arm(Right(Arc::clone(&counts)));
    // Joining takes the flight for another process's if it is over by then; looking for it does not.
    let joining = thread_rng().gen_bool(0.5);
    let followers: Vec<_> = (0..3)
        .map(|_| {
            let (flights, counts, key) =
                (Arc::clone(&flights), Arc::clone(&counts), Arc::clone(&key));
            spawn(async move {
                // A caller who has read the nonce may come at any time, also after the end.
                let seat = if joining {
                    Some(flights.join(&key, nonce))
                } else {
                    flights.find(&key, nonce)
                };
                let Some(seat) = seat else { return };
                match seat.wait().await {
                    Ok(Verdict::Entry(_)) => {
                        let values = counts.values.load(Ordering::SeqCst);
                        assert_eq!(values, 1, "an entry that nobody made");
                    }
                    Ok(_) => {
                        let values = counts.values.load(Ordering::SeqCst);
                        assert!(values == 0 || joining, "there was an entry to be had");
                    }
                    Err(turn) if turn.loads() => act(turn, &counts).await,
                    // Nobody's flight: this one polls, and finds that the lease is gone.
                    Err(turn) => drop(turn.end(Verdict::Over)),
                }
            })
        })
        .collect();
    // One more, who hangs up.
    let hangs_up = {
        let (flights, key) = (Arc::clone(&flights), Arc::clone(&key));
        spawn(async move { flights.find(&key, nonce)?.wait().await.ok() })
    };
    let leader = {
        let counts = Arc::clone(&counts);
        spawn(async move { act(turn, &counts).await })
    };
    hangs_up.abort();
    block_on(async {
        leader.await.expect("no panic");
        for follower in followers {
            follower.await.expect("no panic");
        }
        drop(hangs_up.await);
        let (bodies, given_back) = (&counts.bodies, &counts.given_back);
        assert!(bodies.load(Ordering::SeqCst) >= 1);
        assert_eq!(given_back.load(Ordering::SeqCst), 1, "the right, once");
        assert!(
            flights.find(&key, nonce).is_none(),
            "nothing is left behind"
        );
        assert_eq!(flights.waiting(), 0);
    });
}

/// Callers of one lane while the world changes: whoever shares a reply shares one that was asked for after it came, two
/// never ask at once, and nothing is left behind. Some hang up, fail, or get what cannot be shared.
///
/// # Panics
/// If not.
pub fn lane() {
    callers_of_a_lane(true);
}

/// The same, where all replies can be shared.
///
/// # Panics
/// If not.
pub fn commands() {
    callers_of_a_lane(false);
}

fn callers_of_a_lane(split: bool) {
    let lanes = Arc::new(Lanes::<Arc<str>, usize>::new());
    let world = Arc::new(AtomicUsize::new(0));
    let asking = Arc::new(AtomicUsize::new(0));
    let key: Arc<str> = Arc::from("user:1");
    let callers: Vec<_> = (0..5)
        .map(|_| {
            let (lanes, key) = (Arc::clone(&lanes), Arc::clone(&key));
            let (world, asking) = (Arc::clone(&world), Arc::clone(&asking));
            spawn(async move {
                let began = world.fetch_add(1, Ordering::SeqCst) + 1;
                let ask = || ask(&world, &asking);
                let seen = if split {
                    by_turns(&lanes, &key, ask).await
                } else {
                    let ready = shuttle::future::yield_now();
                    Some(lanes.share(&key, ready, |()| ask()).await)
                };
                let fresh = seen.is_none_or(|seen| seen >= began);
                assert!(fresh, "an answer from before the question");
            })
        })
        .collect();
    let hangs_up = callers.len() - 1;
    callers[hangs_up].abort();
    block_on(async {
        for (number, caller) in callers.into_iter().enumerate() {
            let ended = caller.await;
            assert!(ended.is_ok() || number == hangs_up, "no panic");
        }
    });
    assert_eq!(
        (lanes.len(), lanes.waiting()),
        (0, 0),
        "nothing is left behind"
    );
}

/// As a load without the cache has it. `None`: it answers for itself.
async fn by_turns<F: Future<Output = usize>>(
    lanes: &Arc<Lanes<Arc<str>, usize>>,
    key: &Arc<str>,
    ask: impl FnOnce() -> F,
) -> Option<usize> {
    match lanes.enter(key).await {
        Arrival::Reply(seen) => Some(seen),
        Arrival::Disbanded => None,
        Arrival::Head(mut head) => {
            head.begin();
            let seen = ask().await;
            match any_end() {
                End::Value => head.end(seen),
                End::Error => head.disband(),
                End::Dropped => drop(head),
            }
            Some(seen)
        }
    }
}

/// A command: what it finds, and a while until that is known.
async fn ask(world: &AtomicUsize, asking: &AtomicUsize) -> usize {
    struct Asked<'a>(&'a AtomicUsize);

    impl Drop for Asked<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    let others = asking.fetch_add(1, Ordering::SeqCst);
    let _asked = Asked(asking);
    assert_eq!(others, 0, "two ask at once");
    let seen = world.load(Ordering::SeqCst);
    shuttle::future::yield_now().await;
    seen
}
