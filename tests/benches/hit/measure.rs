//! Interleaved rounds, and what they say.

use std::time::Duration;

use cached_redis_tests::Stopwatch;

use crate::contenders::{ALL, Contender, Contenders};

/// How long one contender runs in one round. Long against the scheduler's slices, short against what else a
/// machine does meanwhile.
const SLICE: Duration = Duration::from_millis(25);

/// What one slice cost a call, in microseconds.
#[derive(Clone, Copy)]
struct Cost {
    time: f64,
    cpu: f64,
}

pub(crate) fn print_head() {
    println!(
        "{:>7} {:>5}  {:>9} {:>9} {:>9}   {:>8} {:>8}   {:>9} {:>9} {:>9}",
        "value",
        "tasks",
        "raw GET",
        "by hand",
        "ours",
        "ours/",
        "best/",
        "raw GET",
        "by hand",
        "ours/"
    );
    println!(
        "{:>7} {:>5}  {:>9} {:>9} {:>9}   {:>8} {:>8}   {:>9} {:>9} {:>9}",
        "", "", "µs/hit", "µs/hit", "µs/hit", "by hand", "best", "CPU µs", "CPU µs", "by hand"
    );
}

/// Measures one row of the table and prints it.
pub(crate) async fn row(contenders: &Contenders, tasks: usize, size: &str, rounds: usize) {
    let calls = calibrated(contenders, tasks).await;
    let mut costs = [const { Vec::<Cost>::new() }; ALL.len()];
    for round in 0..rounds {
        // Each goes first, second and last equally often.
        for turn in 0..ALL.len() {
            let index = (round + turn) % ALL.len();
            costs[index].push(slice(contenders, ALL[index], tasks, calls).await);
        }
    }
    let [raw, by_hand, ours] = &costs;
    let time = |costs: &[Cost]| median(costs.iter().map(|cost| cost.time));
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu));
    let best = |costs: &[Cost]| {
        costs
            .iter()
            .map(|cost| cost.time)
            .fold(f64::INFINITY, f64::min)
    };
    let ratio = median(
        ours.iter()
            .zip(by_hand)
            .map(|(ours, hand)| ours.time / hand.time),
    );
    let cpu_ratio = median(
        ours.iter()
            .zip(by_hand)
            .map(|(ours, hand)| ours.cpu / hand.cpu),
    );
    println!(
        "{size:>7} {tasks:>5}  {:>9.2} {:>9.2} {:>9.2}   {ratio:>8.3} {:>8.3}   {:>9.2} {:>9.2} {cpu_ratio:>9.3}",
        time(raw),
        time(by_hand),
        time(ours),
        best(ours) / best(by_hand),
        cpu(raw),
        cpu(by_hand),
    );
}

/// How many calls a task makes in one slice.
async fn calibrated(contenders: &Contenders, tasks: usize) -> u64 {
    let mut calls = 8;
    loop {
        let watch = Stopwatch::start();
        contenders.run(Contender::ByHand, tasks, calls).await;
        let took = watch.elapsed();
        if took >= SLICE / 2 {
            return calls;
        }
        calls *= 2;
    }
}

async fn slice(contenders: &Contenders, contender: Contender, tasks: usize, calls: u64) -> Cost {
    let (mut took, mut cpu) = (Duration::ZERO, Duration::ZERO);
    for attempt in 0.. {
        assert!(attempt < 10, "the machine is too busy to measure hits");
        let (watch, cpu_before) = (Stopwatch::start(), cpu_time());
        let all_hit = contenders.run(contender, tasks, calls).await;
        (took, cpu) = (watch.elapsed(), cpu_time().saturating_sub(cpu_before));
        if all_hit {
            break;
        }
    }
    let all = f64::from(u32::try_from(calls).expect("few calls"))
        * f64::from(u32::try_from(tasks).expect("few"));
    let per_call = |total: Duration| total.as_secs_f64() * 1e6 / all;
    // With several tasks this is the time between two answers, not the time a caller waits.
    Cost {
        time: per_call(took),
        cpu: per_call(cpu),
    }
}

/// What the threads of this process have run so far, by the kernel's count. Zero where there is none.
fn cpu_time() -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Duration::ZERO;
    };
    let ran = |thread: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(threads.flatten().filter_map(ran).sum())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
