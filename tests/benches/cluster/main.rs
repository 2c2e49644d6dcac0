//! Hits on a cluster of six nodes beside raw `GET`s to the same keys, in one run.
//!
//! `cargo bench -p cached-redis-tests --bench cluster`; `ROUNDS=301` in front for a quieter result. A raw `GET` knows
//! beforehand which connection its key needs, and looks at nothing that comes back. Each round measures both, one after the
//! other, and the ratio is the median over the rounds.

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
        "{:>5}  {:>9} {:>9}  {:>12}",
        "tasks", "raw GET", "ours", "ours / raw"
    );
    println!(
        "{:>5}  {:>9} {:>9}  {:>12}",
        "", "µs/hit", "µs/hit", "throughput"
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
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let mut both = [(Contender::Raw, &mut raw), (Contender::Ours, &mut ours)];
        both.rotate_left(round % 2);
        for (contender, costs) in both {
            costs.push(slice(contenders, contender, tasks, calls).await);
        }
    }
    let ratios = raw.iter().zip(&ours).map(|(raw, ours)| raw / ours);
    let (ratio, raw, ours) = (median(ratios.collect()), median(raw), median(ours));
    println!("{tasks:>5}  {raw:>9.2} {ours:>9.2}  {ratio:>12.3}");
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
