//! What a hit costs: a raw `GET`, a cache-aside written by hand, and ours, in one run on one server.
//!
//! `cargo bench -p cached-redis-tests --bench hit`; `ROUNDS=301` in front for a quieter result. Ratios are what
//! counts: each round measures all three one after the other, and a ratio is the median over the rounds.

mod commands;
mod contenders;
mod measure;

use std::num::NonZeroUsize;

use cached_redis_tests::Server;

use self::contenders::Contenders;

const TASKS: [usize; 3] = [1, 64, 512];
const SIZES: [(&str, usize); 2] = [("300 B", 300), ("16 KiB", 16 * 1024)];

fn main() {
    // `cargo test --benches` and test runners only want to see it run.
    let measured = std::env::args().any(|argument| argument == "--bench");
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let rounds = std::env::var("ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok());
    let rounds: usize = if measured { rounds.unwrap_or(101) } else { 1 };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(run(rounds));
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
            contenders.warm(tasks).await;
            measure::row(&contenders, tasks, label, rounds).await;
        }
    }
    println!();
    let contenders = Contenders::connect(&server.url(), 300).await;
    commands::table(&server, &contenders).await;
}
