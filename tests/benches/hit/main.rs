//! What a hit costs: a raw `GET`, a cache-aside written by hand, and ours, in one run on one server.
//!
//! `cargo bench -p cached-redis-tests --bench hit`; `ROUNDS=301` in front for a quieter result, `CONNECTIONS=4` for so
//! many connections of ours, `-- "16 KiB, 64"` behind for one row. Ratios are what counts: each round measures all three one
//! after the other, and a ratio is the median over the rounds.

mod commands;
mod contenders;
mod measure;
mod recorder;

use std::num::NonZeroUsize;

use cached_redis_tests::Server;

use self::contenders::{Contender, Contenders};

const TASKS: [usize; 3] = [1, 64, 512];
const SIZES: [(&str, usize); 2] = [("300 B", 300), ("16 KiB", 16 * 1024)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    match arguments.as_slice() {
        // A test runner asks what there is.
        [.., "--list" | "--list=json"] => {}
        ["--calls", calls, contender, ..] => {
            runtime.block_on(only_calls(calls.parse().expect("a number"), contender));
        }
        _ => {
            // `cargo test --benches` only wants to see it run.
            let rounds = std::env::var("ROUNDS")
                .ok()
                .and_then(|rounds| rounds.parse().ok());
            let measured = arguments.contains(&"--bench");
            runtime.block_on(run(if measured { rounds.unwrap_or(101) } else { 1 }));
        }
    }
}

/// Does nothing but hit, for a tool that counts what the process does: see `scripts/instructions.sh`.
async fn only_calls(calls: u64, contender: &str) {
    // Told of nothing unless the library has the feature `metrics`.
    metrics::set_global_recorder(recorder::Numbers).expect("the first");
    let server = Server::start();
    let contenders = Contenders::connect(&server.url(), SIZES[0].1).await;
    contenders.warm(1).await;
    let all_hit = contenders.run(Contender::named(contender), 1, calls).await;
    assert!(all_hit, "a miss among the hits");
}

async fn run(rounds: usize) {
    let server = Server::start();
    let version = server.info("server");
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    println!(
        "server {}, {cores} cores, {rounds} rounds\n",
        version["redis_version"]
    );
    measure::print_head();
    for (label, size) in SIZES {
        let contenders = Contenders::connect(&server.url(), size).await;
        for tasks in TASKS {
            if !wanted(&format!("{label}, {tasks}")) {
                continue;
            }
            contenders.warm(tasks).await;
            measure::row(&contenders, tasks, label, rounds).await;
        }
    }
    println!();
    let contenders = Contenders::connect(&server.url(), 300).await;
    commands::table(&server, &contenders).await;
}

/// Whether the command line asks for this row, or for none in particular.
fn wanted(row: &str) -> bool {
    let mut filters = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .peekable();
    filters.peek().is_none() || filters.any(|filter| row == filter)
}
