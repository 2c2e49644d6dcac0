//! A task that reads and reports what it has seen.

use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::functions::{Conduct, Row};
use super::panics::caught;
use crate::call::{Reading, Seen, Unseen};
use crate::frame::{Phase, ReadEnd, Said};
use crate::random::Random;

/// One read, drawn before it begins, so that it does not depend on how others go.
#[derive(Debug)]
struct Plan {
    reading: Reading,
    ids: Vec<u32>,
    conduct: Conduct,
    /// The future is dropped after this.
    dropped_after: Option<Duration>,
    pause: Duration,
}

impl Plan {
    fn draw(random: &mut Random, keys: u32) -> Self {
        let reading = match random.within(0..=99) {
            0..=11 => Reading::Single,
            12..=18 => Reading::Brief,
            19..=33 => Reading::Ahead,
            34..=43 => Reading::Early,
            44..=56 => Reading::Stale,
            57..=62 => Reading::Unlocked,
            63..=79 => Reading::PerValue,
            80..=84 => Reading::Short,
            85..=93 => Reading::Batch,
            94..=96 => Reading::Refresh,
            _ => Reading::InTransaction,
        };
        let count = if reading == Reading::Batch {
            random.within(2..=8)
        } else {
            1
        };
        let mut ids: Vec<_> = (0..count).map(|_| draw_key(random, keys)).collect();
        ids.sort_unstable();
        ids.dedup();
        Self {
            reading,
            ids,
            conduct: Conduct::draw(random),
            dropped_after: random.percent(4).then(|| random.millis(0..=30)),
            pause: if random.percent(10) {
                random.millis(1..=20)
            } else {
                Duration::ZERO
            },
        }
    }
}

/// Every second call is for one of a few keys.
pub(super) fn draw_key(random: &mut Random, keys: u32) -> u32 {
    let of = if random.percent(50) {
        keys.min(5)
    } else {
        keys
    };
    draw_any_key(random, of)
}

pub(super) fn draw_any_key(random: &mut Random, keys: u32) -> u32 {
    u32::try_from(random.next() % u64::from(keys)).unwrap_or_default()
}

pub(super) async fn run(worker: Arc<Worker>, mut random: Random) {
    while worker.phase() < Phase::End {
        let plan = Plan::draw(&mut random, worker.keys);
        if worker.awake.limit(read(&worker, &plan)).await.is_none() {
            let (key, kind) = (plan.ids[0], plan.reading.number());
            worker.link.say(Said::Hung {
                key,
                write: false,
                kind,
            });
        }
        if !plan.pause.is_zero() {
            cached_redis_tests::pause(plan.pause).await;
        }
    }
}

async fn read(worker: &Worker, plan: &Plan) {
    let Plan {
        reading, conduct, ..
    } = *plan;
    let link = &worker.link;
    let ask = |&key: &u32| (key, link.ask(move |id| Said::Floor { id, key }));
    let asked: Vec<_> = plan.ids.iter().map(ask).collect();
    let mut floors = Vec::with_capacity(asked.len());
    for (key, floor) in asked {
        floors.push((key, floor.await));
    }
    let call = caught(worker.subject.read(link, reading, &plan.ids, conduct));
    let end = match plan.dropped_after {
        Some(after) => tokio::time::timeout(after, call).await,
        None => Ok(call.await),
    };
    let (rows, way) = match end {
        Ok(Some((Ok(rows), way))) => (rows, way),
        Ok(Some((Err(_), _))) => return link.say(Said::Unseen(Unseen::Failed)),
        Ok(None) => return link.say(Said::Unseen(Unseen::Panicked)),
        Err(_) => return link.say(Said::Unseen(Unseen::Dropped)),
    };
    for (key, floor) in floors {
        let seen = match rows.get(&key) {
            None => Seen::Absent,
            Some(&Row { id, version }) if id == key => Seen::Row(version),
            Some(_) => Seen::OtherKey,
        };
        let (floor, began) = (floor.number, floor.now);
        link.say(Said::ReadEnd(ReadEnd {
            key,
            floor,
            began,
            seen,
            reading,
            way,
        }));
    }
}
