//! Rankings of which the server loses a part while they are built, and what an abandoned build leaves behind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_redis_runtime::structures::{Decision, Ranking, RateLimit};
use cached_redis_runtime::{Served, inspect, key};
use cached_redis_tests::{Gate, Stopwatch};

use crate::common::World;

const HOUR: Duration = Duration::from_secs(3600);
/// What one lasts.
const LEASE: Duration = Duration::from_secs(10);
/// Where what is being built of the ranking at `board` stands.
const NEXT: &str = "%beside:next:{board}";

/// The rows of the source, which are read before the gate.
#[derive(Clone, Debug, Default)]
struct Table {
    rows: Arc<Mutex<Vec<(u64, f64)>>>,
    gate: Option<Gate>,
}

impl Table {
    fn of(rows: &[(u64, f64)], gate: Gate) -> Self {
        Self {
            rows: Arc::new(Mutex::new(rows.to_vec())),
            gate: Some(gate),
        }
    }

    fn set(&self, rows: &[(u64, f64)]) {
        *self.rows.lock().unwrap() = rows.to_vec();
    }

    /// The same as what a writer awaits.
    async fn write(&self, rows: &[(u64, f64)]) -> Result<(), String> {
        self.set(rows);
        std::future::ready(Ok(())).await
    }

    fn board(&self, world: &World, ttl: Duration) -> Ranking<u64, String> {
        let table = self.clone();
        Ranking::new(&world.cache, key!("board"), ttl, move || {
            let table = table.clone();
            async move {
                let rows = table.rows.lock().unwrap().clone();
                if let Some(gate) = &table.gate {
                    gate.pass().await;
                }
                Ok(rows)
            }
        })
    }
}

fn building(
    world: &World,
    board: &Ranking<u64, String>,
) -> tokio::task::JoinHandle<Result<u64, String>> {
    let board = board.clone();
    world.spawn(async move { board.len().await })
}

#[tokio::test]
async fn what_an_abandoned_build_left_is_no_part_of_an_empty_ranking() {
    let world = World::redis().await;
    let table = Table::of(&[(1, 10.0)], Gate::closed());
    let gate = table.gate.clone().unwrap();
    let board = table.board(&world, HOUR);
    let builder = building(&world, &board);
    gate.reached().await;
    let written = board.record(&2, 20, table.write(&[(1, 10.0), (2, 20.0)]));
    written.await.unwrap().cached.unwrap();
    // Both leave the source, and somebody says so who knows nothing of what stands beside the ranking.
    table.set(&[]);
    world.server().run(&["DEL", "board"]);
    gate.open();
    assert_eq!(builder.await.unwrap(), Ok(1), "as it was when it asked");
    assert_eq!(inspect(board.len()).await, (Ok(0), Served::Miss));
    assert_eq!(inspect(board.len()).await, (Ok(0), Served::Hit));
    assert_eq!(board.score(&2).await, Ok(None));
}

/// As a server does that is short of memory.
#[tokio::test]
async fn a_score_that_was_evicted_before_its_ranking_was_built_is_not_lost() {
    for rows in [&[(1, 10.0)][..], &[]] {
        let world = World::redis().await;
        let table = Table::of(rows, Gate::closed());
        let gate = table.gate.clone().unwrap();
        let board = table.board(&world, HOUR);
        let builder = building(&world, &board);
        gate.reached().await;
        let written = board.record(&1, 20, table.write(&[(1, 20.0)]));
        written.await.unwrap().cached.unwrap();
        world.server().run(&["DEL", NEXT]);
        gate.open();
        builder.await.unwrap().unwrap();
        let watch = Stopwatch::start();
        assert_eq!(board.score(&1).await, Ok(Some(20.0)), "{rows:?}");
        assert!(watch.elapsed() < LEASE / 2, "nobody waits for a lost lease");
    }
}

#[tokio::test]
async fn two_writers_at_once_do_not_end_a_ranking_without_an_end() {
    let world = World::redis().await;
    let table = Table::default();
    let board = table.board(&world, Duration::MAX);
    table.set(&[(1, 10.0), (2, 20.0)]);
    board.len().await.unwrap();
    let gate = Gate::closed();
    let first = world.spawn({
        let (board, gate) = (board.clone(), gate.clone());
        async move {
            let write = async {
                gate.pass().await;
                Ok::<_, String>(())
            };
            board.record(&1, 11, write).await
        }
    });
    gate.reached().await;
    let write = async { Ok::<_, String>(()) };
    board.record(&2, 21, write).await.unwrap().cached.unwrap();
    gate.open();
    first.await.unwrap().unwrap().cached.unwrap();
    assert_eq!(
        inspect(board.score(&1)).await,
        (Ok(Some(11.0)), Served::Hit)
    );
    assert_eq!(
        world.server().cli(&["PTTL", "board"]),
        redis::Value::Int(-1)
    );
}

#[tokio::test]
async fn a_limit_without_an_end_limits() {
    for world in [World::redis().await, World::memory().await] {
        let limit = RateLimit::new(&world.cache, 1, Duration::MAX);
        assert!(matches!(
            limit.check(key!("once")).await,
            Decision::Allowed { remaining: 0, .. }
        ));
        let decision = limit.check(key!("once")).await;
        assert!(matches!(decision, Decision::Denied { .. }), "{decision:?}");
    }
}
