//! The connection that callers use, its driver and the supervisor.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use shuttle::future::batch_semaphore::{BatchSemaphore, Fairness};
use shuttle::future::{block_on, spawn};
use shuttle::rand::{Rng as _, thread_rng};

use crate::link::{Alarm, Link, until_dead};
use crate::sync::{Arc, Notify, Weak};

const MOST: usize = 16;

/// What is known from outside about each connection, by its number.
#[derive(Default)]
struct Past {
    /// How often a caller was about to say that a command was not answered, and the driver that it closes.
    suspicions: [AtomicUsize; MOST],
    died: [AtomicBool; MOST],
    deaths: AtomicUsize,
}

impl Past {
    fn died(&self, number: usize) {
        if !self.died[number].swap(true, Ordering::SeqCst) {
            self.deaths.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Publishes connections, one after the other, as `supervisor.rs` does.
async fn supervise(
    link: Weak<Link<usize>>,
    bell: Arc<Notify>,
    past: Arc<Past>,
    published: Arc<BatchSemaphore>,
) {
    for number in 0..MOST {
        let Some(strong) = link.upgrade() else { return };
        let alarm = strong.alarm();
        let driver = spawn(drive(number, alarm.clone(), Arc::clone(&past)));
        strong.publish(number, alarm);
        drop(strong);
        published.release(1);
        until_dead(&link, &bell).await;
        if link.upgrade().is_some() {
            let suspicions = past.suspicions[number].load(Ordering::SeqCst);
            assert!(suspicions >= 2, "connection {number} was sound");
        }
        driver.await.expect("no panic");
    }
}

/// Closes its connection at any moment, also before it is published, or never.
async fn drive(number: usize, alarm: Alarm, past: Arc<Past>) {
    if thread_rng().gen_bool(0.3) {
        shuttle::future::yield_now().await;
        past.suspicions[number].fetch_add(2, Ordering::SeqCst);
        alarm.sound();
        past.died(number);
    }
}

/// A few commands, answered or not.
async fn call(link: Arc<Link<usize>>, past: Arc<Past>) {
    for _ in 0..3 {
        shuttle::future::yield_now().await;
        let Some(live) = link.current() else { continue };
        let number = **live;
        match thread_rng().gen_range(0..4) {
            0 => live.answered(),
            1 => {
                past.suspicions[number].fetch_add(2, Ordering::SeqCst);
                link.retire(&live);
                past.died(number);
            }
            _ => {
                past.suspicions[number].fetch_add(1, Ordering::SeqCst);
                if link.unanswered(&live) {
                    past.died(number);
                }
            }
        }
    }
}

/// Each connection that dies is replaced, once, whoever finds out and when; none that works is taken out of use; and the
/// supervisor ends with the link.
///
/// # Panics
/// If not.
pub fn replacement() {
    let (link, past) = (Arc::new(Link::new()), Arc::new(Past::default()));
    let published = Arc::new(BatchSemaphore::new(0, Fairness::StrictlyFair));
    let supervisor = supervise(
        Arc::downgrade(&link),
        link.bell(),
        Arc::clone(&past),
        Arc::clone(&published),
    );
    let supervisor = spawn(supervisor);
    let callers: Vec<_> = (0..2)
        .map(|_| spawn(call(Arc::clone(&link), Arc::clone(&past))))
        .collect();
    block_on(async {
        for caller in callers {
            caller.await.expect("no panic");
        }
        // A driver may close what has just been published; each death is answered by one connection more.
        let mut expected = 0;
        while expected < past.deaths.load(Ordering::SeqCst) + 1 {
            published.acquire(1).await.expect("never closed");
            expected += 1;
        }
        drop(link);
        supervisor.await.expect("no panic");
    });
    assert!(published.available_permits() <= past.deaths.load(Ordering::SeqCst));
}
