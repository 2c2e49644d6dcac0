//! Hits on a cluster of six nodes beside raw `GET`s to the same keys, in one run.
//!
//! `cargo bench -p cached-redis-tests --bench cluster`; `ROUNDS=301` in front for a quieter result. A raw `GET` looks at nothing
//! that comes back. One goes through the cluster connection that comes with the client; the other is a bound that no program
//! reaches: it knows beforehand which node has its key. Each round measures all, one after the other, and the ratios are the
//! medians over the rounds.

mod contenders;

use std::num::NonZeroUsize;
use std::time::Duration;

use cached_redis_tests::{Cluster, Stopwatch};

use self::contenders::{Contender, Contenders, KEYS_PER_TASK};

const TASKS: [usize; 3] = [1, 64, 512];
const SIZE: usize = 300;
/// How long one contender runs in one round.
const SLICE: Duration = Duration::from_millis(25);
const OPERATIONS: u64 = 300;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--list") || has("--list=json") {
        return;
    }
    let rounds = std::env::var("ROUNDS").ok();
    let rounds = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(101);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // `cargo test --benches` only wants to see it run.
    runtime.block_on(run(if has("--bench") { rounds } else { 1 }));
}

async fn run(rounds: usize) {
    let cluster = Cluster::start();
    let keys = TASKS[TASKS.len() - 1] as u64 * KEYS_PER_TASK;
    let contenders = Contenders::connect(&cluster, SIZE, keys).await;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!("six nodes, {cores} cores, {rounds} rounds, values of {SIZE} B\n");
    println!(
        "{:>5}  {:>9} {:>9} {:>9}  {:>13} {:>13}",
        "tasks", "bound", "raw GET", "ours", "ours / raw", "ours / bound"
    );
    println!(
        "{:>5}  {:>9} {:>9} {:>9}  {:>13} {:>13}",
        "", "µs/hit", "µs/hit", "µs/hit", "throughput", "throughput"
    );
    for tasks in TASKS {
        row(&contenders, tasks, rounds).await;
    }
    cluster.reset_stats();
    for id in 0..OPERATIONS {
        contenders.find(Contender::Ours, id).await;
    }
    println!("\n{OPERATIONS} hits: {:?}", cluster.data_commands());
}

async fn row(contenders: &Contenders, tasks: usize, rounds: usize) {
    let mut calls = 8;
    while slice(contenders, Contender::Raw, tasks, calls).await * f64::from(calls) * of(tasks)
        < SLICE.as_secs_f64() * 0.5e6
    {
        calls *= 2;
    }
    let mut costs = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        let mut order = [0, 1, 2];
        order.rotate_left(round % 3);
        for at in order {
            let contender = [Contender::Raw, Contender::Client, Contender::Ours][at];
            costs[at].push(slice(contenders, contender, tasks, calls).await);
        }
    }
    let ratio = |other: &[f64]| {
        let pairs = other.iter().zip(&costs[2]);
        median(pairs.map(|(other, ours)| other / ours).collect())
    };
    let (raw, bound) = (ratio(&costs[1]), ratio(&costs[0]));
    let [direct, client, ours] = costs.map(median);
    println!("{tasks:>5}  {direct:>9.2} {client:>9.2} {ours:>9.2}  {raw:>13.3} {bound:>13.3}");
}

/// What a hit cost, in microseconds: with several tasks, the time between two answers.
async fn slice(contenders: &Contenders, contender: Contender, tasks: usize, calls: u32) -> f64 {
    for _ in 0..10 {
        let watch = Stopwatch::start();
        let all_hit = contenders.run(contender, tasks, calls).await;
        let took = watch.elapsed();
        if all_hit {
            return took.as_secs_f64() * 1e6 / f64::from(calls) / of(tasks);
        }
    }
    panic!("the machine is too busy to measure hits")
}

fn of(tasks: usize) -> f64 {
    f64::from(u32::try_from(tasks).expect("few"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
