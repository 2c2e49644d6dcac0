//! The task that keeps the map true.

use core::time::Duration;

use tokio::sync::Notify;

use super::Cluster;
use crate::clock;
use crate::sync::atomic::Ordering;
use crate::sync::{Arc, Weak, spread_between};

/// Between two looks at the cluster, in milliseconds: doubled each time, and spread by up to a half.
const FIRST_PAUSE: u64 = 10;
const LONGEST_PAUSE: u64 = 1000;
/// Between two looks that nobody asked for. A redirect tells of every slot that moves; this is for those who own none.
const PERIOD: u64 = 60_000;
/// The same while there is a primary without a replica to read from. One that has come is redirected to by nobody.
const SHORT_PERIOD: u64 = 5_000;

/// Makes a map whenever the bell rings, and for as long as the one there is has gaps.
///
/// It holds the cluster weakly between steps, so that the last handle's drop ends it.
pub(super) async fn keep(cluster: Weak<Cluster>, bell: Arc<Notify>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let state = cluster.upgrade();
        let state = state.map(|cluster| (cluster.is_ready(), cluster.lacks_readers()));
        let Some((is_whole, lacks_readers)) = state else {
            return;
        };
        if is_whole {
            let began = clock::now();
            let period = if lacks_readers { SHORT_PERIOD } else { PERIOD };
            let period = Duration::from_millis(spread_between(period / 2, period));
            let _ = clock::within(period, bell.notified()).await;
            if clock::now() - began > Duration::from_millis(LONGEST_PAUSE) {
                pause = FIRST_PAUSE;
            }
        }
        let Some(cluster) = cluster.upgrade() else {
            return;
        };
        match cluster.refresh().await {
            // Each endpoint says of itself why it cannot be used.
            Ok(_) => cluster.said.store(false, Ordering::Relaxed),
            Err(error) => cluster.say(&error),
        }
        drop(cluster);
        clock::sleep(Duration::from_millis(spread_between(pause / 2, pause))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
